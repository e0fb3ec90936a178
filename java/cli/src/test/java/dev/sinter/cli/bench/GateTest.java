// Tests of the gate and of the plot: what is slower, what is missing, what is drawn.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;

class GateTest {
  @TempDir private Path folder;

  private static Map<String, Object> row(String model, int threads, double ratio, double spread) {
    Map<String, Object> row = new HashMap<>();
    row.put("model", model);
    row.put("threads", threads);
    row.put("peer", "tflite");
    row.put("ratio", ratio);
    row.put("ratioLow", ratio - spread);
    row.put("ratioHigh", ratio + spread);
    return row;
  }

  private static Gate compare(Map<String, Object> older, Map<String, Object> newer) {
    return Gate.compare(Result.of(List.of(older)), Result.of(List.of(newer)));
  }

  @Test
  void slowerBeyondDoubtFails() {
    Gate gate = compare(row("m", 1, 2, 0.02), row("m", 1, 1.7, 0.02));
    assertFalse(gate.passes());
    assertTrue(
        gate.slower().get(0).startsWith("m, threads 1, tflite: 1.700, was 2.000"), "" + gate);
  }

  @Test
  void doubtPasses() {
    assertTrue(compare(row("m", 1, 2, 0.02), row("m", 1, 1.81, 0.02)).passes());
    assertTrue(compare(row("m", 1, 2, 0.3), row("m", 1, 1.6, 0.3)).passes());
    assertTrue(compare(row("m", 1, 2, 0), row("m", 1, 1.8, 0)).passes());
    assertTrue(compare(row("m", 1, 2, 0.02), row("m", 1, 5, 0.02)).passes());
  }

  @Test
  void whatStandsInOneOnlyIsNamed() {
    Map<String, Object> onDevice = row("m", 1, 1, 0);
    onDevice.put("device", "cuda");
    Gate gate =
        Gate.compare(
            Result.of(List.of(row("m", 1, 2, 0), row("gone", 1, 2, 0))),
            Result.of(List.of(row("m", 1, 2, 0), row("m", 2, 1, 0), onDevice)));
    assertTrue(gate.passes());
    assertEquals(1, gate.lines().size());
    assertEquals(
        List.of(
            "m, threads 2, tflite: not in the old result",
            "m, threads 1, tflite, on cuda: not in the old result",
            "gone, threads 1, tflite: not in the new result"),
        gate.missing());
    assertFalse(Gate.compare(List.of(), Result.of(List.of(row("m", 1, 1, 0)))).passes());
  }

  @Test
  void resultsOfEarlierVersionsAreRead() throws IOException {
    Path file = Path.of("..", "..", "benchmarks", "results", "zen3-avx2", "models.json");
    List<Result> results = Result.read(file);
    assertEquals("cpu", results.get(0).key().device());
    assertTrue(Gate.compare(results, results).passes());
    Path none = folder.resolve("none.json");
    Files.writeString(none, "{}");
    assertThrows(IOException.class, () -> Result.read(none));
    Files.writeString(none, "[{\"model\": \"m\"}]");
    assertThrows(IOException.class, () -> Result.read(none));
  }

  @Test
  void thePlotIsXmlWithABarForEachResult() throws Exception {
    Map<String, Object> named = row("b/m.tflite", 1, 22, 3);
    named.put("name", "a < b & c");
    named.put("group", "G");
    String svg =
        RatioPlot.of(Result.of(List.of(row("a/m.tflite", 1, 0.5, 0.1), named)), "Sinter & others");
    Document document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    assertEquals(2, document.getElementsByTagName("path").getLength());
    assertTrue(svg.contains("a &lt; b &amp; c") && svg.contains("prefers-color-scheme: dark"), svg);
    assertTrue(svg.contains(">m.tflite<") && svg.contains(">22.00<"), svg);
    assertFalse(svg.contains("NaN") || svg.contains("href"), svg);
  }
}
