// sinter optimize --budget on the demo's model.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SearchOptionsTest {
  private static final Path MODEL = Path.of("../../demo/clothes_float.tflite");
  private static final Path DATA = Path.of("../../demo");

  @TempDir private Path folder;
  private final Console console = new Console();

  @Test
  void bytesAreKept() throws IOException {
    Path out = folder.resolve("small.tflite");
    Path json = folder.resolve("search.json");
    Path journal = folder.resolve("search.journal");
    Object[] command = {
      "optimize",
      MODEL,
      "--budget",
      "bytes=4000000",
      "--data",
      DATA,
      "--schemes",
      "float,dynamic_wi8_afp32",
      "--judge",
      "calibration",
      "--judge-examples",
      2,
      "--trials",
      3,
      "-o",
      out,
      "--json",
      json,
      "--journal",
      journal
    };
    assertEquals(0, console.run(command), console.text());
    assertTrue(Files.size(out) <= 4_000_000, "" + Files.size(out));
    JsonNode report = Console.json(json).get(0);
    assertEquals(Files.size(out), report.path("best").path("bytes").asLong());
    assertEquals(3, report.path("trials").size());
    int lines = Files.readAllLines(journal).size();
    assertEquals(0, console.run(command), console.text());
    assertEquals(lines, Files.readAllLines(journal).size(), "nothing is measured twice");
  }

  @Test
  void whatIsWrongIsSaid() {
    Path out = folder.resolve("small.tflite");
    assertEquals(2, console.run("optimize", MODEL, "--budget", "accuracy=1", "-o", out));
    assertTrue(console.text().contains("--data"), console.text());
    assertEquals(
        2, console.run("optimize", MODEL, "--budget", "speed=1", "--data", DATA, "-o", out));
    assertTrue(console.text().contains("accuracy=POINTS"), console.text());
    assertEquals(
        2,
        console.run(
            "optimize",
            MODEL,
            "--budget",
            "bytes=1",
            "--data",
            DATA,
            "--judge",
            "test",
            "-o",
            out));
    assertTrue(console.text().contains("--judge test"), console.text());
    assertEquals(
        2,
        console.run(
            "optimize", MODEL, "--budget", "bytes=1", "--recipe", "static_wi8_ai8", "-o", out));
  }
}
