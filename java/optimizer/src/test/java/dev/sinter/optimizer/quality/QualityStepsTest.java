// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.quality;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Padding;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.tflite.TfliteOps;
import dev.sinter.optimizer.Optimized;
import dev.sinter.optimizer.Optimizer;
import dev.sinter.optimizer.QualityStep;
import dev.sinter.optimizer.RandomNetworks;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.data.MisfitException;
import dev.sinter.optimizer.recipe.Recipe;
import dev.sinter.optimizer.recipe.RecipeException;
import dev.sinter.runtime.Model;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Session;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Steps of recipes make the quantized model's answers come nearer to the float model's. */
class QualityStepsTest {
  private static final InputSource SOME = InputSource.random(60, 4);
  private final RandomNetworks random = new RandomNetworks(21);

  private Graph network() {
    GraphBuilder b = Graph.builder("network");
    Value x = b.input("x", ElementType.FLOAT32, 1, 8, 8, 4);
    Value y =
        x.conv2d(
            random.constant(b, "w1", 0.3, 12, 3, 3, 4),
            random.constant(b, "b1", 0.1, 12),
            new OpKind.Conv(Padding.SAME, 1, 1, 1, 1, Activation.RELU));
    Value z =
        y.depthwise(
            random.constant(b, "w2", 0.4, 1, 3, 3, 12),
            random.constant(b, "b2", 0.1, 12),
            new OpKind.Depthwise(Padding.SAME, 1, 1, 1, 1, 1, Activation.RELU6));
    z =
        z.conv2d(
            random.constant(b, "w3", 0.3, 12, 1, 1, 12),
            random.constant(b, "b3", 0.1, 12),
            new OpKind.Conv(Padding.SAME, 1, 1, 1, 1, Activation.NONE));
    return z.add(y, Activation.RELU)
        .mean(false, 1, 2)
        .fullyConnected(
            random.constant(b, "w4", 0.4, 20, 12),
            random.constant(b, "b4", 0.1, 20),
            Activation.RELU)
        .fullyConnected(
            random.constant(b, "w5", 0.3, 6, 20), random.constant(b, "b5", 0.1, 6), Activation.NONE)
        .output("y")
        .build();
  }

  private static double error(Graph expected, Graph actual) {
    return RandomNetworks.error(expected, actual, 60);
  }

  private static Optimized run(Graph g, String recipe, String step) {
    Optimizer.Builder b = Optimizer.of(g).recipe(Recipe.named(recipe)).examples(SOME);
    return step == null ? b.run() : b.step(step, Map.of()).run();
  }

  @ParameterizedTest
  @ValueSource(strings = {"dynamic_wi4_afp32", "weight_only_wi4_afp32", "static_wi4_ai8"})
  void reconstructionBringsFourBitsNearer(String recipe) {
    double plain = 0;
    double corrected = 0;
    double reconstructed = 0;
    for (int trial = 0; trial < 3; trial++) {
      Graph g = network();
      plain += error(g, run(g, recipe, null).graph());
      corrected += error(g, run(g, recipe, "bias_correction").graph());
      Optimized best = run(g, recipe, "reconstruct");
      reconstructed += error(g, best.graph());
      Optimized again = run(g, recipe, "reconstruct");
      assertEquals(best.graph(), again.graph(), "the same examples, the same model");
    }
    assertTrue(corrected < plain, corrected + " after " + plain);
    assertTrue(reconstructed < 0.5 * plain, reconstructed + " after " + plain);
  }

  @Test
  void stepsOfBytesDoNotHurt() {
    Graph g = network();
    double plain = error(g, run(g, "static_wi8_ai8", null).graph());
    for (String step : new String[] {"bias_correction", "reconstruct", "equalize"}) {
      double now = error(g, run(g, "static_wi8_ai8", step).graph());
      assertTrue(now < 1.5 * plain, step + ": " + now + " after " + plain);
    }
  }

