// Tests of suite files: what is read, what is refused, and that the project's own is one.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SuiteTest {
  @TempDir private Path folder;

  private Suite read(String text) throws IOException {
    Path file = folder.resolve("suite.json");
    Files.writeString(file, text.replace('\'', '"'));
    return Suite.read(file);
  }

  private void refused(String text, String words) {
    IOException e = assertThrows(IOException.class, () -> read(text));
    assertTrue(e.getMessage().contains(words), e.getMessage());
  }

  @Test
  void theProjectsOwnIsRead() throws IOException {
    Suite suite = Suite.read(Path.of("..", "..", "benchmarks", "suite.json"));
    assertTrue(suite.entries().size() >= 20, suite.toString());
    Path project = Path.of("..", "..");
    assertTrue(
        suite.entry("demo/clothes_int8.tflite").orElseThrow().find(List.of(project)).isPresent());
  }

  @Test
  void modelsAreFoundInTheFirstFolderThatHasThem() throws IOException {
    Suite suite = read("{'format': 1, 'models': [{'file': 'a/m', 'name': 'M', 'group': 'G'}]}");
    Suite.Entry entry = suite.entries().get(0);
    assertEquals(new Suite.Entry("a/m", "M", "G"), entry);
    assertEquals(Optional.empty(), entry.find(List.of(folder)));
    Path second = Files.createDirectories(folder.resolve("second/a"));
    Files.createFile(second.resolve("m"));
    assertEquals(
        Optional.of(second.resolve("m")),
        entry.find(List.of(folder.resolve("first"), folder.resolve("second"))));
  }

  @Test
  void whatIsNoSuiteIsRefused() {
    refused("[", "no JSON");
    refused("[]", "no \"format\"");
    refused("{'format': 2, 'models': []}", "reads format 1");
    refused("{'format': 1, 'models': []}", "no list of models");
    refused("{'format': 1, 'models': [{'file': 'f', 'name': 'n'}]}", "no \"group\"");
    refused("{'format': 1, 'modells': []}", "\"modells\"");
    String model = "{'file': 'f', 'name': 'n', 'group': 'g'}";
    refused("{'format': 1, 'models': [" + model + "," + model + "]}", "twice");
  }
}
