// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.reconstruct;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Padding;
import dev.sinter.optimizer.weights.CrossMoments;
import dev.sinter.optimizer.weights.FloatMatrix;
import dev.sinter.optimizer.weights.MomentMath;
import dev.sinter.runtime.Model;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Session;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows times weights are what the runtime makes of a layer. */
class WindowsTest {
  private static final Random RANDOM = new Random(3);

  private static Value constant(GraphBuilder b, String name, int... dims) {
    int count = Arrays.stream(dims).reduce(1, (x, y) -> x * y);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) RANDOM.nextGaussian();
    }
    return b.floats(name, values, dims);
  }

  static List<Graph> graphs() {
    return List.of(
        conv(5, 3, 3, 4, 4, new OpKind.Conv(Padding.SAME, 1, 1, 1, 1, Activation.NONE)),
        conv(5, 3, 2, 4, 4, new OpKind.Conv(Padding.VALID, 2, 1, 1, 2, Activation.NONE)),
        conv(6, 2, 3, 4, 2, new OpKind.Conv(Padding.SAME, 2, 2, 2, 1, Activation.NONE)),
        depthwise(1, new OpKind.Depthwise(Padding.SAME, 2, 1, 1, 1, 1, Activation.NONE)),
        depthwise(3, new OpKind.Depthwise(Padding.VALID, 1, 1, 1, 2, 3, Activation.NONE)),
        connected(),
        product(false),
        product(true),
        leftProduct(false, false),
        leftProduct(true, true));
  }

  private static Graph conv(int out, int h, int w, int in, int each, OpKind.Conv kind) {
    GraphBuilder b = Graph.builder("conv");
    Value x = b.input("x", ElementType.FLOAT32, 2, 7, 6, in);
    return x.conv2d(constant(b, "w", out, h, w, each), constant(b, "b", out), kind)
        .output("y")
        .build();
  }

  private static Graph depthwise(int multiplier, OpKind.Depthwise kind) {
    GraphBuilder b = Graph.builder("depthwise");
    Value x = b.input("x", ElementType.FLOAT32, 1, 7, 6, 4);
    int out = 4 * multiplier;
    return x.depthwise(constant(b, "w", 1, 3, 2, out), constant(b, "b", out), kind)
        .output("y")
        .build();
  }

  private static Graph connected() {
    GraphBuilder b = Graph.builder("connected");
    Value x = b.input("x", ElementType.FLOAT32, 3, 10);
    return x.fullyConnected(constant(b, "w", 4, 10), constant(b, "b", 4), Activation.NONE)
        .output("y")
        .build();
  }

  private static Graph product(boolean adjoint) {
    GraphBuilder b = Graph.builder("product");
    Value x = b.input("x", ElementType.FLOAT32, 2, 3, 10);
    Value w = adjoint ? constant(b, "w", 1, 4, 10) : constant(b, "w", 1, 10, 4);
    return x.batchMatMul(w, false, adjoint).output("y").build();
  }

  private static Graph leftProduct(boolean adjointW, boolean adjointX) {
    GraphBuilder b = Graph.builder("left");
    Value w = adjointW ? constant(b, "w", 10, 4) : constant(b, "w", 4, 10);
    return w.batchMatMul(
            b.input("x", ElementType.FLOAT32, adjointX ? new int[] {3, 10} : new int[] {10, 3}),
            adjointW,
            adjointX)
        .output("y")
        .build();
  }

  static List<Graph> batches() {
    int[][][] leading = {{{2}, {2}}, {{}, {3}}, {{3}, {}}, {{2, 3}, {3}}, {{3}, {2, 1}}};
    List<Graph> out = new ArrayList<>();
    for (int[][] lead : leading) {
      for (int flags = 0; flags < 8; flags++) {
        boolean adjointX = (flags & 1) != 0;
        boolean adjointY = (flags & 2) != 0;
        boolean left = (flags & 4) != 0;
        GraphBuilder b = Graph.builder("batches");
        int[] x = shape(lead[0], adjointX ? 7 : 5, adjointX ? 5 : 7);
        int[] y = shape(lead[1], adjointY ? 4 : 7, adjointY ? 7 : 4);
        Value first = left ? constant(b, "w", x) : b.input("x", ElementType.FLOAT32, x);
        Value second = left ? b.input("x", ElementType.FLOAT32, y) : constant(b, "w", y);
        out.add(first.batchMatMul(second, adjointX, adjointY).output("y").build());
      }
    }
    return out;
  }

  private static int[] shape(int[] lead, int rows, int columns) {
    int[] out = Arrays.copyOf(lead, lead.length + 2);
    out[lead.length] = rows;
    out[lead.length + 1] = columns;
    return out;
  }

  /** Sums of squares tell whether the right rows meet the right matrix, in whatever order. */
  @ParameterizedTest
  @MethodSource("batches")
  void matricesOfProductsMeetTheirRows(Graph g) {
    Layer layer = Layer.all(g).get(0);
    Windows windows = new Windows(layer, g.tensor(layer.input()).shape(), Integer.MAX_VALUE);
    float[] x = new float[(int) g.tensor(layer.input()).shape().elements()];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) RANDOM.nextGaussian();
    }
    double expected = 0;
    try (Model model = Model.load(g, Options.DEFAULT);
        Session session = model.newSession()) {
      session.setInput(0, x);
      session.run();
      for (float v : session.outputReals(0)) {
        expected += (double) v * v;
      }
    }
    float[] rows = new float[windows.size()];
    windows.take(x, rows);
    PairSums sums = new PairSums(layer.groups(), layer.inputs());
    sums.add(rows, rows, windows.rows());
    FloatMatrix w = layer.matrix(g);
    double actual = MomentMath.power(w, sums.moments().quantized()) * windows.rows();
    assertEquals(expected, actual, 1e-4 * expected);
    assertEquals(g.constant(layer.weights()).values(), layer.constant(w).values());
  }

  @ParameterizedTest
  @MethodSource("graphs")
  void rowsTimesWeightsAreTheResult(Graph g) {
    Layer layer = Layer.all(g).get(0);
    Windows windows = new Windows(layer, g.tensor(layer.input()).shape(), Integer.MAX_VALUE);
    float[] x = new float[(int) g.tensor(layer.input()).shape().elements()];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) RANDOM.nextGaussian();
    }
    float[] expected;
    try (Model model = Model.load(g, Options.DEFAULT);
        Session session = model.newSession()) {
      session.setInput(0, x);
      session.run();
      expected = session.outputReals(0);
    }
    float[] rows = new float[windows.size()];
    windows.take(x, rows);
    FloatMatrix w = layer.matrix(g);
    float[] bias = layer.bias(g);
    float[] actual = new float[windows.rows() * w.outputs()];
    for (int r = 0; r < windows.rows(); r++) {
      for (int o = 0; o < w.outputs(); o++) {
        int group = o * layer.groups() / w.outputs();
        double sum = bias == null ? 0 : bias[o];
        for (int i = 0; i < w.inputs(); i++) {
          int at = (group * windows.rows() + r) * w.inputs() + i;
          sum += (double) w.get(o, i) * rows[at];
        }
        actual[layer.left() ? o * windows.rows() + r : r * w.outputs() + o] = (float) sum;
      }
    }
    assertEquals(expected.length, actual.length);
    assertArrayEquals(expected, actual, 1e-4f);
    // Weights come back as they lay.
    assertEquals(
        g.constant(layer.weights()).values(), layer.constant(w).values(), "order of weights");
  }

  @Test
  void fewRowsAreSpreadOverTheInput() {
    Graph g = connected();
    Windows windows = new Windows(Layer.of(g).get(0), g.tensor(0).shape(), 1);
    float[] x = new float[30];
    Arrays.fill(x, 10, 20, 1);
    float[] rows = new float[windows.size()];
    windows.take(x, rows);
    float[] ones = new float[10];
    Arrays.fill(ones, 1);
    assertArrayEquals(ones, rows);
  }

  @Test
  void sumsOfPairsAreSumsOfProducts() {
    for (int[] size : new int[][] {{1, 40, 2500}, {1, 5, 30}, {3, 9, 70}}) {
      int groups = size[0];
      int n = size[1];
      int count = size[2];
      PairSums sums = new PairSums(groups, n);
      double[] xz = new double[groups * n * n];
      double[] zz = new double[groups * n * n];
      double[] x = new double[groups * n];
      for (int part = 0; part < 2; part++) {
        float[] a = new float[groups * count * n];
        float[] b = new float[a.length];
        for (int i = 0; i < a.length; i++) {
          a[i] = (float) RANDOM.nextGaussian() + 1;
          b[i] = (float) RANDOM.nextGaussian() - 1;
        }
        sums.add(a, b, count);
        for (int g = 0; g < groups; g++) {
          for (int r = 0; r < count; r++) {
            for (int i = 0; i < n; i++) {
              int at = (g * count + r) * n;
              x[g * n + i] += a[at + i];
              for (int j = 0; j < n; j++) {
                xz[(g * n + i) * n + j] += (double) a[at + i] * b[at + j];
                zz[(g * n + i) * n + j] += (double) b[at + i] * b[at + j];
              }
            }
          }
        }
      }
      CrossMoments m = sums.moments();
      assertEquals(2L * count, m.quantized().rows());
      assertArrayEquals(x, m.sums(), 1e-3 * count);
      assertArrayEquals(xz, m.products(), 2e-5 * count);
      assertArrayEquals(zz, m.quantized().products(), 2e-5 * count);
    }
  }
}
