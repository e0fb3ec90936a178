// Products with a constant side, quantized by every kind of recipe, beside TensorFlow Lite.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.cli.compare.Verdict;
import dev.sinter.cli.compare.Verifier;
import dev.sinter.cli.differential.BesideTflite;
import dev.sinter.cli.peer.GuardedPeer;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.tflite.TfliteWriter;
import dev.sinter.optimizer.LayerReport;
import dev.sinter.optimizer.Optimized;
import dev.sinter.optimizer.Optimizer;
import dev.sinter.optimizer.calibration.CalibrationException;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.decision.Mode;
import dev.sinter.optimizer.recipe.Recipe;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ConstantProductsTest {
  private static final int[][][] LEADING = {
    {{}, {}}, {{2}, {2}}, {{3}, {}}, {{}, {3}}, {{2, 3}, {3}}
  };
  private static final int LEFT = 4;

  private static int[] shape(int[] lead, int rows, int columns) {
    int[] out = Arrays.copyOf(lead, lead.length + 2);
    out[lead.length] = rows;
    out[lead.length + 1] = columns;
    return out;
  }

  private static Value constant(GraphBuilder b, int... dims) {
    Random random = new Random(7);
    float[] values = new float[Arrays.stream(dims).reduce(1, (x, y) -> x * y)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return b.floats("w", values, dims);
  }

  /** Bits of the flags: left side transposed, right side transposed, left side constant. */
  private static Graph product(int[][] lead, int flags) {
    boolean adjointX = (flags & 1) != 0;
    boolean adjointY = (flags & 2) != 0;
    boolean left = (flags & LEFT) != 0;
    GraphBuilder b = Graph.builder("product");
    int[] x = shape(lead[0], adjointX ? 16 : 5, adjointX ? 5 : 16);
    int[] y = shape(lead[1], adjointY ? 7 : 16, adjointY ? 16 : 7);
    Value first = left ? constant(b, x) : b.input("x", ElementType.FLOAT32, x);
    Value second = left ? b.input("x", ElementType.FLOAT32, y) : constant(b, y);
    return first.batchMatMul(second, adjointX, adjointY).output("y").build();
  }

  private static Recipe recipe(String algorithm, boolean isStatic, int bits) {
    String activations =
        "\"activation_tensor_config\":{\"num_bits\":8,\"symmetric\":false,\"granularity\":\"TENSORWISE\"},";
    return Recipe.parse(
        algorithm,
        "[{\"regex\":\".*\",\"operation\":\"*\",\"algorithm_key\":\""
            + algorithm
            + "\",\"op_config\":{"
            + (isStatic ? activations : "")
            + "\"weight_tensor_config\":{\"num_bits\":"
            + bits
            + ",\"granularity\":\"CHANNELWISE\"},"
            + "\"compute_precision\":\"INTEGER\"}}]");
  }

  private static Optimized run(Graph g, Recipe recipe, String... steps) {
    Optimizer.Builder b = Optimizer.of(g).recipe(recipe).examples(InputSource.random(6, 1));
    for (String step : steps) {
      b.step(step, Map.of());
    }
    return b.run();
  }

  @Test
  void givesWhatTensorFlowLiteGives() {
    try (GuardedPeer.Host host = new GuardedPeer.Host()) {
      Verifier verifier = BesideTflite.verifier(host, 2);
      for (int[][] lead : LEADING) {
        for (int flags : IntStream.range(0, 8).toArray()) {
          Graph g = product(lead, flags);
          for (String name :
              List.of(
                  "static_wi8_ai8",
                  "static_wi8_ai16",
                  "dynamic_wi8_afp32",
                  "weight_only_wi8_afp32",
                  "weight_only_wi4_afp32",
                  "weight_only_wf16_afp32")) {
            check(verifier, g, run(g, Recipe.named(name)), name + flags);
          }
          for (String algorithm : List.of("GPTQ", "QUANTEASE", "MSE_SEARCH")) {
            check(verifier, g, run(g, recipe(algorithm, true, 8)), algorithm + flags);
            check(
                verifier,
                g,
                run(g, recipe(algorithm, false, 8), "turn_products"),
                algorithm + " turned " + flags);
          }
        }
      }
    }
  }

  private static void check(Verifier verifier, Graph g, Optimized o, String what) {
    Verdict verdict = verifier.verify(what, TfliteWriter.toBytes(o.graph()));
    assertTrue(
        verdict.status().label().matches("equal|close"), what + g.tensors() + verdict.message());
    LayerReport layer = o.layers().get(0);
    if (layer.mode() == Mode.FLOAT) {
      boolean named =
          layer.reason().contains("turn_products") || layer.reason().contains("mixes up");
      assertTrue(named, what + ": " + layer.reason());
      return;
    }
    assertTrue(layer.newWeightBytes() < layer.weightBytes(), what + layer);
  }

  @Test
  void algorithmsCountForConstantsOfProducts() {
    for (int flags : IntStream.range(0, 8).toArray()) {
      Graph g = product(LEADING[1], flags);
      Optimized plain = run(g, Recipe.named("static_wi8_ai8"));
      Optimized gptq = run(g, recipe("GPTQ", true, 8));
      assertEquals("GPTQ", gptq.decisions().op(0, 0).orElseThrow().weights().algorithm());
      assertTrue(!plain.graph().equals(gptq.graph()), "GPTQ made no difference, " + flags);
      Optimized again = run(g, recipe("min_max_uniform_quantize", true, 8), "reconstruct");
      assertTrue(
          again.notes().toString().contains("reconstruct: 1 layers"), again.notes()::toString);
    }
  }

  @Test
  void saysWhatCannotBe() {
    Graph left = product(LEADING[0], LEFT);
    String turn = run(left, Recipe.named("dynamic_wi8_afp32")).layers().get(0).reason();
    assertTrue(turn.contains("turn_products"), turn);
    String four = run(left, recipe("min_max_uniform_quantize", true, 4)).layers().get(0).reason();
    assertTrue(four.contains("no kernel for weights of 4 bits"), four);
    Optimized wide = run(left, Recipe.named("static_wi8_ai16"));
    assertTrue(wide.layers().get(0).reason().contains("16 bits"), wide.layers()::toString);
    assertEquals(5 * 16 * 2, wide.layers().get(0).newWeightBytes());
    GraphBuilder b = Graph.builder("nan");
    float[] strange = new float[35];
    strange[3] = Float.NaN;
    Graph nan =
        b.floats("w", strange, 5, 7)
            .batchMatMul(b.input("x", ElementType.FLOAT32, 7, 4), false, false)
            .output("y")
            .build();
    for (String name : List.of("weight_only_wi8_afp32", "static_wi8_ai8")) {
      String reason;
      try {
        reason = run(nan, Recipe.named(name)).layers().get(0).reason();
      } catch (CalibrationException e) {
        reason = e.getMessage();
      }
      assertTrue(reason.contains("NaN") || reason.contains("not finite"), reason);
    }
  }
}
