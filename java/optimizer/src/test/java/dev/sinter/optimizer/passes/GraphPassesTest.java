// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.passes;

import static dev.sinter.graph.ElementType.FLOAT32;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.OpKind.Binary.Function;
import dev.sinter.graph.Padding;
import dev.sinter.optimizer.reconstruct.Layer;
import dev.sinter.optimizer.weights.FloatMatrix;
import dev.sinter.runtime.Model;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Session;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every pass changes what it is meant to, and the answers stay. */
class GraphPassesTest {
  private final Random random = new Random(11);

  private float[] floats(int count, double low, double high) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (low + (high - low) * random.nextDouble());
    }
    return values;
  }

  private Value constant(GraphBuilder b, String name, int... dims) {
    int count = 1;
    for (int d : dims) {
      count *= d;
    }
    return b.floats(name, floats(count, -1, 1), dims);
  }

  private Value conv(GraphBuilder b, Value x, int out, int size, Activation a, String name) {
    int in = x.shape().dim(3);
    return x.conv2d(
        constant(b, name + "_w", out, size, size, in),
        constant(b, name + "_b", out),
        new OpKind.Conv(Padding.SAME, 1, 1, 1, 1, a));
  }

  private Value depthwise(GraphBuilder b, Value x, int multiplier, Activation a, String name) {
    int channels = x.shape().dim(3) * multiplier;
    return x.depthwise(
        constant(b, name + "_w", 1, 3, 3, channels),
        constant(b, name + "_b", channels),
        new OpKind.Depthwise(Padding.SAME, 2, 1, 1, 1, multiplier, a));
  }

  private Value binary(GraphBuilder b, Value x, Function f, String name, int... dims) {
    return x.binary(f, constant(b, name, dims), Activation.NONE);
  }

  private static float[] run(Graph g, float[] input) {
    try (Model model = Model.load(g, Options.DEFAULT);
        Session session = model.newSession()) {
      session.setInput(0, input);
      session.run();
      return session.outputReals(0);
    }
  }

  private void assertSame(Graph before, Graph after) {
    int n = (int) before.tensor(before.inputs().get(0)).shape().elements();
    for (int i = 0; i < 5; i++) {
      float[] input = floats(n, -2, 2);
      float[] expected = run(before, input);
      float most = 0;
      for (float v : expected) {
        most = Math.max(most, Math.abs(v));
      }
      assertTrue(most > 0, "all outputs are 0");
      assertArrayEquals(expected, run(after, input), 2e-5f * most);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"conv", "depthwise", "connected"})
  void batchNormsAreFolded(String kind) {
    GraphBuilder b = Graph.builder("norms");
    Value x = b.input("x", FLOAT32, 1, 6, 5, 4);
    Value y =
        switch (kind) {
          case "conv" -> conv(b, x, 6, 3, Activation.NONE, "c");
          case "depthwise" -> depthwise(b, x, 2, Activation.NONE, "c");
          default ->
              x.reshape(30, 4).fullyConnected(constant(b, "c_w", 8, 4), null, Activation.NONE);
        };
    int c = y.shape().dim(y.shape().rank() - 1);
    y = binary(b, y, Function.MUL, "factor", c);
    y = binary(b, y, Function.ADD, "shift", c);
    y = binary(b, y, Function.SUB, "one", 1);
    y = binary(b, y, Function.DIV, "divisor", c);
    Graph g = y.relu6().output("y").build();
    GraphPass.Result folded = new FoldConstants().apply(g);
    assertEquals(4, folded.done().size());
    assertSame(g, folded.graph());
    GraphPass.Result fused = new FoldActivations().apply(folded.graph());
    assertEquals(1, fused.done().size());
    assertEquals(g.ops().size() - 5, fused.graph().ops().size());
    assertSame(g, fused.graph());
  }

  @Test
  void nothingIsFoldedThatOthersSee() {
    GraphBuilder b = Graph.builder("seen");
    Value x = b.input("x", FLOAT32, 1, 6, 5, 4);
    Value c = conv(b, x, 4, 1, Activation.NONE, "c");
    Value scaled = binary(b, c, Function.MUL, "factor", 4);
    Graph g = scaled.add(c, Activation.NONE).output("y").build();
    assertTrue(new FoldConstants().apply(g).done().isEmpty());
    GraphBuilder out = Graph.builder("output");
    Value o = conv(out, out.input("x", FLOAT32, 1, 6, 5, 4), 4, 1, Activation.NONE, "c");
    o.output("also");
    Graph two = binary(out, o, Function.MUL, "factor", 4).output("y").build();
    assertTrue(new FoldConstants().apply(two).done().isEmpty());
    GraphBuilder act = Graph.builder("activation");
    Value r = conv(act, act.input("x", FLOAT32, 1, 6, 5, 4), 4, 1, Activation.RELU, "c");
    Graph relu = binary(act, r, Function.MUL, "factor", 4).output("y").build();
    assertTrue(new FoldConstants().apply(relu).done().isEmpty());
    GraphBuilder map = Graph.builder("map");
    Value m = conv(map, map.input("x", FLOAT32, 1, 6, 5, 4), 4, 1, Activation.NONE, "c");
    Graph perPixel = binary(map, m, Function.ADD, "map", 1, 6, 5, 1).output("y").build();
    assertTrue(new FoldConstants().apply(perPixel).done().isEmpty());
  }

  private Graph chain(Activation a) {
    GraphBuilder b = Graph.builder("chain");
    Value x = b.input("x", FLOAT32, 1, 6, 5, 4);
    Value y = conv(b, x, 8, 1, a, "expand");
    y = depthwise(b, y, 1, a, "depthwise");
    y = conv(b, y, 6, 1, Activation.NONE, "project");
    y = conv(b, y, 5, 3, a, "last");
    return y.output("y").build();
  }

  /** Largest magnitude of a row by that of the smallest, over all rows. */
  private static double spread(Graph g, String weights) {
    for (Layer layer : Layer.of(g)) {
      if (g.tensor(layer.weights()).name().equals(weights)) {
        FloatMatrix w = layer.matrix(g);
        double least = Double.POSITIVE_INFINITY;
        double most = 0;
        for (int o = 0; o < w.outputs(); o++) {
          double row = 0;
          for (int i = 0; i < w.inputs(); i++) {
            row = Math.max(row, Math.abs(w.get(o, i)));
          }
          least = Math.min(least, row);
          most = Math.max(most, row);
        }
        return most / least;
      }
    }
    throw new AssertionError(weights);
  }

  @Test
  void channelsAreEqualizedThroughRelu() {
    Graph g = chain(Activation.RELU);
    // Make it uneven first: equalization of an uneven model must find back.
    GraphPass.Result even = new Equalization().apply(g);
    assertEquals(3, even.done().size());
    assertSame(g, even.graph());
    double depthwise = spread(even.graph(), "depthwise_w");
    assertTrue(spread(g, "depthwise_w") != depthwise);
    GraphPass.Result again = new Equalization().apply(even.graph());
    assertEquals(depthwise, spread(again.graph(), "depthwise_w"), 0.05 * depthwise);
  }

  @Test
  void relu6IsLeftUnlessItsValuesAreKnown() {
    Graph g = chain(Activation.RELU6);
    GraphPass.Result blind = new Equalization().apply(g);
    assertEquals(1, blind.done().size()); // behind the projection, which has no activation
    assertSame(g, blind.graph());
    Map<String, float[]> maxima = new HashMap<>();
    for (int i = 0; i < 2; i++) {
      maxima.put(g.tensor(g.ops().get(i).output(0)).name(), extreme(g, i, true));
    }
    GraphPass.Result known = new Equalization(maxima).apply(g);
    assertEquals(3, known.done().size());
    assertSame(g, known.graph());
  }

  /** Per channel of an op's result, over the inputs that the tests draw, and more. */
  private float[] extreme(Graph g, int op, boolean largest) {
    String name = g.tensor(g.ops().get(op).output(0)).name();
    Graph head = g.withOutputs(List.of(name));
    float[] most = null;
    for (int i = 0; i < 300; i++) {
      int n = (int) g.tensor(g.inputs().get(0)).shape().elements();
      float[] out = run(head, floats(n, -2.2, 2.2));
      int c = g.tensor(g.ops().get(op).output(0)).shape().dim(3);
      if (most == null) {
        most = new float[c];
        Arrays.fill(most, largest ? 0 : Float.MAX_VALUE);
      }
      for (int k = 0; k < out.length; k++) {
        most[k % c] = largest ? Math.max(most[k % c], out[k]) : Math.min(most[k % c], out[k]);
      }
    }
    for (int k = 0; k < most.length; k++) {
      most[k] *= largest ? 1.2f : 0.8f;
    }
    return most;
  }

  @Test
  void biasesAreAbsorbedWhereReluCutsNothing() {
    GraphBuilder b = Graph.builder("biases");
    Value x = b.input("x", FLOAT32, 1, 6, 5, 4);
    Value first =
        x.conv2d(
            constant(b, "w", 6, 1, 1, 4),
            b.floats("bias", new float[] {9, 0, 12, -3, 10, 20}, 6),
            new OpKind.Conv(Padding.SAME, 1, 1, 1, 1, Activation.RELU));
    Value y = conv(b, first, 3, 1, Activation.NONE, "second");
    Graph g = y.output("y").build();
    float[] minima = extreme(g, 0, false);
    GraphPass.Result absorbed =
        new AbsorbBias(Map.of(g.tensor(g.ops().get(0).output(0)).name(), minima)).apply(g);
    assertEquals(1, absorbed.done().size());
    assertSame(g, absorbed.graph());
    float[] bias = Layer.of(absorbed.graph()).get(0).bias(absorbed.graph());
    assertTrue(bias[5] < 10, "20 before, " + bias[5] + " after");
    assertEquals(-3, bias[3], 0);
  }

  @Test
  void outliersGoIntoWeights() {
    GraphBuilder b = Graph.builder("norm");
    Value x = b.input("x", FLOAT32, 1, 6, 8);
    Value mean = x.mean(true, 2);
    Value variance = x.binary(Function.SQUARED_DIFFERENCE, mean, Activation.NONE).mean(true, 2);
    Value r = variance.unary(OpKind.Unary.Function.RSQRT);
    Value p = r.binary(Function.MUL, b.floats("factor", floats(8, 0.1, 50), 8), Activation.NONE);
    Value scaled = x.binary(Function.MUL, p, Activation.NONE);
    Value shift =
        constant(b, "shift", 8)
            .binary(Function.SUB, mean.binary(Function.MUL, p, Activation.NONE), Activation.NONE);
    Value norm = scaled.binary(Function.ADD, shift, Activation.NONE).named("norm");
    OpKind.FullyConnected kind = new OpKind.FullyConnected(Activation.NONE, true, false, false);
    Value q = norm.fullyConnected(constant(b, "q", 5, 8), constant(b, "qb", 5), kind);
    Value k = norm.fullyConnected(constant(b, "k", 5, 8), constant(b, "kb", 5), kind);
    Graph g = q.binary(Function.MUL, k, Activation.NONE).output("y").build();
    float[] magnitudes = floats(8, 0.1, 50);
    GraphPass.Result smooth = new SmoothInputs(Map.of("norm", magnitudes), 0.5, false).apply(g);
    assertEquals(1, smooth.done().size());
    assertEquals(g.ops().size(), smooth.graph().ops().size());
    assertSame(g, smooth.graph());
    // A sum that also reads the input keeps what it read; a MUL takes the factors.
    GraphBuilder c = Graph.builder("residual");
    Value z = c.input("x", FLOAT32, 1, 6, 8);
    Value inner = z.binary(Function.MUL, z, Activation.NONE).named("norm");
    Value f = inner.fullyConnected(constant(c, "q", 8, 8), constant(c, "qb", 8), kind);
    Graph residual = f.add(inner, Activation.NONE).output("y").build();
    SmoothInputs none = new SmoothInputs(Map.of("norm", magnitudes), 0.5, false);
    assertTrue(none.apply(residual).done().isEmpty());
    GraphPass.Result by = new SmoothInputs(Map.of("norm", magnitudes), 0.5, true).apply(residual);
    assertEquals(residual.ops().size() + 1, by.graph().ops().size());
    assertSame(residual, by.graph());
  }
}
