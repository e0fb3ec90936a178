// sinter compare on the models of the demo.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompareCommandTest {
  private static final Path FLOAT = Path.of("../../demo/clothes_float.tflite");
  private static final Path INT8 = Path.of("../../demo/clothes_int8.tflite");
  private static final Path DATA = Path.of("../../demo");

  @TempDir private Path folder;
  private final Console console = new Console();

  @Test
  void clothes() throws IOException {
    Path json = folder.resolve("compare.json");
    Path html = folder.resolve("compare.html");
    assertEquals(
        0,
        console.run(
            "compare",
            FLOAT,
            INT8,
            "--data",
            DATA,
            "--seconds",
            0.1,
            "--json",
            json,
            "--html",
            html),
        console.text());
    JsonNode first = Console.json(json).get(0);
    JsonNode second = Console.json(json).get(1);
    assertEquals(0, first.path("gained").asInt() + first.path("lost").asInt());
    assertEquals(1, first.path("agreement").asDouble());
    assertEquals(1, first.path("speed").asDouble(), 1e-9);
    int gained = second.path("gained").asInt();
    int lost = second.path("lost").asInt();
    assertEquals(gained - lost, second.path("correct").asInt() - first.path("correct").asInt());
    double d = second.path("difference").asDouble();
    assertTrue(second.path("differenceLow").asDouble() <= d);
    assertTrue(second.path("differenceHigh").asDouble() >= d);
    assertEquals(Files.size(INT8), second.path("bytes").asLong());
    assertTrue(second.path("peerMicros").asDouble() > 0, second.toString());
    assertTrue(Files.readString(html).contains("clothes_int8.tflite"));
  }

  @Test
  void withoutTimes() throws IOException {
    Path json = folder.resolve("compare.json");
    assertEquals(
        0,
        console.run("compare", INT8, "--data", DATA, "--seconds", 0, "--json", json),
        console.text());
    assertFalse(Console.json(json).get(0).has("sinterMicros"));
  }

  @Test
  void whatIsWrongIsSaid() {
    assertEquals(2, console.run("compare", FLOAT));
    assertEquals(1, console.run("compare", FLOAT, "--data", folder));
    assertTrue(console.text().contains("dataset.json"), console.text());
    assertEquals(2, console.run("compare", FLOAT, "--data", DATA, "--seconds", "-1"));
  }
}