  /** A layer norm of a sum of which one channel is far beyond the others in a few rows. */
  private Graph normed() {
    GraphBuilder b = Graph.builder("normed");
    Value x = b.input("x", ElementType.FLOAT32, 1, 6, 64);
    OpKind.FullyConnected kind = new OpKind.FullyConnected(Activation.NONE, true, false, false);
    OpKind.FullyConnected relu = new OpKind.FullyConnected(Activation.RELU, true, false, false);
    float[] seldom = new float[64];
    seldom[0] = 1;
    seldom[1] = 1;
    Value rare =
        x.fullyConnected(
            b.floats("seldom", seldom, 1, 64), b.floats("far", new float[] {-1.2f}, 1), relu);
    float[] high = new float[64];
    high[7] = 40;
    Value y = rare.fullyConnected(b.floats("high", high, 64, 1), null, kind);
    Value sum = x.add(y, Activation.NONE);
    Value mean = sum.mean(true, 2);
    Value squares =
        sum.binary(OpKind.Binary.Function.SQUARED_DIFFERENCE, mean, Activation.NONE).mean(true, 2);
    Value root =
        squares
            .add(b.floats("epsilon", new float[] {1e-9f}), Activation.NONE)
            .unary(OpKind.Unary.Function.RSQRT);
    Value p =
        root.binary(
            OpKind.Binary.Function.MUL, random.constant(b, "factor", 1, 64), Activation.NONE);
    Value rest =
        random
            .constant(b, "shift", 1, 64)
            .binary(
                OpKind.Binary.Function.SUB,
                mean.binary(OpKind.Binary.Function.MUL, p, Activation.NONE),
                Activation.NONE);
    return sum.binary(OpKind.Binary.Function.MUL, p, Activation.NONE)
        .add(rest, Activation.NONE)
        .fullyConnected(random.constant(b, "w2", 0.3, 5, 64), null, kind)
        .output("y")
        .build();
  }

  /** Quantized without the steps that the recipe takes by itself. */
  private static Graph withoutDefaults(Graph g) {
    return Optimizer.of(g)
        .recipe(Recipe.named("static_wi8_ai8"))
        .examples(SOME)
        .without("layer_norms")
        .without("bias_correction")
        .run()
        .graph();
  }

  @Test
  void layerNormsLoseLittleByDefault() {
    Graph g = normed();
    double plain = error(g, withoutDefaults(g));
    Optimized now = run(g, "static_wi8_ai8", null);
    double better = error(g, now.graph());
    assertTrue(better < 0.3 * plain, better + " after " + plain);
    assertTrue(
        now.notes().stream()
            .anyMatch(n -> n.startsWith("layer_norms: ") && n.contains("1 of 64 channels")),
        now.notes().toString());
    assertEquals(now.graph(), run(g, "static_wi8_ai8", null).graph(), "the same examples");
    RecipeException e =
        assertThrows(
            RecipeException.class,
            () ->
                Optimizer.of(g)
                    .recipe(Recipe.named("static_wi8_ai8"))
                    .examples(SOME)
                    .without("equalize")
                    .run());
    assertTrue(e.getMessage().contains("no step 'equalize' to leave out"), e.getMessage());
    e =
        assertThrows(
            RecipeException.class,
            () -> Optimizer.of(g).recipe(Recipe.named("static_wi8_ai8")).run());
    assertTrue(e.getMessage().contains("give examples"), e.getMessage());
  }

  @Test
  void modelsWithoutLayerNormsStayByDefault() {
    Graph g = network();
    Optimized now = run(g, "static_wi8_ai8", null);
    assertEquals(withoutDefaults(g), now.graph());
    assertTrue(
        now.notes().contains("layer_norms: this model has no layer norms, nothing is changed"),
        now.notes().toString());
  }

