// Rotations and scalings of layers' inputs.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.Op;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.tflite.TfliteOps;
import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.graph.tflite.TfliteWriter;
import dev.sinter.optimizer.Optimized;
import dev.sinter.optimizer.Optimizer;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.data.SessionSlots;
import dev.sinter.optimizer.recipe.Recipe;
import dev.sinter.optimizer.weights.CustomRotation;
import dev.sinter.optimizer.weights.HadamardRotation;
import dev.sinter.runtime.Model;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Session;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class InputChangesTest {
  private static final InputSource SOME = InputSource.random(40, 4);

  private final Random random = new Random(3);

  /** A few columns have large weights, and meet large inputs: one scale suits them badly. */
  private float[] weights(int outputs, int inputs) {
    float[] w = new float[outputs * inputs];
    for (int i = 0; i < w.length; i++) {
      w[i] = (float) (random.nextGaussian() * (i % inputs % 16 == 5 ? 4 : 0.2));
    }
    return w;
  }

  private Graph layers() {
    GraphBuilder b = Graph.builder("layers");
    Value x = b.input("x", ElementType.FLOAT32, 3, 48);
    Value first =
        x.fullyConnected(
                b.floats("w1", weights(20, 48), 20, 48),
                b.floats("b1", weights(1, 20), 20),
                Activation.RELU)
            .named("first");
    Value second =
        x.fullyConnected(
                b.floats("w2", weights(20, 48), 20, 48),
                b.floats("b2", weights(1, 20), 20),
                Activation.NONE)
            .named("second");
    return first.add(second, Activation.NONE).named("sum").output().build();
  }

  private Graph lookup() {
    GraphBuilder b = Graph.builder("lookup");
    Value ids = b.input("ids", ElementType.INT32, 5);
    Value table = b.floats("table", weights(30, 32), 30, 32);
    Value rows =
        b.op(
                TfliteOps.builtin("EMBEDDING_LOOKUP", 1, Map.of()),
                ElementType.FLOAT32,
                Quantization.NONE,
                ids,
                table)
            .named("rows");
    return rows.fullyConnected(
            b.floats("w", weights(8, 32), 8, 32), b.floats("b", weights(1, 8), 8), Activation.NONE)
        .named("out")
        .output()
        .build();
  }

  private static Recipe recipe(String algorithm, int bits, String parameters) {
    return Recipe.parse(
        "test",
        "[{\"regex\": \".*\", \"operation\": \"*\", \"algorithm_key\": \""
            + algorithm
            + "\", \"op_config\": {\"weight_tensor_config\": {\"num_bits\": "
            + bits
            + ", \"symmetric\": true, \"granularity\": \"CHANNELWISE\", \"dtype\": \"INT\""
            + parameters
            + "}, \"compute_precision\": \"FLOAT\", \"explicit_dequantize\": true}}]");
  }

  private static float[] run(Graph g, InputSource source, int example) {
    try (Model model = Model.load(g, Options.DEFAULT);
        Session session = model.newSession()) {
      source.open(g).fill(example, new SessionSlots(session));
      session.run();
      return session.outputReals(0);
    }
  }

  private static double noise(Graph g, Graph reference) {
    double sum = 0;
    for (int e = 0; e < 10; e++) {
      float[] want = run(reference, SOME, e);
      float[] got = run(g, SOME, e);
      for (int i = 0; i < want.length; i++) {
        sum += (got[i] - want[i]) * (got[i] - want[i]);
      }
    }
    return sum;
  }

  private static Optimized optimize(Graph g, Recipe recipe) {
    return Optimizer.of(g).recipe(recipe).examples(SOME).run();
  }

  private static List<String> kinds(Graph g) {
    return g.ops().stream().map(Op::kind).map(TfliteOps::name).toList();
  }

  @Test
  void rotationKeepsTheModel() {
    for (Graph g : List.of(layers(), lookup())) {
      for (String how : List.of("DECOMPOSED_HADAMARD_ROTATION", "HADAMARD_ROTATION")) {
        Graph turned = optimize(g, recipe(how, 8, "")).prepared();
        for (int e = 0; e < 5; e++) {
          assertArrayEquals(run(g, SOME, e), run(turned, SOME, e), 2e-4f, g.name() + " by " + how);
        }
      }
    }
  }

  @Test
  void theCustomOpIsOneForAllReadersOfATensor() {
    Graph g = layers();
    Optimized o = optimize(g, recipe("HADAMARD_ROTATION", 4, ""));
    List<String> kinds = kinds(o.graph());
    assertEquals(1, kinds.stream().filter("aeq.hadamard_rotation"::equals).count());
    assertEquals(
        2, o.layers().stream().filter(l -> l.scheme().contains("int4")).count(), o::toString);
    Graph back = TfliteReader.read(TfliteWriter.toBytes(o.graph()));
    assertArrayEquals(run(o.graph(), SOME, 0), run(back, SOME, 0));
    double rotated = noise(o.graph(), g);
    double plain = noise(optimize(g, recipe("OCTAV", 4, "")).graph(), g);
    assertTrue(rotated < 0.7 * plain, rotated + " " + plain);
  }

  /** Small matrices are one product, large ones two: both are the butterfly. */
  @Test
  void theCustomOpTurnsBlocksOfAnySize() {
    for (int size : new int[] {1, 2, 64, 128, 2048}) {
      GraphBuilder b = Graph.builder("rotation");
      Value x = b.input("x", ElementType.FLOAT32, 3, 2, 2 * size);
      Graph g =
          b.op(CustomRotation.op(size), ElementType.FLOAT32, Quantization.NONE, x).output().build();
      float[] in = weights(12, size);
      float[] want = in.clone();
      HadamardRotation.rotate(want, size);
      assertArrayEquals(want, run(g, InputSource.ofFloats(List.of(in)), 0), 2e-5f, "size " + size);
    }
  }

  @Test
  void oneRotationForAllReadersOfATensor() {
    Optimized o = optimize(layers(), recipe("DECOMPOSED_HADAMARD_ROTATION", 4, ""));
    List<String> kinds = kinds(o.prepared());
    assertEquals(2, kinds.stream().filter("RESHAPE"::equals).count(), kinds::toString);
    assertEquals(3, kinds.stream().filter("FULLY_CONNECTED"::equals).count(), kinds::toString);
    // The matrix stays float: rounding what comes in is what it is there to avoid.
    assertEquals(
        2, o.layers().stream().filter(l -> l.scheme().contains("int4")).count(), o::toString);
    assertTrue(o.notes().stream().noneMatch(n -> n.contains("cannot be followed")), o::toString);
  }

  @Test
  void namesOfResultsStay() {
    Graph g = lookup();
    Recipe one =
        Recipe.parse(
            "test",
            """
            [{"regex": "^rows;$", "operation": "EMBEDDING_LOOKUP",
              "algorithm_key": "DECOMPOSED_HADAMARD_ROTATION",
              "op_config": {"weight_tensor_config": {"num_bits": 4, "granularity": "CHANNELWISE"},
                "compute_precision": "INTEGER"}}]""");
    Optimized o = optimize(g, one);
    assertEquals(1, o.layers().stream().filter(l -> l.scheme().contains("int4")).count());
    assertEquals("out", o.graph().tensor(o.graph().outputs().get(0)).name());
    assertTrue(o.prepared().main().indexOf("rows") >= 0);
    assertTrue(run(o.graph(), SOME, 0).length == 40);
  }

  @Test
  void spreadOutliersRoundBetter() {
    Graph g = layers();
    double plain = noise(optimize(g, recipe("OCTAV", 4, "")).graph(), g);
    double rotated = noise(optimize(g, recipe("DECOMPOSED_HADAMARD_ROTATION", 4, "")).graph(), g);
    double scaled = noise(optimize(g, recipe("OSCAR", 4, "")).graph(), g);
    assertTrue(rotated < 0.7 * plain, rotated + " " + plain);
    assertTrue(scaled < 0.7 * plain, scaled + " " + plain);
  }

  @Test
  void sizesAreLimited() {
    Graph g = layers();
    String limit = ", \"algorithm_params\": {\"max_hadamard_size\": 8}";
    Graph turned = optimize(g, recipe("DECOMPOSED_HADAMARD_ROTATION", 8, limit)).prepared();
    assertTrue(turned.tensors().stream().anyMatch(t -> t.name().equals("hadamard_8")));
    Graph all = optimize(g, recipe("DECOMPOSED_HADAMARD_ROTATION", 8, "")).prepared();
    assertTrue(all.tensors().stream().anyMatch(t -> t.name().equals("hadamard_16")));
  }

  @Test
  void scalingKeepsTheModel() {
    Graph g = layers();
    Optimized o = optimize(g, recipe("OSCAR", 8, ""));
    assertTrue(kinds(o.prepared()).contains("MUL"));
    assertArrayEquals(run(g, SOME, 1), run(o.prepared(), SOME, 1), 1e-3f);
  }

  @Test
  void whatCannotBeRotatedSaysWhy() {
    Graph g = layers();
    GraphBuilder b = Graph.builder("odd");
    Graph odd =
        b.input("x", ElementType.FLOAT32, 1, 7)
            .fullyConnected(
                b.floats("w", weights(4, 7), 4, 7),
                b.floats("b", weights(1, 4), 4),
                Activation.NONE)
            .output()
            .build();
    String reason =
        optimize(odd, recipe("DECOMPOSED_HADAMARD_ROTATION", 8, "")).layers().get(0).reason();
    assertTrue(reason.contains("power of two"), reason);
    String unseen = Optimizer.of(g).recipe(recipe("OSCAR", 8, "")).run().layers().get(0).reason();
    assertTrue(unseen.contains("OSCAR needs calibration"), unseen);
  }
}
