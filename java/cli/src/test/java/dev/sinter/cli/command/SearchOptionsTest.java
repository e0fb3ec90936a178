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

  /** A machine that need not be this one: nothing is timed, so the same search gives the same. */
  @Test
  void timesOfAnotherMachineArePredicted() throws IOException {
    Path target = folder.resolve("zen5.json");
    String figures =
        Files.readString(
            Path.of("../runtime/src/main/resources/dev/sinter/runtime/select/targets/zen5.json"));
    Path out = folder.resolve("fast.tflite");
    Path json = folder.resolve("search.json");
    Object[] command = {
      "optimize",
      MODEL,
      "--budget",
      "latency=3000",
      "--target",
      target,
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
      json
    };
    Files.writeString(target, figures);
    assertEquals(2, console.run(command), console.text());
    assertTrue(console.text().contains("does not say what machine"), console.text());
    String machine =
        "\"machine\": {\"arch\": \"x86_64\", \"isa\": \"avx2 avx512 avx512_vnni\", \"gigahertz\": 4,"
            + " \"level2Bytes\": 1048576, \"level3Bytes\": 33554432},";
    Files.writeString(target, figures.replaceFirst("\\{", "{" + machine));
    console.run(command);
    assertTrue(console.text().contains("times are predicted for Zen 5"), console.text());
    JsonNode report = Console.json(json).get(0);
    assertTrue(report.path("times").asText().contains("not measured"));
    double first = report.path("reference").path("micros").asDouble();
    console.run(command);
    assertEquals(first, Console.json(json).get(0).path("reference").path("micros").asDouble());
    assertTrue(first > 100 && first < 1e6, "" + first);
    Files.writeString(target, figures.replaceFirst("\\{", "{" + machine.replace("avx2 ", "ssx ")));
    assertEquals(2, console.run(command), console.text());
    assertTrue(console.text().contains("'ssx'"), console.text());
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
