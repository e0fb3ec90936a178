// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.passes;

import static dev.sinter.graph.ElementType.FLOAT32;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.OpKind.Binary.Function;
import dev.sinter.runtime.Model;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Session;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Layer norms are found in all their forms, and compute the same when they are written anew. */
class IntegerNormsTest {
  private static final int N = 16;
  private final Random random = new Random(5);

  private float[] floats(int count, double low, double high) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (low + (high - low) * random.nextDouble());
    }
    return values;
  }

  private static Value op(Value a, Function f, Value b) {
    return a.binary(f, b, Activation.NONE);
  }

  /** A norm of x in one of the forms that converters write. */
  private Value norm(GraphBuilder b, Value x, String form, String name, double epsilon) {
    Value factor = b.floats(name + "_factor", floats(N, 0.5, 2), N);
    Value shift = b.floats(name + "_shift", floats(N, -1, 1), N);
    Value mean = x.mean(true, 2);
    Value centred = form.equals("written") ? null : op(x, Function.SUB, mean);
    Value squares =
        switch (form) {
          case "written", "difference" -> op(x, Function.SQUARED_DIFFERENCE, mean);
          case "square" -> centred.unary(OpKind.Unary.Function.SQUARE);
          case "pow" -> op(centred, Function.POW, b.floats(name + "_two", new float[] {2}));
          default -> op(centred, Function.MUL, centred);
        };
    Value v = squares.mean(true, -1);
    v = op(v, Function.ADD, b.floats(name + "_epsilon", new float[] {(float) epsilon}));
    if (form.equals("divided")) {
      return op(
          op(op(centred, Function.DIV, v.unary(OpKind.Unary.Function.SQRT)), Function.MUL, factor),
          Function.ADD,
          shift);
    }
    Value root = v.unary(OpKind.Unary.Function.RSQRT);
    if (form.equals("bare")) {
      return op(root, Function.MUL, centred);
    }
    if (form.equals("written")) {
      Value p = op(root, Function.MUL, factor);
      Value rest = op(shift, Function.SUB, op(mean, Function.MUL, p));
      return op(op(x, Function.MUL, p), Function.ADD, rest);
    }
    if (form.equals("pow")) {
      Value p = op(root, Function.MUL, factor);
      return op(op(centred, Function.MUL, p), Function.ADD, shift);
    }
    return op(op(op(centred, Function.MUL, root), Function.MUL, factor), Function.ADD, shift);
  }

  /** A sum whose third channel is far beyond the others, and a norm of it. */
  private Graph outlier(String form) {
    GraphBuilder b = Graph.builder("outlier");
    Value x = b.input("x", FLOAT32, 1, 6, N);
    float[] weights = floats(N * N, -0.3, 0.3);
    for (int i = 0; i < N; i++) {
      weights[2 * N + i] *= 40;
    }
    Value y =
        x.fullyConnected(
            b.floats("w", weights, N, N),
            b.floats("bias", floats(N, -1, 1), N),
            new OpKind.FullyConnected(Activation.NONE, true, false, false));
    return norm(b, op(x, Function.ADD, y), form, "norm", 1e-9).output("y").build();
  }

  private static List<float[]> run(Graph g, List<float[]> inputs) {
    try (Model model = Model.load(g, Options.DEFAULT);
        Session session = model.newSession()) {
      return inputs.stream()
          .map(
              input -> {
                session.setInput(0, input);
                session.run();
                return session.outputReals(0);
              })
          .toList();
    }
  }

  private IntegerNorms pass(Graph g, double copies) {
    Map<String, float[]> lowest = new HashMap<>();
    Map<String, float[]> magnitudes = new HashMap<>();
    List<float[]> inputs = inputs(g);
    for (int t : IntegerNorms.observed(g)) {
      int channels = g.tensor(t).shape().dim(2);
      float[] low = new float[channels];
      float[] most = new float[channels];
      Arrays.fill(low, Float.POSITIVE_INFINITY);
      for (float[] values : run(g.withOutputs(List.of(g.tensor(t).name())), inputs)) {
        for (int i = 0; i < values.length; i++) {
          low[i % channels] = Math.min(low[i % channels], values[i]);
          most[i % channels] = Math.max(most[i % channels], Math.abs(values[i]));
        }
      }
      lowest.put(g.tensor(t).name(), low);
      magnitudes.put(g.tensor(t).name(), most);
    }
    return new IntegerNorms(lowest, magnitudes, copies);
  }

  private List<float[]> inputs(Graph g) {
    int count = (int) g.tensor(g.inputs().get(0)).shape().elements();
    return List.of(floats(count, -2, 2), floats(count, -1, 3), floats(count, -3, 1));
  }

  private void assertSame(Graph before, Graph after) {
    List<float[]> inputs = inputs(before);
    List<float[]> expected = run(before, inputs);
    List<float[]> actual = run(after, inputs);
    for (int i = 0; i < inputs.size(); i++) {
      assertArrayEquals(expected.get(i), actual.get(i), 2e-5f);
    }
  }

  private static String kinds(Graph g) {
    return g.ops().stream().map(o -> o.kind().label()).collect(Collectors.joining(" "));
  }

  @ParameterizedTest
  @ValueSource(strings = {"written", "difference", "product", "square", "pow", "divided"})
  void everyFormIsFound(String form) {
    GraphBuilder b = Graph.builder("norms");
    Value x = b.input("x", FLOAT32, 1, 6, N);
    Value y = norm(b, x, form, "one", 1e-9);
    Graph g = norm(b, y, form, "two", 0).output("y").build();
    GraphPass.Result result = pass(g, 0.25).apply(g);
    assertEquals(2, result.done().size(), result.done().toString());
    String one = "MEAN SUB L2_NORMALIZATION MUL ADD";
    assertEquals(
        one + " " + one, kinds(result.graph()).replace("L2Normalization", "L2_NORMALIZATION"));
    assertSame(g, result.graph());
  }

  @Test
  void factorAndShiftMayBeMissing() {
    GraphBuilder b = Graph.builder("bare");
    Graph g = norm(b, b.input("x", FLOAT32, 1, 6, N), "bare", "n", 1e-9).output("y").build();
    GraphPass.Result result = pass(g, 0.25).apply(g);
    assertEquals(1, result.done().size());
    assertEquals(4, result.graph().ops().size(), kinds(result.graph()));
    assertSame(g, result.graph());
  }

  @ParameterizedTest
  @ValueSource(strings = {"written", "product"})
  void outliersAreDivided(String form) {
    Graph g = outlier(form);
    GraphPass.Result result = pass(g, 2).apply(g);
    assertTrue(result.done().get(0).contains("1 of 16 channels"), result.done().toString());
    assertSame(g, result.graph());
    Graph after = result.graph();
    int sum = -1;
    for (int t = 0; t < after.tensors().size(); t++) {
      sum = after.tensor(t).name().endsWith("/divided") && !after.tensor(t).isConstant() ? t : sum;
    }
    assertTrue(sum >= 0);
    float most = 0;
    for (float[] values :
        run(after.withOutputs(List.of(after.tensor(sum).name())), inputs(after))) {
      for (float v : values) {
        most = Math.max(most, Math.abs(v));
      }
    }
    assertTrue(most < 15, "still up to " + most);
    Graph plain = pass(g, 0).apply(g).graph();
    assertFalse(kinds(plain).contains("GATHER"), kinds(plain));
    assertSame(g, plain);
  }

  @Test
  void whatOthersReadStays() {
    GraphBuilder b = Graph.builder("read");
    Value x = b.input("x", FLOAT32, 1, 6, N);
    Value mean = x.mean(true, 2);
    Value centred = op(x, Function.SUB, mean);
    Value v = op(centred, Function.MUL, centred).mean(true, 2);
    Value y = op(centred, Function.MUL, v.unary(OpKind.Unary.Function.RSQRT));
    Graph g = op(y, Function.ADD, v).output("y").build();
    assertTrue(IntegerNorms.observed(g).isEmpty());
    Graph other = v.output("v").build();
    assertFalse(IntegerNorms.isIn(other));
    assertEquals(other, new IntegerNorms(Map.of(), Map.of(), 0.25).apply(other).graph());
  }

  @Test
  void anEpsilonThatCountsLeavesTheNorm() {
    GraphBuilder b = Graph.builder("epsilon");
    Graph g = norm(b, b.input("x", FLOAT32, 1, 6, N), "product", "n", 0.1).output("y").build();
    IntegerNorms pass = pass(g, 0.25);
    GraphPass.Result result = pass.apply(g);
    assertEquals(g, result.graph());
    assertTrue(pass.left().get(0).contains("epsilon"), pass.left().toString());
    assertThrows(IllegalArgumentException.class, () -> new IntegerNorms(Map.of(), Map.of(), -1));
  }

  @Test
  void divisorsKeepToTheirBound() {
    float[] magnitudes = {1, 220, 9, 10, 2, 60};
    int[] t = IntegerNorms.divisors(magnitudes, 96);
    int copies = 0;
    for (int d : t) {
      copies += d * d - 1;
    }
    assertTrue(copies <= 96 && t[1] > t[5] && t[5] > 1, Arrays.toString(t));
    int[] nothing = new int[8];
    Arrays.fill(nothing, 1);
    assertArrayEquals(nothing, IntegerNorms.divisors(new float[] {5, 6, 7, 4, 5, 3, 7, 6}, 2));
    assertArrayEquals(nothing, IntegerNorms.divisors(new float[8], 2));
    assertArrayEquals(nothing, IntegerNorms.divisors(new float[] {5, 600, 7, 4, 5, 3, 7, 6}, 0));
  }
}
