// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Padding;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Tensor;
import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.graph.tflite.TfliteWriter;
import dev.sinter.optimizer.data.Npy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

  /** A small model, and a folder with inputs for it. */
  private Path small() throws IOException {
    GraphBuilder b = Graph.builder("small");
    float[] w = new float[16 * 9 * 3];
    for (int i = 0; i < w.length; i++) {
      w[i] = (float) Math.sin(i);
    }
    Graph g =
        b.input("x", ElementType.FLOAT32, 1, 8, 8, 3)
            .conv2d(
                b.floats("w", w, 16, 3, 3, 3),
                b.floats("b", new float[16], 16),
                1,
                Padding.SAME,
                Activation.RELU)
            .mean(false, 1, 2)
            .softmax()
            .output("y")
            .build();
    Path file = folder.resolve("small.tflite");
    TfliteWriter.write(g, file);
    Path inputs = Files.createDirectories(folder.resolve("inputs"));
    for (int i = 0; i < 5; i++) {
      ByteBuffer values = ByteBuffer.allocate(4 * 192).order(ByteOrder.nativeOrder());
      for (int j = 0; j < 192; j++) {
        values.putFloat(4 * j, (float) Math.cos(i * 7 + j));
      }
      Npy.write(inputs.resolve(i + ".npy"), ElementType.FLOAT32, Shape.of(1, 8, 8, 3), values);
    }
    return file;
  }

  @Test
  void quantizesByNameWithReportsAndFiles() throws IOException {
    Path model = small();
    Path out = folder.resolve("int8.tflite");
    Path json = folder.resolve("report.json");
    Path decisions = folder.resolve("decisions.json");
    Path calibration = folder.resolve("calibration.json");
    int code =
        console.run(
            "optimize",
            model,
            "--recipe",
            "static_wi8_ai8",
            "--data",
            folder.resolve("inputs"),
            "--calibration",
            calibration,
            "--save-decisions",
            decisions,
            "-o",
            out,
            "--json",
            json);
    assertEquals(0, code, console.text());
    JsonNode report = Console.json(json).get(0);
    assertEquals(3, report.get("opsQuantized").asInt());
    assertEquals(2, report.get("conversions").asInt());
    assertEquals(5, report.get("examples").asInt());
    assertTrue(
        report.get("layers").get(0).get("kernel").asText().contains("s8"), report.toString());
    assertEquals(0, console.run("verify", out), console.text());
    assertTrue(console.text().contains("1 equal"), console.text());

    // The same from the decisions, and from what calibration saw.
    Path again = folder.resolve("again.tflite");
    assertEquals(0, console.run("optimize", model, "--decisions", decisions, "-o", again));
    assertEquals(-1, Files.mismatch(out, again));
    code =
        console.run(
            "optimize",
            model,
            "--recipe",
            "static_wi8_ai8",
            "--calibration",
            calibration,
            "-o",
            again);
    assertEquals(0, code, console.text());
    assertEquals(-1, Files.mismatch(out, again));

    code =
        console.run(
            "optimize",
            model,
            "--recipe",
            "static_wi8_ai8",
            "--calibration",
            calibration,
            "--inputs",
            "int8",
            "--outputs",
            "int8",
            "-o",
            again);
    assertEquals(0, code, console.text());
    assertEquals(ElementType.INT8, TfliteReader.read(again).tensor(0).type());
  }

  /** A data set of examples to judge by alone. */
  private Path testOnly() throws IOException {
    Path data = Files.createDirectories(folder.resolve("test_only"));
    Files.writeString(
        data.resolve("dataset.json"),
        "{\"format\": 1, \"name\": \"t\", \"splits\": {\"test\": {\"inputs\": []}}}");
    return data;
  }

  @Test
  void saysWhatIsMissingOrWrong() throws IOException {
    Path model = small();
    Path out = folder.resolve("out.tflite");
    String[][] cases = {
      {"--recipe static_wi8_ai8", "give examples"},
      {"--recipe magic", "static_wi8_ai8"},
      {"--recipe static_wi8_ai8 --data ../../demo --split test", "--split test"},
      {
        "--recipe static_wi8_ai8 --data " + testOnly(),
        "neither a split 'calibration' nor one 'train'"
      },
      {"--recipe static_wi8_ai8 --random 2 --method best", "--method"},
      {"--recipe static_wi8_ai8 --random 2 --step magic", "no step 'magic'"},
      {"--recipe static_wi8_ai8 --random 2 --without-step magic", "no step 'magic' to leave out"},
      {"--recipe static_wi8_ai8 --random 2 --inputs float16", "--inputs"},
      {"--recipe static_wi8_ai8 --calibration none.json", "none.json"},
      {"--random 2", "--recipe"}
    };
    for (String[] c : cases) {
      List<Object> words = new ArrayList<>(List.of("optimize", model, "-o", out));
      words.addAll(List.of(c[0].split(" ")));
      assertEquals(2, console.run(words.toArray()), c[0] + ": " + console.text());
      assertTrue(console.text().contains(c[1]), c[0] + ": " + console.text());
      assertFalse(Files.exists(out), c[0]);
    }
  }

  @Test
  void opsThatNothingCanBeDoneWithAreAFailureWithReasons() throws IOException {
    Path out = folder.resolve("out.tflite");
    int code = console.run("optimize", small(), "--recipe", "dynamic_wi4b32_afp32", "-o", out);
    assertEquals(1, code, console.text());
    assertTrue(console.text().contains("no kernel for scales by block"), console.text());
  }
}
