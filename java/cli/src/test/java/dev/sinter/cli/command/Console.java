// Calls commands as a user does, and keeps what they print.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/** A console. */
final class Console {
  private String text = "";

  /** Runs a command; returns its exit code. */
  int run(Object... args) {
    String[] words = new String[args.length];
    for (int i = 0; i < args.length; i++) {
      words[i] = args[i].toString();
    }
    StringWriter both = new StringWriter();
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(both, true));
    line.setErr(new PrintWriter(both, true));
    int code = line.execute(words);
    text = both.toString();
    return code;
  }

  /** What the last command printed. */
  String text() {
    return text;
  }

  static JsonNode json(Path file) throws IOException {
    return new ObjectMapper().readTree(file.toFile());
  }

  /** The names of an object's fields in order. */
  static List<String> names(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }
}
