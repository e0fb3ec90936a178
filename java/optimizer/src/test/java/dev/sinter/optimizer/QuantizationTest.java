// Tests of quantization on small graphs: what is converted where, and which scales are the same.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Padding;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Tensor;
import dev.sinter.graph.tflite.TfliteOps;
import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.graph.tflite.TfliteWriter;
import dev.sinter.optimizer.calibration.CalibrationException;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.decision.Decisions;
import dev.sinter.optimizer.decision.Decisions.Border;
import dev.sinter.optimizer.decision.DecisionsJson;
import dev.sinter.optimizer.decision.Mode;
import dev.sinter.optimizer.recipe.Recipe;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class QuantizationTest {
  private static float[] random(int n, long seed) {
    Random random = new Random(seed);
    float[] out = new float[n];
    for (int i = 0; i < n; i++) {
      out[i] = (float) random.nextGaussian();
    }
    return out;
  }

  private static Value conv(GraphBuilder b, Value x, String name, int in, int out) {
    return x.conv2d(
        b.floats(name + "_w", random(9 * in * out, name.hashCode()), out, 3, 3, in),
        b.floats(name + "_b", random(out, out), out),
        1,
        Padding.SAME,
        Activation.RELU);
  }

  /** Two convolutions with a pooling between, a layer on top, a softmax. */
  private static Graph net() {
    GraphBuilder b = Graph.builder("net");
    Value x = b.input("x", ElementType.FLOAT32, 1, 8, 8, 3);
    Value y = conv(b, x, "one", 3, 8).maxPool(2, 2, Padding.VALID);
    y = conv(b, y, "two", 8, 4).reshape(1, 64);
    y =
        y.fullyConnected(
            b.floats("w", random(640, 5), 10, 64),
            b.floats("bias", random(10, 6), 10),
            Activation.NONE);
    return y.softmax().output("y").build();
  }

  private static Optimized run(Graph g, String recipe) {
    return Optimizer.of(g).recipe(Recipe.named(recipe)).examples(InputSource.random(4, 1)).run();
  }

  private static List<String> kinds(Graph g) {
    return g.ops().stream().map(o -> o.kind().label()).toList();
  }

  private static Op op(Graph g, String kind) {
    return g.ops().stream().filter(o -> o.kind().label().equals(kind)).findFirst().orElseThrow();
  }

  @Test
  void allMatricesOfARecurrentLayer() throws IOException {
    GraphBuilder b = Graph.builder("rnn");
    Value x = b.input("x", ElementType.FLOAT32, 1, 6);
    Value state = b.variable("h", ElementType.FLOAT32, Quantization.NONE, 1, 5);
    Graph g =
        b.op(
                TfliteOps.builtin("RNN", 1, Map.of("fused_activation_function", 4)),
                ElementType.FLOAT32,
                Quantization.NONE,
                x,
                b.floats("w", random(30, 1), 5, 6),
                b.floats("r", random(25, 2), 5, 5),
                b.floats("bias", random(5, 3), 5),
                state)
            .output("y")
            .build();
    Optimized o = run(g, "dynamic_wi8_afp32");
    assertEquals(30 * 4 + 25 * 4, o.layers().get(0).weightBytes());
    assertEquals(30 + 25 + 2 * 4, o.layers().get(0).newWeightBytes());
    Op rnn = o.graph().ops().get(0);
    for (int slot : new int[] {1, 2}) {
      assertEquals(ElementType.INT8, o.graph().tensor(rnn.input(slot)).type());
    }
    assertEquals(ElementType.FLOAT32, o.graph().tensor(rnn.input(3)).type());
    Decisions read = DecisionsJson.read("test", DecisionsJson.write(o.decisions()));
    assertEquals(o.graph(), read.apply(g));
    String left = run(g, "static_wi8_ai8").layers().get(0).reason();
    assertTrue(left.contains("keeps a state"), left);
  }

  @Test
  void convertsAtTheBordersAlone() {
    Graph g = run(net(), "static_wi8_ai8").graph();
    assertEquals(
        List.of(
            "Quantize",
            "Conv",
            "MAX_POOL",
            "Conv",
            "Reshape",
            "FullyConnected",
            "Softmax",
            "Dequantize"),
        kinds(g));
    assertEquals("x", g.tensor(g.inputs().get(0)).name());
    assertEquals(ElementType.FLOAT32, g.tensor(g.inputs().get(0)).type());
    assertEquals("y", g.tensor(g.outputs().get(0)).name());
    assertEquals(ElementType.FLOAT32, g.tensor(g.outputs().get(0)).type());
  }

  @Test
  void keepsTheScalesThatTheSpecificationAsksFor() {
    Graph g = run(net(), "static_wi8_ai8").graph();
    Op pool = op(g, "MAX_POOL");
    assertEquals(g.tensor(pool.input(0)).quantization(), g.tensor(pool.output(0)).quantization());
    Quantization softmax = g.tensor(op(g, "Softmax").output(0)).quantization();
    assertEquals(1f / 256, softmax.scale());
    assertEquals(-128, softmax.zeroPoint());
    Op conv = op(g, "Conv");
    Tensor w = g.tensor(conv.input(1));
    Tensor bias = g.tensor(conv.input(2));
    assertEquals(8, w.quantization().count());
    assertEquals(ElementType.INT32, bias.type());
    float in = g.tensor(conv.input(0)).quantization().scale();
    for (int i = 0; i < 8; i++) {
      assertEquals(in * w.quantization().scale(i), bias.quantization().scale(i));
      assertEquals(0, w.quantization().zeroPoint(i));
    }
  }

  /** As TensorFlow Lite's quantizer writes it: cells of 16 bits whose scale is a power of two. */
  @Test
  void aRecurrentLayerInIntegers() {
    GraphBuilder b = Graph.builder("lstm");
    Value x = b.input("x", ElementType.FLOAT32, 1, 7, 6);
    List<Value> in = new ArrayList<>(Collections.nCopies(20, null));
    in.set(0, x);
    for (int gate = 0; gate < 4; gate++) {
      in.set(1 + gate, b.floats("w" + gate, random(30, gate), 5, 6));
      in.set(5 + gate, b.floats("r" + gate, random(25, 4 + gate), 5, 5));
      in.set(12 + gate, b.floats("b" + gate, random(5, 8 + gate), 5));
    }
    in.set(18, b.variable("h", ElementType.FLOAT32, Quantization.NONE, 1, 5));
    in.set(19, b.variable("c", ElementType.FLOAT32, Quantization.NONE, 1, 5));
    Graph g =
        b.op(
                TfliteOps.builtin(
                    "UNIDIRECTIONAL_SEQUENCE_LSTM", 1, Map.of("fused_activation_function", 4)),
                ElementType.FLOAT32,
                Quantization.NONE,
                in.toArray(Value[]::new))
            .output("y")
            .build();
    Optimized o = run(g, "static_wi8_ai8");
    Graph q = TfliteReader.read(TfliteWriter.toBytes(o.graph()));
    Op lstm = q.ops().get(1);
    assertEquals(ElementType.INT8, q.tensor(lstm.output(0)).type(), o::toString);
    assertEquals(q.tensor(lstm.output(0)).quantization(), q.tensor(lstm.input(18)).quantization());
    Tensor cells = q.tensor(lstm.input(19));
    assertEquals(ElementType.INT16, cells.type());
    assertTrue(cells.isVariable());
    double power = Math.log(cells.quantization().scale()) / Math.log(2);
    assertEquals(Math.rint(power), power, 1e-6);
    assertEquals(ElementType.INT32, q.tensor(lstm.input(13)).type());
    assertEquals(5, lstm.intermediates().size());
    assertEquals(
        q.tensor(lstm.output(0)).quantization(),
        q.tensor(lstm.intermediates().get(4)).quantization());
    String wide = run(g, "static_wi8_ai16").layers().get(0).reason();
    assertTrue(wide.contains("no kernel for activations of INT16"), wide);
  }

  @Test
  void biasesMayBeHalves() {
    Optimized halves = run(net(), "weight_only_wi8_bias16_afp32");
    Graph g = halves.graph();
    Op conv = op(g, "Conv");
    Op expand = g.main().ops().get(g.main().producer(conv.input(2)));
    assertEquals(ElementType.FLOAT16, g.tensor(expand.input(0)).type());
    assertEquals(ElementType.FLOAT32, g.tensor(conv.input(2)).type());
    assertTrue(halves.layers().toString().contains("bias float16"), halves::toString);
  }

  @Test
  void int16HasNoZeroPointsAndWideBiases() {
    Graph g = run(net(), "static_wi8_ai16").graph();
    Op conv = op(g, "Conv");
    assertEquals(ElementType.INT16, g.tensor(conv.output(0)).type());
    assertEquals(0, g.tensor(conv.output(0)).quantization().zeroPoint());
    assertEquals(ElementType.INT64, g.tensor(conv.input(2)).type());
    assertEquals(1f / 32768, g.tensor(op(g, "Softmax").output(0)).quantization().scale());
  }

  @Test
  void bordersAreQuantizedIfAskedFor() {
    Graph g =
        Optimizer.of(net())
            .recipe(Recipe.named("static_wi8_ai8"))
            .examples(InputSource.random(4, 1))
            .inputs(Border.QUANTIZED)
            .outputs(Border.QUANTIZED)
            .run()
            .graph();
    assertEquals(6, g.ops().size());
    assertEquals(ElementType.INT8, g.tensor(g.inputs().get(0)).type());
    assertEquals(ElementType.INT8, g.tensor(g.outputs().get(0)).type());
  }

  @Test
  void whatKernelsFixIsBroughtToAnotherScaleForOneOpAlone() {
    GraphBuilder b = Graph.builder("concat");
    Value x = b.input("x", ElementType.FLOAT32, 1, 8);
    Value narrow = x.activate(OpKind.Activate.Function.TANH);
    Value wide = x.fullyConnected(b.floats("w", random(64, 1), 8, 8), null, Activation.NONE);
    narrow.output("t");
    Graph g = run(narrow.concat(1, wide).output("y").build(), "static_wi8_ai8").graph();
    Op concat = op(g, "Concat");
    Quantization out = g.tensor(concat.output(0)).quantization();
    assertEquals(out, g.tensor(concat.input(0)).quantization());
    assertEquals(out, g.tensor(concat.input(1)).quantization());
    assertEquals(1f / 128, g.tensor(op(g, "TANH").output(0)).quantization().scale());
    // x to int8, tanh to the concatenation's scale, both results to float.
    assertEquals(2, kinds(g).stream().filter("Quantize"::equals).count());
    assertEquals(2, kinds(g).stream().filter("Dequantize"::equals).count());
  }

  @Test
  void constantsWithTwoFormsAreStoredTwice() {
    GraphBuilder b = Graph.builder("shared");
    Value x = b.input("x", ElementType.FLOAT32, 1, 8);
    Value w = b.floats("w", random(64, 1), 8, 8);
    Value first = x.fullyConnected(w, null, Activation.NONE);
    Graph g = first.fullyConnected(w, null, Activation.NONE).output("y").build();
    Graph same = run(g, "dynamic_wi8_afp32").graph();
    assertEquals(same.ops().get(0).input(1), same.ops().get(1).input(1));
    assertEquals("w", same.tensor(same.ops().get(0).input(1)).name());
    String name = g.tensor(g.ops().get(1).output(0)).name();
    Recipe recipe =
        Recipe.parse(
            "two",
            "[{\"regex\":\"^"
                + name
                + ";\",\"operation\":\"*\",\"algorithm_key\":\"min_max_uniform_quantize\",\"op_config\":"
                + "{\"weight_tensor_config\":{\"num_bits\":8,\"granularity\":\"CHANNELWISE\"},"
                + "\"compute_precision\":\"INTEGER\"}}]");
    Graph two = Optimizer.of(g).recipe(recipe).run().graph();
    assertEquals(ElementType.FLOAT32, two.tensor(two.ops().get(0).input(1)).type());
    assertEquals(ElementType.INT8, two.tensor(two.ops().get(1).input(1)).type());
  }

  @Test
  void tensorsOfOneBufferKeepOne() {
    GraphBuilder b = Graph.builder("buffer");
    Value x = b.input("x", ElementType.FLOAT32, 1, 8);
    Value y = x.fullyConnected(b.floats("v", random(64, 1), 8, 8), null, Activation.NONE);
    Graph g =
        y.fullyConnected(b.floats("w", random(64, 1), 8, 8), null, Activation.NONE)
            .output("y")
            .build();
    int v = g.main().indexOf("v");
    int w = g.main().indexOf("w");
    Graph shared =
        g.edit().replaceTensor(w, g.tensor(w).withStorage(g.tensor(v).storage())).build();
    Graph q = run(shared, "dynamic_wi8_afp32").graph();
    assertSame(
        q.tensor(q.main().indexOf("v")).storage(), q.tensor(q.main().indexOf("w")).storage());
  }

  @Test
  void weightsAloneStandBehindADequantize() {
    for (String recipe :
        List.of(
            "weight_only_wi8_afp32",
            "weight_only_wi4_afp32",
            "weight_only_wf16_afp32",
            "weight_only_wbf16_afp32")) {
      Graph g = run(net(), recipe).graph();
      assertEquals(3, kinds(g).stream().filter("Dequantize"::equals).count(), recipe);
      Op conv = op(g, "Conv");
      Op before = g.ops().get(g.main().producer(conv.input(1)));
      assertEquals("Dequantize", before.kind().label());
      String type = g.tensor(before.input(0)).type().name();
      assertTrue(
          recipe.contains(type.replace("BFLOAT", "bf").replace("FLOAT", "f").replace("INT", "i")),
          type);
    }
  }

  @Test
  void blocksHaveScalesOfTheirOwn() {
    Graph g = run(net(), "dynamic_wi4b32_afp32").graph();
    Tensor w = g.tensor(op(g, "FullyConnected").input(1));
    assertEquals(ElementType.INT4, w.type());
    Quantization.Blockwise blocks = (Quantization.Blockwise) w.quantization().details();
    assertEquals(32, blocks.blockSize());
    Tensor scales = g.tensor(blocks.scales());
    assertEquals(ElementType.FLOAT16, scales.type());
    assertArrayEquals(new int[] {10, 2}, scales.shape().toArray());
    assertEquals(320, w.storage().size());
  }

  @Test
  void decisionsComeBackFromAFile() throws IOException {
    for (String recipe :
        List.of(
            "static_wi8_ai8",
            "static_wi8_ai16",
            "dynamic_wi4b32_afp32",
            "weight_only_wf16_afp32")) {
      Optimized result = run(net(), recipe);
      String json = DecisionsJson.write(result.decisions());
      Graph again = DecisionsJson.read("file", json).apply(net());
      assertArrayEquals(TfliteWriter.toBytes(result.graph()), TfliteWriter.toBytes(again), recipe);
      assertEquals(json, DecisionsJson.write(DecisionsJson.read("file", json)));
    }
  }

  @Test
  void decisionsFindTensorsThatHaveMoved() {
    Optimized result = run(net(), "static_wi8_ai8");
    Graph g = net();
    // The same model as a file, and with its tensors in another order.
    Graph other = TfliteReader.read(TfliteWriter.toBytes(g.edit().build()));
    assertEquals(kinds(result.graph()), kinds(result.decisions().apply(other)));
    Graph renamed = g.edit().rename(g.main().indexOf("y"), "z").build();
    GraphException e = assertThrows(GraphException.class, () -> result.decisions().apply(renamed));
    assertTrue(
        e.getMessage().contains("'y'") && e.getMessage().contains("another model"), e.getMessage());
  }

  @Test
  void damagedDecisionsAreErrorsThatSayWhere() {
    String json = DecisionsJson.write(run(net(), "static_wi8_ai8").decisions());
    for (String[] change :
        new String[][] {
          {"\"format\" : 1", "\"format\" : 9"},
          {"\"scale\" : 0.", "\"scale\" : -0."},
          {"\"mode\" : \"static\"", "\"mode\" : \"swift\""},
          {"\"zeroPoint\" : -128", "\"zeroPoint\" : -129"},
          {"\"granularity\" : \"channel\"", "\"granularity\" : \"block\""}
        }) {
      String damaged = json.replace(change[0], change[1]);
      assertNotEquals(json, damaged, change[0]);
      IOException e = assertThrows(IOException.class, () -> DecisionsJson.read("file", damaged));
      assertTrue(e.getMessage().startsWith("file"), e.getMessage());
    }
  }

  @Test
  void largeBiasesMakeTheScaleOfTheirWeightsLarger() {
    GraphBuilder b = Graph.builder("bias");
    float[] w = random(64, 1);
    Arrays.fill(w, 0, 8, 1e-9f);
    float[] bias = new float[8];
    bias[0] = 1000;
    Graph g =
        b.input("x", ElementType.FLOAT32, 1, 8)
            .fullyConnected(b.floats("w", w, 8, 8), b.floats("b", bias, 8), Activation.NONE)
            .output("y")
            .build();
    Graph q = run(g, "static_wi8_ai8").graph();
    Op fc = op(q, "FullyConnected");
    Tensor stored = q.tensor(fc.input(2));
    double back = stored.storage().bytes().getInt(0) * (double) stored.quantization().scale(0);
    assertEquals(1000, back, 1e-3);
  }

  @Test
  void divisorsThatMayBecomeZeroStayFloat() {
    GraphBuilder b = Graph.builder("div");
    Value x = b.input("x", ElementType.FLOAT32, 1, 8);
    Value y = b.input("z", ElementType.FLOAT32, 1, 8);
    Optimized result =
        run(
            x.binary(OpKind.Binary.Function.DIV, y, Activation.NONE).output("y").build(),
            "static_wi8_ai8");
    assertEquals(Mode.FLOAT, result.layers().get(0).mode());
    assertTrue(result.layers().get(0).reason().contains("divisor"), result.layers().toString());
  }

  @Test
  void movementsBetweenFloatOpsAreLeft() {
    GraphBuilder b = Graph.builder("island");
    Graph g = b.input("x", ElementType.FLOAT32, 1, 8).reshape(2, 4).output("y").build();
    Optimized result = run(g, "static_wi8_ai8");
    assertEquals(Mode.FLOAT, result.layers().get(0).mode());
    assertEquals(1, result.graph().ops().size());
  }

  @Test
  void saysWhatBecameOfRules() {
    String fc =
        "\"operation\":\"FULLY_CONNECTED\",\"algorithm_key\":\"min_max_uniform_quantize\",\"op_config\":"
            + "{\"weight_tensor_config\":{\"num_bits\":8},\"compute_precision\":\"INTEGER\"}}";
    Recipe recipe =
        Recipe.parse(
            "notes",
            "[{\"regex\":\"nowhere\","
                + fc
                + ",{\"regex\":\".*\","
                + fc
                + ",{\"regex\":\".\","
                + fc
                + ",{\"regex\":\".*\",\"operation\":\"SOFTMAX\",\"algorithm_key\":\"min_max_uniform_quantize\","
                + "\"op_config\":{\"weight_tensor_config\":{\"num_bits\":8},\"compute_precision\":\"INTEGER\"}}]");
    List<String> notes = Optimizer.of(net()).recipe(recipe).run().notes();
    assertEquals(3, notes.size(), notes.toString());
    assertTrue(notes.get(0).contains("rule 1") && notes.get(0).contains("matches no op"));
    assertTrue(notes.get(1).contains("rule 2") && notes.get(1).contains("shadowed"));
    assertTrue(notes.get(2).contains("rule 4") && notes.get(2).contains("has no weights"));
  }

  @Test
  void expressionsWithoutEndAreErrors() {
    Recipe recipe =
        Recipe.parse(
            "slow",
            "[{\"regex\":\"^(([a-z_]+)+)+$\",\"operation\":\"*\",\"algorithm_key\":\"no_quantize\"}]");
    Graph g = net();
    Graph named = g.edit().rename(g.main().indexOf("y"), "a".repeat(60)).build();
    RuntimeException e =
        assertThrows(RuntimeException.class, () -> Optimizer.of(named).recipe(recipe).run());
    assertTrue(
        e.getMessage().contains("rule 1") && e.getMessage().contains("backtracks"), e.getMessage());
  }

  @Test
  void activationsWithoutExamplesAreAnError() {
    CalibrationException e =
        assertThrows(
            CalibrationException.class,
            () -> Optimizer.of(net()).recipe(Recipe.named("static_wi8_ai8")).run());
    assertTrue(e.getMessage().contains("--data"), e.getMessage());
  }

  @Test
  void weightsThatWereIntegersAreRecovered() {
    Random random = new Random(1);
    float[] w = new float[64];
    for (int i = 0; i < w.length; i++) {
      // Not every channel uses the whole range.
      w[i] = (random.nextInt(61) - 30) * (0.01f + 0.001f * Math.floorDiv(i, 8));
    }
    GraphBuilder b = Graph.builder("grid");
    Graph g =
        b.input("x", ElementType.FLOAT32, 1, 8)
            .fullyConnected(b.floats("w", w, 8, 8), null, Activation.NONE)
            .output("y")
            .build();
    String json =
        "[{\"regex\":\".*\",\"operation\":\"*\",\"algorithm_key\":\"dequantized_weight_recovery\",\"op_config\":"
            + "{\"weight_tensor_config\":{\"num_bits\":8,\"granularity\":\"CHANNELWISE\"},"
            + "\"compute_precision\":\"INTEGER\"}}]";
    Graph q = Optimizer.of(g).recipe(Recipe.parse("recover", json)).run().graph();
    Tensor stored = q.tensor(op(q, "FullyConnected").input(1));
    for (int i = 0; i < w.length; i++) {
      assertEquals(
          w[i], stored.storage().bytes().get(i) * stored.quantization().scale(i / 8), 1e-4f);
    }
    Optimized left = Optimizer.of(net()).recipe(Recipe.parse("recover", json)).run();
    assertTrue(left.layers().get(0).reason().contains("no scale"), left.layers().toString());
  }

  @Test
  void rulesOnInputAndOutputMakeQuantizedBorders() {
    String config =
        "\"algorithm_key\":\"min_max_uniform_quantize\",\"op_config\":{\"activation_tensor_config\":{\"num_bits\":8,"
            + "\"symmetric\":false},\"weight_tensor_config\":{\"num_bits\":8},\"compute_precision\":\"INTEGER\"}}";
    Recipe recipe =
        Recipe.parse(
            "borders",
            "[{\"regex\":\".*\",\"operation\":\"*\","
                + config
                + ",{\"regex\":\".*\",\"operation\":\"INPUT\","
                + config
                + "]");
    Optimized result = Optimizer.of(net()).recipe(recipe).examples(InputSource.random(2, 1)).run();
    Graph g = result.graph();
    assertEquals(ElementType.INT8, g.tensor(g.inputs().get(0)).type());
    assertEquals(ElementType.FLOAT32, g.tensor(g.outputs().get(0)).type());
    assertEquals(List.of(), result.notes());
  }

  @Test
  void conditionsOfRulesCount() {
    String rule =
        "{\"regex\":\".*\",\"operation\":\"*\",\"algorithm_key\":\"min_max_uniform_quantize\",\"op_config\":"
            + "{\"weight_tensor_config\":{\"num_bits\":8},\"compute_precision\":\"INTEGER\"},\"where\":";
    for (String[] c :
        new String[][] {
          {"{\"first\":1}", "0"}, {"{\"last\":1}", "4"}, {"{\"min_elements\":600}", "4"},
          {"{\"max_elements\":250}", "0"}, {"{\"subgraph\":1}", ""}, {"{\"signature\":\"s\"}", ""}
        }) {
      Optimized result =
          Optimizer.of(net()).recipe(Recipe.parse("where", "[" + rule + c[0] + "}]")).run();
      List<String> done =
          result.layers().stream()
              .filter(l -> l.mode() == Mode.DYNAMIC)
              .map(l -> String.valueOf(l.op()))
              .toList();
      assertEquals(c[1], String.join(",", done), c[0]);
    }
  }
}
