// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sinter.graph.Graph;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Tensor;
import dev.sinter.graph.tflite.TfliteReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OptimizeCommandTest {
  private static final Path MODEL = Path.of("../../demo/clothes_int8.tflite");

  @TempDir private Path folder;
  private final Console console = new Console();

  private Graph prune(String pattern) throws IOException {
    Path out = folder.resolve(pattern + ".tflite");
    Path json = folder.resolve(pattern + ".json");
    assertEquals(
        0,
        console.run(
            "optimize",
            MODEL,
            "--recipe",
            "prune_for_benchmark",
            "--sparsity",
            "0.8",
            "--pattern",
            pattern,
            "-o",
            out,
            "--json",
            json),
        console.text());
    JsonNode report = Console.json(json).get(0);
    assertEquals("prune_for_benchmark", report.get("recipe").asText());
    assertTrue(report.get("layersPruned").asInt() > 30, report.toString());
    assertEquals(Files.size(MODEL), report.get("bytesBefore").asLong());
    for (JsonNode layer : report.get("layers")) {
      if (layer.get("reason").isNull()) {
        double after = layer.get("sparsityAfter").asDouble();
        assertTrue(after >= (pattern.equals("2of4") ? 0.5 : 0.8), layer.toString());
      }
    }
    // What was pruned is still TensorFlow Lite's model, and runs as there.
    assertEquals(0, console.run("verify", out), console.text());
    assertTrue(console.text().contains("1 equal"), console.text());
    return TfliteReader.read(out);
  }

  private interface Check {
    void check(ByteBuffer weights, int outputs, int inputs);
  }

  private static void eachPointwise(Graph graph, Check check) {
    for (Op op : graph.main().ops()) {
      if (!(op.kind() instanceof OpKind.Conv)) {
        continue;
      }
      Tensor w = graph.tensor(op.input(1));
      if (w.shape().dim(1) == 1 && w.shape().dim(2) == 1) {
        check.check(w.stored().values(), w.shape().dim(0), w.shape().dim(3));
      }
    }
  }

  @Test
  void blocksAreZeroTogether() throws IOException {
    Graph before = TfliteReader.read(MODEL);
    Graph graph = prune("4x4");
    boolean[] whole = {false};
    eachPointwise(
        graph,
        (w, outputs, inputs) -> {
          // Blocks with a value other than 0 keep at most what the rest of 80 % is.
          int full = 0;
          int all = 0;
          for (int o = 0; o < outputs; o += 4) {
            for (int i = 0; i < inputs; i += 4) {
              int other = 0;
              for (int b = 0; b < 16 && o + b / 4 < outputs && i + b % 4 < inputs; b++) {
                other += w.get(w.position() + (o + b / 4) * inputs + i + b % 4) != 0 ? 1 : 0;
              }
              full += other > 0 ? 1 : 0;
              all++;
            }
          }
          assertTrue(full <= 0.21 * all + 1, full + " of " + all);
          whole[0] = true;
        });
    assertTrue(whole[0]);
    assertEquals(before.main().ops().size(), graph.main().ops().size());
  }

  @Test
  void twoOfFourStay() throws IOException {
    eachPointwise(
        prune("2of4"),
        (w, outputs, inputs) -> {
          for (int at = 0; at + 4 <= outputs * inputs && inputs % 4 == 0; at += 4) {
            int other = 0;
            for (int i = 0; i < 4; i++) {
              other += w.get(w.position() + at + i) != 0 ? 1 : 0;
            }
            assertTrue(other <= 2);
          }
        });
  }

  @Test
  void wrongUseIsExplained() {
    Path out = folder.resolve("x.tflite");
    assertEquals(
        2,
        console.run(
            "optimize", MODEL, "--recipe", "prune_for_benchmark", "--pattern", "5of9", "-o", out));
    assertTrue(console.text().contains("2of4"), console.text());
    assertEquals(
        2,
        console.run(
            "optimize", MODEL, "--recipe", "prune_for_benchmark", "--sparsity", "1.5", "-o", out));
    assertEquals(2, console.run("optimize", MODEL, "--recipe", "magic", "-o", out));
    assertEquals(2, console.run("optimize", MODEL, "--recipe", "prune_for_benchmark", "-o", MODEL));
    assertFalse(Files.exists(out));
  }
}
