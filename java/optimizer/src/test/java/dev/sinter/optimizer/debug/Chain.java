// A chain of fully connected layers as a float model and as an int8 one, with faults on demand.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.Quantization;
import dev.sinter.optimizer.data.InputSlots;
import dev.sinter.optimizer.data.InputSource;
import java.nio.ByteOrder;
import java.util.Random;

/**
 * Five layers of 24 wide ReLUs; weights and inputs drawn from a seed. The int8 form is calibrated
 * on its own inputs, weights per output channel, as the usual converters do it.
 */
public final class Chain {
  static final int LAYERS = 5;
  static final int WIDTH = 24;

  final float[][] weights = new float[LAYERS][WIDTH * WIDTH]; // [out][in]
  final float[][] bias = new float[LAYERS][WIDTH];
  final double[] scaleFactor = new double[LAYERS]; // what a layer's output scale is multiplied by
  final boolean[] perTensor = new boolean[LAYERS];
  String prefix = "layer"; // of the int8 model's names
  float softmax; // above 0: a softmax of so many times the last layer's result is the output
  boolean floatEnds; // QUANTIZE and DEQUANTIZE at the ends of the int8 model
  private final Random random;

  /** Draws the weights. */
  public Chain(long seed) {
    random = new Random(seed);
    for (int l = 0; l < LAYERS; l++) {
      for (int i = 0; i < weights[l].length; i++) {
        weights[l][i] = (float) (random.nextGaussian() / Math.sqrt(WIDTH) * 1.4);
      }
      for (int i = 0; i < WIDTH; i++) {
        bias[l][i] = (float) (random.nextGaussian() * 0.1);
      }
      scaleFactor[l] = 1;
    }
  }

  /** Makes an output channel of a layer so many times as large, weights and bias. */
  void widen(int layer, int channel, float factor) {
    for (int i = 0; i < WIDTH; i++) {
      weights[layer][channel * WIDTH + i] *= factor;
    }
    bias[layer][channel] *= factor;
  }

  static float[] example(int index) {
    Random r = new Random(1000 + index);
    float[] x = new float[WIDTH];
    for (int i = 0; i < WIDTH; i++) {
      x[i] = (float) r.nextGaussian();
    }
    return x;
  }

  /** Examples that are always the same. */
  public static InputSource examples(int count) {
    return source(count, -1);
  }

  /** Examples, one of which holds something that is no number; -1 for none. */
  public static InputSource source(int count, int broken) {
    return graph ->
        new InputSource.Feed() {
          @Override
          public int runs() {
            return count;
          }

          @Override
          public void fill(int run, InputSlots... all) {
            float[] x = example(run);
            if (run == broken) {
              x[3] = Float.NaN;
            }
            for (InputSlots slots : all) {
              slots.input(0).order(ByteOrder.nativeOrder()).asFloatBuffer().put(x);
            }
          }
        };
  }

  /** The float model. */
  public Graph floats() {
    GraphBuilder b = Graph.builder("float");
    Value x = b.input("x", ElementType.FLOAT32, 1, WIDTH);
    for (int l = 0; l < LAYERS; l++) {
      x =
          x.fullyConnected(
                  b.floats("w" + l, weights[l], WIDTH, WIDTH),
                  b.floats("b" + l, bias[l], WIDTH),
                  activation(l))
              .named("layer" + l);
    }
    return (softmax > 0 ? x.softmax(softmax).named("probabilities") : x).output().build();
  }

  private static Activation activation(int layer) {
    return layer == LAYERS - 1 ? Activation.NONE : Activation.RELU;
  }

  private float[] compute(int layer, float[] x) {
    float[] y = new float[WIDTH];
    for (int o = 0; o < WIDTH; o++) {
      float sum = bias[layer][o];
      for (int i = 0; i < WIDTH; i++) {
        sum += weights[layer][o * WIDTH + i] * x[i];
      }
      y[o] = layer == LAYERS - 1 ? sum : Math.max(0, sum);
    }
    return y;
  }

  /** The int8 model. */
  public Graph int8() {
    float[] low = new float[LAYERS + 1];
    float[] high = new float[LAYERS + 1];
    for (int e = 0; e < 64; e++) {
      float[] x = example(e);
      for (int l = 0; l <= LAYERS; l++) {
        for (float v : x) {
          low[l] = Math.min(low[l], v);
          high[l] = Math.max(high[l], v);
        }
        x = l < LAYERS ? compute(l, x) : x;
      }
    }
    GraphBuilder b = Graph.builder("int8");
    float scale = (high[0] - low[0]) / 255;
    int zero = zero(low[0], scale);
    Value x =
        floatEnds
            ? b.input("x", ElementType.FLOAT32, 1, WIDTH).quantize(ElementType.INT8, scale, zero)
            : b.input("x", ElementType.INT8, Quantization.perTensor(scale, zero), 1, WIDTH);
    for (int l = 0; l < LAYERS; l++) {
      Value w = weights(b, l);
      int[] stored = new int[WIDTH];
      for (int o = 0; o < WIDTH; o++) {
        stored[o] =
            (int) Math.round(bias[l][o] / ((double) scale * w.tensor().quantization().scale(o)));
      }
      Value in = x;
      scale = (float) ((high[l + 1] - low[l + 1]) / 255 * scaleFactor[l]);
      x =
          in.fullyConnected(w, b.bias("b" + l, stored, in, w), activation(l))
              .quantized(scale, scaleFactor[l] == 1 ? zero(low[l + 1], scale) : -128)
              .named(prefix + l);
    }
    if (softmax > 0) {
      x = x.softmax(softmax).quantized(1f / 256, -128).named("probabilities");
    }
    return (floatEnds ? x.dequantize().named("out") : x).output().build();
  }

  private static int zero(float low, float scale) {
    return Math.max(-128, Math.min(127, Math.round(-128 - low / scale)));
  }

  private Value weights(GraphBuilder b, int layer) {
    float[] scales = new float[WIDTH];
    float most = 0;
    for (int o = 0; o < WIDTH; o++) {
      float m = 1e-9f;
      for (int i = 0; i < WIDTH; i++) {
        m = Math.max(m, Math.abs(weights[layer][o * WIDTH + i]));
      }
      scales[o] = m / 127;
      most = Math.max(most, m);
    }
    byte[] stored = new byte[WIDTH * WIDTH];
    for (int i = 0; i < stored.length; i++) {
      float s = perTensor[layer] ? most / 127 : scales[i / WIDTH];
      stored[i] = (byte) Math.round(weights[layer][i] / s);
    }
    Quantization q =
        perTensor[layer] ? Quantization.perTensor(most / 127, 0) : Quantization.perAxis(0, scales);
    return b.int8("w" + layer, stored, q, WIDTH, WIDTH);
  }
}