  @Test
  void gptqGetsItsMoments() {
    String config =
        "{'weight_tensor_config': {'num_bits': 4, 'symmetric': true, 'granularity':"
            + " 'CHANNELWISE', 'dtype': 'INT'}, 'compute_precision': 'INTEGER'}";
    Graph g = network();
    double[] errors = new double[2];
    for (int i = 0; i < 2; i++) {
      String rule =
          "[{'regex': '.*', 'operation': '*', 'algorithm_key': '"
              + (i == 0 ? "MSE_SEARCH" : "GPTQ")
              + "', 'op_config': "
              + config
              + "}]";
      Recipe recipe = Recipe.parse("test", rule.replace('\'', '"'));
      errors[i] = error(g, Optimizer.of(g).recipe(recipe).examples(SOME).run().graph());
    }
    assertTrue(errors[1] < errors[0], errors[1] + " after " + errors[0]);
  }

  @Test
  void tablesOfEmbeddingsMayHaveFourBits() {
    GraphBuilder b = Graph.builder("words");
    Value ids = b.input("ids", ElementType.INT32, 1, 5);
    Value table = random.constant(b, "table", 1, 40, 32);
    OpKind gather = TfliteOps.builtin("GATHER", 1, Map.of("axis", 0));
    Value rows = b.op(gather, ElementType.FLOAT32, Quantization.NONE, table, ids);
    Graph g = rows.mean(false, 1).output("y").build();
    Graph looked =
        new EmbeddingLookupStep()
            .prepare(new QualityStep.Preparation(g, Map.of(), Options.DEFAULT, s -> {}), Map.of());
    assertTrue(looked.ops().stream().anyMatch(o -> o.kind().label().equals("EMBEDDING_LOOKUP")));
    try (Model one = Model.load(g, Options.DEFAULT);
        Model other = Model.load(looked, Options.DEFAULT);
        Session x = one.newSession();
        Session y = other.newSession()) {
      x.setInput(0, new int[] {3, 39, 0, 7, 7});
      y.setInput(0, new int[] {3, 39, 0, 7, 7});
      x.run();
      y.run();
      assertArrayEquals(x.outputReals(0), y.outputReals(0), 0f);
    }
    Optimized four =
        Optimizer.of(g)
            .recipe(Recipe.named("dynamic_wi4b32_afp32"))
            .step("embedding_lookup", Map.of())
            .run();
    assertTrue(
        four.graph().tensors().stream().anyMatch(t -> t.type() == ElementType.INT4),
        "a table of 4 bits");
  }

  @Test
  void examplesThatTeachNothingAreRefused() {
    Graph g = network();
    float[] broken = new float[8 * 8 * 4];
    broken[77] = Float.NaN;
    InputSource nan = InputSource.ofFloats(List.of(new float[8 * 8 * 4], broken));
    for (String step : new String[] {"reconstruct", "bias_correction", "equalize"}) {
      String message =
          assertThrows(
                  MisfitException.class,
                  () ->
                      Optimizer.of(g)
                          .recipe(Recipe.named("dynamic_wi4_afp32"))
                          .examples(nan)
                          .step(step, Map.of())
                          .run())
              .getMessage();
      assertTrue(message.contains("'x' holds NaN at element 77 of example 1"), message);
    }
  }

  @Test
  void whatIsNotUnderstoodIsSaid() {
    Graph g = network();
    Optimizer.Builder none = Optimizer.of(g).recipe(Recipe.named("dynamic_wi4_afp32"));
    String examples =
        assertThrows(RecipeException.class, () -> none.step("reconstruct", Map.of()).run())
            .getMessage();
    assertTrue(examples.contains("--data"), examples);
    Optimizer.Builder typo =
        Optimizer.of(g).recipe(Recipe.named("dynamic_wi4_afp32")).examples(SOME);
    String known =
        assertThrows(
                RecipeException.class, () -> typo.step("reconstruct", Map.of("refti", true)).run())
            .getMessage();
    assertTrue(known.contains("refit"), known);
    String note =
        Optimizer.of(g)
            .recipe(Recipe.named("dynamic_wi4_afp32"))
            .examples(SOME)
            .step("fold_batch_norm", Map.of())
            .step("bias_correction", Map.of())
            .run()
            .notes()
            .toString();
    assertTrue(note.contains("fold_batch_norm: nothing to change"), note);
    assertTrue(note.contains("bias_correction: 4 layers, rounding adds "), note);
  }
}
