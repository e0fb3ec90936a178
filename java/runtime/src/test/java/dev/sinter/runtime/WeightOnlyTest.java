// Weights that a file stores in few bits stay so, and give what their floats give.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Constant;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.HalfFloat;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Padding;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Storage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WeightOnlyTest {
  private static final int OUT = 70;
  private static final int IN = 130;

  /** One fully connected layer whose weights come through DEQUANTIZE. */
  private static Graph layer(ElementType type, ByteBuffer stored, Quantization q, int rows) {
    GraphBuilder b = Graph.builder("weights of " + type);
    GraphBuilder.Value x = b.input("x", ElementType.FLOAT32, rows, IN);
    GraphBuilder.Value w =
        b.op(
            new OpKind.Dequantize(),
            ElementType.FLOAT32,
            Quantization.NONE,
            b.constant("w", new Constant.Dense(type, Shape.of(OUT, IN), Storage.wrap(stored)), q));
    return x.fullyConnected(w, null, Activation.RELU).output("y").build();
  }

  private static float[] run(Graph graph, float[] x, Options options, long mostBytes) {
    try (Model model = Model.load(graph, options);
        Session session = model.newSession()) {
      long bytes = session.report().packedBytes();
      assertTrue(bytes <= mostBytes, bytes + " bytes of weights");
      session.input(0).asFloatBuffer().put(x);
      session.run();
      float[] y = new float[x.length / IN * OUT];
      session.output(0).asFloatBuffer().get(y);
      return y;
    }
  }

  private static void check(
      ElementType type, ByteBuffer stored, Quantization q, float[] w, double bytesPerWeight) {
    for (int rows : new int[] {1, 4, 9}) {
      Random random = new Random(rows);
      float[] x = new float[rows * IN];
      for (int i = 0; i < x.length; i++) {
        x[i] = random.nextFloat() * 2 - 1;
      }
      // Halves may be widened where the products of some rows cost more than reading twice the
      // bytes.
      double stays = type == ElementType.FLOAT16 && rows > 1 ? 4 : bytesPerWeight;
      // 70 outputs are packed as 80, each with constants of its own.
      long most = (long) (80 * (IN + 6) * stays) + 80 * 12 + 64 + 64;
      float[] y = run(layer(type, stored, q, rows), x, Options.DEFAULT, most);
      for (int r = 0; r < rows; r++) {
        for (int o = 0; o < OUT; o++) {
          double sum = 0;
          double magnitude = 0;
          for (int i = 0; i < IN; i++) {
            double product = (double) x[r * IN + i] * w[o * IN + i];
            sum += product;
            magnitude += Math.abs(product);
          }
          assertEquals(Math.max(0, sum), y[r * OUT + o], (IN + 6) * magnitude / (1 << 23));
        }
      }
    }
    checkConvolution(type, stored, q, w, bytesPerWeight);
  }

  /** The same weights as those of a convolution of 2 x 1, of images of 65 channels. */
  private static float[] convolve(
      ElementType type, ByteBuffer values, Quantization q, Options options, long mostBytes) {
    GraphBuilder b = Graph.builder("convolution by " + type);
    GraphBuilder.Value x = b.input("x", ElementType.FLOAT32, 1, 9, 8, IN / 2);
    Shape shape = Shape.of(OUT, 2, 1, IN / 2);
    GraphBuilder.Value w =
        b.constant("w", new Constant.Dense(type, shape, Storage.wrap(values)), q);
    if (type != ElementType.FLOAT32) {
      w = b.op(new OpKind.Dequantize(), ElementType.FLOAT32, Quantization.NONE, w);
    }
    OpKind.Conv kind = new OpKind.Conv(Padding.SAME, 1, 1, 1, 1, Activation.RELU);
    try (Model model = Model.load(x.conv2d(w, null, kind).output("y").build(), options);
        Session session = model.newSession()) {
      long bytes = session.report().packedBytes();
      assertTrue(bytes <= mostBytes, bytes + " bytes of weights");
      FloatBuffer in = session.input(0).asFloatBuffer();
      Random random = new Random(5);
      while (in.hasRemaining()) {
        in.put(random.nextFloat() * 2 - 1);
      }
      session.run();
      float[] y = new float[9 * 8 * OUT];
      session.output(0).asFloatBuffer().get(y);
      return y;
    }
  }

  private static void checkConvolution(
      ElementType type, ByteBuffer stored, Quantization q, float[] w, double bytesPerWeight) {
    ByteBuffer floats = ByteBuffer.allocate(4 * w.length).order(ByteOrder.LITTLE_ENDIAN);
    float largest = 0;
    for (float weight : w) {
      floats.putFloat(weight);
      largest = Math.max(largest, Math.abs(weight));
    }
    floats.flip();
    for (boolean bf16 : new boolean[] {false, true}) {
      Options options = Options.builder().bf16(bf16).build();
      boolean widens = bf16 || type == ElementType.FLOAT16;
      long few = widens ? 1_000_000 : (long) (80 * IN * bytesPerWeight) + 5 * (2 * 64 + 64) + 64;
      float[] expected =
          convolve(ElementType.FLOAT32, floats, Quantization.NONE, options, 1_000_000);
      float[] actual = convolve(type, stored, q, options, few);
      // Floats' bfloat16 have eight digits; int8 is exact, and its scale is not rounded.
      double error = bf16 && type == ElementType.INT8 ? 1.0 / 512 : (IN + 6.0) / (1 << 23);
      for (int i = 0; i < expected.length; i++) {
        assertEquals(expected[i], actual[i], error * IN * largest);
      }
    }
  }

  @Test
  void bytes() {
    ByteBuffer stored = ByteBuffer.allocate(OUT * IN);
    float[] scales = new float[OUT];
    float[] w = new float[OUT * IN];
    for (int i = 0; i < w.length; i++) {
      scales[i / IN] = 0.01f + 0.001f * (i / IN % 7);
      stored.put(i, (byte) (i * 37));
      w[i] = scales[i / IN] * stored.get(i);
    }
    check(ElementType.INT8, stored, Quantization.perAxis(0, scales), w, 1);
  }

  @Test
  void nibbles() {
    ByteBuffer stored = ByteBuffer.allocate(OUT * IN / 2);
    float[] w = new float[OUT * IN];
    for (int i = 0; i < w.length; i++) {
      int value = i * 5 % 16 - 8;
      stored.put(i / 2, (byte) (stored.get(i / 2) | (value & 15) << (i % 2 * 4)));
      w[i] = 0.25f * value;
    }
    check(ElementType.INT4, stored, Quantization.perTensor(0.25f, 0), w, 0.5);
  }

  @Test
  void halves() {
    ByteBuffer stored = ByteBuffer.allocate(2 * OUT * IN).order(ByteOrder.LITTLE_ENDIAN);
    float[] w = new float[OUT * IN];
    for (int i = 0; i < w.length; i++) {
      short half = HalfFloat.ofFloat((i * 31 % 101 - 50) / 64f);
      stored.putShort(2 * i, half);
      w[i] = HalfFloat.toFloat(half);
    }
    check(ElementType.FLOAT16, stored, Quantization.NONE, w, 2);
    // With bfloat16 they are rounded further: half the distance of floats with eight digits.
    float[] x = new float[IN];
    x[3] = 1;
    Options bf16 = Options.builder().bf16(true).build();
    float[] y = run(layer(ElementType.FLOAT16, stored, Quantization.NONE, 1), x, bf16, 100_000);
    for (int o = 0; o < OUT; o++) {
      float exact = Math.max(0, w[o * IN + 3]);
      assertEquals(exact, y[o], exact / 256);
    }
  }
}
