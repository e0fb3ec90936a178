// Writes the results of a command as a JSON array of objects.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.report;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sinter.optimizer.data.WholeFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * JSON files. The names of the fields are part of the interface of each command: see docs/cli.md.
 */
public final class JsonReport {
  private JsonReport() {}

  /**
   * Finds out before the work whether its results can be written.
   *
   * @param file the file
   * @throws IOException if it cannot be written
   */
  public static void check(Path file) throws IOException {
    check("--json", file);
  }

  /**
   * Finds out before the work whether a result can be written.
   *
   * @param option what named the file
   * @param file the file
   * @throws IOException if it cannot be written
   */
  public static void check(String option, Path file) throws IOException {
    Path target = file.toAbsolutePath();
    if (Files.isDirectory(target)) {
      throw new IOException(option + " " + file + " is a folder; name a file in it");
    }
    try {
      Files.createDirectories(target.getParent());
    } catch (IOException e) {
      throw new IOException(
          option
              + " "
              + file
              + " cannot be written: no folder "
              + target.getParent()
              + " can be made",
          e);
    }
    if (!Files.isWritable(target.getParent())) {
      throw new IOException(
          option + " " + file + " cannot be written: no right to write to " + target.getParent());
    }
  }

  /**
   * Writes a file: to a temporary one beside it first, so that nobody ever sees half of it.
   *
   * @param file the file
   * @param objects one map per object, in order
   * @throws IOException if it cannot be written
   */
  public static void write(Path file, List<Map<String, Object>> objects) throws IOException {
    DefaultPrettyPrinter printer = new DefaultPrettyPrinter();
    printer.indentArraysWith(DefaultIndenter.SYSTEM_LINEFEED_INSTANCE);
    write(file, new ObjectMapper().writer(printer).writeValueAsBytes(objects));
  }

  /**
   * Writes one object the same way.
   *
   * @param file the file
   * @param object its fields, in order
   * @throws IOException if it cannot be written
   */
  public static void writeObject(Path file, Map<String, Object> object) throws IOException {
    write(file, new ObjectMapper().writer(new DefaultPrettyPrinter()).writeValueAsBytes(object));
  }

  /**
   * Writes a text file the same way.
   *
   * @param file the file
   * @param text what it shall hold
   * @throws IOException if it cannot be written
   */
  public static void writeText(Path file, String text) throws IOException {
    write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  private static void write(Path file, byte[] text) throws IOException {
    WholeFile.write(file, text);
  }
}
