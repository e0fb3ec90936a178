// Models of the builder, one per op: TensorFlow Lite takes and runs them.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph.tflite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Constant;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Padding;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class BuilderTest {
  private static final Activation NONE = Activation.NONE;
  private final Random random = new Random(5);

  private float[] floats(int n) {
    float[] f = new float[n];
    for (int i = 0; i < n; i++) {
      f[i] = (float) random.nextGaussian();
    }
    return f;
  }

  private byte[] bytes(int n) {
    byte[] b = new byte[n];
    for (int i = 0; i < n; i++) {
      b[i] = (byte) (random.nextInt(255) - 127);
    }
    return b;
  }

  private int[] ints(int n) {
    return random.ints(n, -1000, 1000).toArray();
  }

  private Quantization channels(int axis, int n) {
    float[] s = new float[n];
    for (int i = 0; i < n; i++) {
      s[i] = 0.01f + 0.01f * random.nextFloat();
    }
    return Quantization.perAxis(axis, s);
  }

  /** Runs a model in TensorFlow Lite; returns its outputs. */
  private static List<byte[]> run(Graph g) {
    byte[] file = TfliteWriter.toBytes(g);
    TfliteOracle.Result r = TfliteOracle.run(file, 3);
    assertEquals(null, r.refused(), g.name());
    Graph read = TfliteReader.read(file);
    assertEquals(g.main(), read.main(), g.name());
    List<Shape> shapes = read.inferShapes(java.util.Map.of());
    for (int i = 0; i < g.outputs().size(); i++) {
      int t = g.outputs().get(i);
      assertEquals(g.tensor(t).shape(), shapes.get(t), g.name());
      long bytes = g.tensor(t).type().bytes(shapes.get(t).elements());
      assertEquals(
          bytes,
          r.outputs().get(i).length,
          g.name() + ": TensorFlow Lite has another output shape");
    }
    return r.outputs();
  }

  private DynamicTest test(
      String name, ElementType type, int[] shape, Function<Value, Value> layer) {
    return DynamicTest.dynamicTest(
        name + " " + type,
        () -> {
          GraphBuilder b = Graph.builder(name);
          Quantization q =
              type == ElementType.INT8 ? Quantization.perTensor(0.05f, 3) : Quantization.NONE;
          run(layer.apply(b.input("x", type, q, shape)).output("y").build());
        });
  }

  /** The same layer on float and int8. */
  private void both(List<DynamicTest> out, String name, int[] shape, Function<Value, Value> layer) {
    out.add(test(name, ElementType.FLOAT32, shape, layer));
    out.add(test(name, ElementType.INT8, shape, layer));
  }

  private static boolean isInt8(Value x) {
    return x.tensor().type() == ElementType.INT8;
  }

  private static GraphBuilder owner(Value x) {
    return x.owner();
  }

  private Value weights(Value x, int axis, int... shape) {
    int n = (int) Shape.of(shape).elements();
    return isInt8(x)
        ? owner(x).int8("w", bytes(n), channels(axis, shape[axis]), shape)
        : owner(x).floats("w", floats(n), shape);
  }

  private Value bias(Value x, Value w, int n) {
    return isInt8(x) ? owner(x).bias("b", ints(n), x, w) : owner(x).floats("b", floats(n), n);
  }

  private static Value scaled(Value y) {
    return isInt8(y) ? y.quantized(0.1f, -5) : y;
  }

  private Value conv(Value x, OpKind.Conv kind, int... shape) {
    Value w = weights(x, 0, shape);
    return scaled(x.conv2d(w, bias(x, w, shape[0]), kind));
  }

  private Value depthwise(Value x, OpKind.Depthwise kind, int... shape) {
    Value w = weights(x, 3, shape);
    return scaled(x.depthwise(w, bias(x, w, shape[3]), kind));
  }

  @TestFactory
  List<DynamicTest> everyOpRuns() {
    List<DynamicTest> t = new ArrayList<>();
    int[] image = {1, 9, 7, 8};
    OpKind.Conv same = new OpKind.Conv(Padding.SAME, 1, 1, 1, 1, Activation.RELU);
    both(t, "conv 1x1", image, x -> conv(x, same, 16, 1, 1, 8));
    both(
        t,
        "conv 3x3 stride 2",
        image,
        x -> conv(x, new OpKind.Conv(Padding.SAME, 2, 2, 1, 1, NONE), 5, 3, 3, 8));
    both(
        t,
        "conv valid dilated",
        image,
        x -> conv(x, new OpKind.Conv(Padding.VALID, 1, 1, 2, 3, NONE), 4, 3, 2, 8));
    both(t, "conv groups", image, x -> conv(x, same, 6, 3, 3, 4));
    both(
        t,
        "conv uneven stride",
        image,
        x -> conv(x, new OpKind.Conv(Padding.SAME, 1, 2, 1, 1, Activation.RELU6), 4, 3, 3, 8));
    both(
        t,
        "depthwise",
        image,
        x ->
            depthwise(
                x,
                new OpKind.Depthwise(Padding.SAME, 1, 1, 1, 1, 1, Activation.RELU6),
                1,
                3,
                3,
                8));
    both(
        t,
        "depthwise multiplier",
        image,
        x -> depthwise(x, new OpKind.Depthwise(Padding.VALID, 2, 2, 1, 1, 2, NONE), 1, 3, 3, 16));
    both(
        t,
        "depthwise dilated",
        image,
        x -> depthwise(x, new OpKind.Depthwise(Padding.SAME, 1, 1, 2, 2, 1, NONE), 1, 3, 3, 8));
    both(
        t,
        "fully connected",
        new int[] {3, 20},
        x -> {
          Value w = weights(x, 0, 10, 20);
          return scaled(x.fullyConnected(w, bias(x, w, 10), Activation.RELU));
        });
    both(
        t,
        "fully connected no bias",
        new int[] {1, 20},
        x -> scaled(x.fullyConnected(weights(x, 0, 7, 20), null, NONE)));
    both(
        t,
        "fully connected keep dims",
        new int[] {2, 3, 20},
        x -> {
          Value w = weights(x, 0, 10, 20);
          return scaled(
              x.fullyConnected(
                  w, bias(x, w, 10), new OpKind.FullyConnected(NONE, true, false, false)));
        });
    both(t, "batch matmul", new int[] {2, 3, 4}, x -> scaled(x.batchMatMul(x, false, true)));
    both(
        t,
        "batch matmul constant",
        new int[] {2, 3, 4},
        x -> {
          Value y =
              isInt8(x)
                  ? owner(x).int8("c", bytes(20), Quantization.perTensor(0.02f, 0), 4, 5)
                  : owner(x).floats("c", floats(20), 4, 5);
          return scaled(x.batchMatMul(y, false, false));
        });
    both(t, "average pool", image, x -> x.averagePool(3, 2, Padding.SAME));
    both(t, "max pool", image, x -> x.maxPool(2, 2, Padding.VALID));
    both(t, "mean", image, x -> x.mean(true, 1, 2));
    both(t, "mean drop", image, x -> scaled(x.mean(false, 1, 2)));
    both(t, "sum", image, x -> scaled(x.reduce(OpKind.Reduce.Function.SUM, false, -1)));
    both(t, "reduce max", image, x -> x.reduce(OpKind.Reduce.Function.MAX, true, 2));
    both(t, "reduce min", image, x -> x.reduce(OpKind.Reduce.Function.MIN, false, 1, 2));
    both(t, "softmax", new int[] {2, 10}, x -> x.softmax());
    both(
        t,
        "log softmax",
        new int[] {2, 10},
        x -> {
          Value y = x.owner().op(new OpKind.LogSoftmax(), x.tensor().type(), Quantization.NONE, x);
          return isInt8(y) ? y.quantized(16 / 256f, 127) : y;
        });
    both(t, "relu", image, Value::relu);
    both(t, "relu6", image, Value::relu6);
    both(t, "relu n1 to 1", image, x -> x.activate(OpKind.Activate.Function.RELU_N1_TO_1));
    both(t, "logistic", image, x -> x.activate(OpKind.Activate.Function.LOGISTIC));
    both(t, "tanh", image, x -> x.activate(OpKind.Activate.Function.TANH));
    both(t, "hard swish", image, x -> scaled(x.activate(OpKind.Activate.Function.HARD_SWISH)));
    both(t, "elu", image, x -> scaled(x.activate(OpKind.Activate.Function.ELU)));
    both(t, "leaky relu", image, x -> scaled(x.leakyRelu(0.1f)));
    both(t, "gelu", image, x -> scaled(x.gelu(false)));
    both(
        t,
        "prelu",
        image,
        x -> {
          Value slopes =
              isInt8(x)
                  ? owner(x).int8("a", bytes(8), Quantization.perTensor(0.01f, 0), 1, 1, 8)
                  : owner(x).floats("a", floats(8), 1, 1, 8);
          return scaled(x.prelu(slopes));
        });
    both(t, "pad", image, x -> x.pad(0, 0, 1, 2, 3, 0, 0, 1));
    both(t, "mirror pad", image, x -> x.pad(OpKind.Pad.Mode.REFLECT, 0, 0, 1, 2, 3, 0, 0, 0));
    both(
        t,
        "pad with",
        image,
        x -> {
          Value v =
              isInt8(x)
                  ? owner(x).int8("v", new byte[] {9}, x.tensor().quantization())
                  : owner(x).floats("v", new float[] {9});
          return x.padWith(v, 0, 0, 1, 1, 1, 1, 0, 0);
        });
    both(t, "reshape", image, x -> x.reshape(1, -1, 4));
    both(t, "squeeze", image, x -> x.squeeze(0));
    both(t, "expand dims", new int[] {3, 4}, x -> x.expandDims(1));
    both(t, "transpose", image, x -> x.transpose(0, 3, 1, 2));
    both(t, "concat", image, x -> x.concat(3, x, x));
    both(t, "concat rows", image, x -> x.concat(-3, x));
    for (OpKind.Binary.Function f :
        List.of(
            OpKind.Binary.Function.ADD,
            OpKind.Binary.Function.SUB,
            OpKind.Binary.Function.MUL,
            OpKind.Binary.Function.MAXIMUM,
            OpKind.Binary.Function.MINIMUM)) {
      both(
          t,
          f.name(),
          image,
          x -> {
            Value y = x.binary(f, x, NONE);
            return f.name().endsWith("IMUM") ? y : scaled(y);
          });
    }
    both(
        t,
        "squared difference",
        image,
        x -> {
          Value c =
              isInt8(x)
                  ? owner(x).int8("c", bytes(8), x.tensor().quantization(), 8)
                  : owner(x).floats("c", floats(8), 8);
          return scaled(x.binary(OpKind.Binary.Function.SQUARED_DIFFERENCE, c, NONE));
        });
    both(
        t,
        "add broadcast relu",
        image,
        x -> {
          Value c =
              isInt8(x)
                  ? owner(x).int8("c", bytes(8), Quantization.perTensor(0.03f, 1), 8)
                  : owner(x).floats("c", floats(8), 1, 1, 1, 8);
          return scaled(x.add(c, Activation.RELU));
        });
    both(t, "less", image, x -> x.binary(OpKind.Binary.Function.LESS, x, NONE));
    for (OpKind.Unary.Function f :
        List.of(
            OpKind.Unary.Function.ABS,
            OpKind.Unary.Function.NEG,
            OpKind.Unary.Function.EXP,
            OpKind.Unary.Function.SQUARE,
            OpKind.Unary.Function.FLOOR,
            OpKind.Unary.Function.CEIL,
            OpKind.Unary.Function.ROUND,
            OpKind.Unary.Function.SIN,
            OpKind.Unary.Function.COS,
            OpKind.Unary.Function.RSQRT,
            OpKind.Unary.Function.SQRT,
            OpKind.Unary.Function.SIGN)) {
      t.add(test(f.name(), ElementType.FLOAT32, image, x -> x.unary(f)));
    }
    t.add(
        test(
            "DIV", ElementType.FLOAT32, image, x -> x.binary(OpKind.Binary.Function.DIV, x, NONE)));
    t.add(
        test(
            "l2 normalization",
            ElementType.FLOAT32,
            image,
            x ->
                x.owner()
                    .op(
                        new OpKind.L2Normalization(NONE),
                        ElementType.FLOAT32,
                        Quantization.NONE,
                        x)));
    t.add(
        test("quantize", ElementType.FLOAT32, image, x -> x.quantize(ElementType.INT8, 0.05f, 3)));
    t.add(
        test("requantize", ElementType.INT8, image, x -> x.quantize(ElementType.INT8, 0.07f, -3)));
    t.add(test("dequantize", ElementType.INT8, image, x -> x.dequantize()));
    t.add(
        test("to uint8", ElementType.INT8, image, x -> x.quantize(ElementType.UINT8, 0.05f, 131)));
    return t;
  }

  private byte[] blockSparse(int rows, int columns) {
    byte[] w = new byte[rows * columns];
    for (int r = 0; r < rows; r += 4) {
      for (int c = 0; c < columns; c += 4) {
        if (random.nextInt(5) == 0) {
          for (int i = 0; i < 16; i++) {
            w[(r + i / 4) * columns + c + i % 4] = (byte) (random.nextInt(254) - 127);
          }
        }
      }
    }
    return w;
  }

  @Test
  void sparseWeightsGiveWhatDenseOnesGive() {
    byte[] w = blockSparse(64, 48);
    Quantization q = channels(0, 64);
    int[] bias = ints(64);
    List<List<byte[]>> results = new ArrayList<>();
    List<Graph> graphs = new ArrayList<>();
    for (boolean sparse : new boolean[] {false, true}) {
      GraphBuilder b = Graph.builder("sparse " + sparse);
      Value x = b.input("x", ElementType.INT8, Quantization.perTensor(0.05f, 3), 2, 48);
      Constant.Dense dense = GraphBuilder.dense(w, 64, 48);
      Value weights = sparse ? b.sparse("w", dense, q, 4, 4) : b.constant("w", dense, q);
      Graph g =
          x.fullyConnected(weights, b.bias("b", bias, x, weights), NONE)
              .quantized(0.1f, -5)
              .output("y")
              .build();
      results.add(run(g));
      graphs.add(g);
    }
    for (int i = 0; i < results.get(0).size(); i++) {
      assertArrayEquals(results.get(0).get(i), results.get(1).get(i));
    }
    Graph g = TfliteReader.read(TfliteWriter.toBytes(graphs.get(1)));
    int weights = g.ops().get(1).input(1);
    Constant.Sparse stored = (Constant.Sparse) g.storedForm(weights);
    assertEquals(List.of(0, 1, 2, 3), stored.sparsity().traversalOrder());
    assertEquals(List.of(0, 1), stored.sparsity().blockMap());
    byte[] values = new byte[w.length];
    g.constant(weights).values().get(values);
    assertArrayEquals(w, values);
    assertTrue(stored.storage().size() < w.length / 2);
  }

  @Test
  void sparseFloatConvolutionRuns() {
    float[] w = floats(8 * 3 * 3 * 4);
    for (int i = 0; i < w.length; i++) {
      w[i] = i % 3 == 0 ? w[i] : 0;
    }
    GraphBuilder b = Graph.builder("sparse conv");
    Value x = b.input("x", ElementType.FLOAT32, 1, 8, 8, 4);
    Value weights = b.sparse("w", GraphBuilder.dense(w, 8, 3, 3, 4), Quantization.NONE, 1, 1, 1, 1);
    run(x.conv2d(weights, b.floats("b", floats(8), 8), 1, Padding.SAME, NONE).output("y").build());
  }

  @Test
  void mistakesAreNamed() {
    GraphBuilder b = Graph.builder("wrong");
    Value x = b.input("x", ElementType.FLOAT32, 1, 8, 8, 4);
    Value w = b.floats("w", floats(8 * 9 * 3), 8, 3, 3, 3);
    GraphException e =
        assertThrows(GraphException.class, () -> x.conv2d(w, null, 1, Padding.SAME, NONE));
    assertTrue(
        e.getMessage().contains("[8, 3, 3, 3]") && e.getMessage().contains("[1, 8, 8, 4]"),
        e.getMessage());
    assertThrows(GraphException.class, b::build);
    assertThrows(GraphException.class, () -> b.floats("short", floats(3), 4));
    Value i = b.input("i", ElementType.INT8, Quantization.perTensor(1, 0), 1, 4);
    GraphBuilder unquantized = i.add(i, NONE).output("o");
    assertTrue(
        assertThrows(GraphException.class, unquantized::build)
            .getMessage()
            .contains("quantized()"));
  }
}
