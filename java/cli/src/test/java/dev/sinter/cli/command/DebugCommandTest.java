// sinter debug on the models of the demo, and what it says when it cannot.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DebugCommandTest {
  private static final Path FLOAT = Path.of("../../demo/clothes_float.tflite");
  private static final Path INT8 = Path.of("../../demo/clothes_int8.tflite");
  private static final Path DATA = Path.of("../../demo");

  @TempDir private Path folder;
  private final Console console = new Console();

  @Test
  void clothes() throws IOException {
    Path html = folder.resolve("debug.html");
    Path csv = folder.resolve("debug.csv");
    Path aeq = folder.resolve("debug_aeq.json");
    Path json = folder.resolve("debug.json");
    assertEquals(
        0,
        console.run(
            "debug",
            FLOAT,
            INT8,
            "--data",
            DATA,
            "--examples",
            2,
            "--exclude",
            1,
            "--candidates",
            3,
            "--html",
            html,
            "--csv",
            csv,
            "--aeq",
            aeq,
            "--json",
            json),
        console.text());
    assertTrue(console.text().contains("What to leave out"), console.text());
    assertTrue(console.text().contains("\"no_quantize\"}"), console.text());
    JsonNode report = Console.json(json).get(0);
    assertEquals(66, report.path("layers").size()); // 65 ops and the input
    assertEquals(0, report.path("notes").size(), report.path("notes").toString());
    Set<Integer> ops = new HashSet<>();
    long bytes = 0;
    for (JsonNode l : report.path("layers")) {
      ops.add(l.path("opIndex").asInt());
      bytes += l.path("bytes").asLong();
      assertTrue(l.path("cumulative").path("snrDb").asDouble() > 5, l.path("name").asText());
      assertFalse(l.path("micros").isNull());
    }
    assertEquals(66, ops.size());
    assertTrue(bytes > 0.8 * Files.size(INT8) && bytes < Files.size(INT8), "" + bytes);
    JsonNode step = report.path("ranking").get(0);
    assertTrue(step.path("errorChange").asDouble() < 0, step.toString());
    assertTrue(step.path("bytesChange").asLong() > 0, step.toString());
    assertEquals(66, Files.readAllLines(csv).size()); // a head and the 65 ops
    assertEquals(
        List.of("reduced_size_bytes", "reduced_size_percentage", "serving_default"),
        Console.names(Console.json(aeq)));
    assertTrue(Files.readString(html).contains("mobilenet_v2/conv1_relu/Relu6"));
  }

  @Test
  void whatIsWrongIsSaid() {
    assertEquals(2, console.run("debug", FLOAT, INT8));
    assertTrue(console.text().contains("--data"), console.text());
    assertEquals(2, console.run("debug", FLOAT, INT8, "--data", folder.resolve("nowhere")));
    assertTrue(console.text().contains("is no folder"), console.text());
    assertEquals(1, console.run("debug", FLOAT, INT8, "--data", folder));
    assertTrue(console.text().contains("is empty"), console.text());
    assertEquals(2, console.run("debug", FLOAT, folder.resolve("absent"), "--data", DATA));
    assertEquals(1, console.run("debug", FLOAT, INT8, "--data", DATA, "--split", "none"));
    assertTrue(console.text().contains("no split 'none'"), console.text());
    assertEquals(2, console.run("debug", FLOAT, INT8, "--data", DATA, "--examples", 0));
    assertEquals(1, console.run("debug", FLOAT, INT8, "--data", DATA, "--json", folder));
  }
}
