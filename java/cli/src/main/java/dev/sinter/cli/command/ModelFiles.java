// Finds the model files that a command was given.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Files and folders on the command line. */
final class ModelFiles {
  private ModelFiles() {}

  /** Returns the files themselves and, sorted, every .tflite file below the folders. */
  static List<Path> of(List<Path> arguments) throws IOException {
    List<Path> files = new ArrayList<>();
    for (Path p : arguments) {
      if (Files.isDirectory(p)) {
        try (Stream<Path> all = Files.walk(p)) {
          all.filter(f -> f.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".tflite"))
              .filter(Files::isRegularFile)
              .sorted()
              .forEach(files::add);
        }
      } else if (Files.isRegularFile(p)) {
        files.add(p);
      } else {
        throw new UsageException("there is no file or folder " + p);
      }
    }
    if (files.isEmpty()) {
      throw new UsageException("there is no .tflite file in " + arguments);
    }
    return files;
  }

  /** Returns a file's bytes. */
  static byte[] read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new UsageException("there is no file " + file);
    }
    return Files.readAllBytes(file);
  }
}
