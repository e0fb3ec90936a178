// Random products and pools in the types other than int8 and float, the same for the same seed.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Constant;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Padding;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Storage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;

/** Makes models of one op: what is made depends on the kind and the seed alone. */
final class RandomProducts {
  /** An op in a family of types. */
  enum Kind {
    CONV_U8,
    CONV_1X1_U8,
    DEPTHWISE_U8,
    FULLY_CONNECTED_U8,
    AVERAGE_POOL_U8,
    MAX_POOL_U8,
    CONV_S16,
    CONV_1X1_S16,
    DEPTHWISE_S16,
    FULLY_CONNECTED_S16,
    AVERAGE_POOL_S16,
    MAX_POOL_S16,
    TRANSPOSE_CONV_F32,
    TRANSPOSE_CONV_S8,
    TRANSPOSE_CONV_U8,
    TRANSPOSE_CONV_S16,
    FULLY_CONNECTED_F32_S8,
    FULLY_CONNECTED_F32_S4,
    FULLY_CONNECTED_S8_S4,
    FULLY_CONNECTED_F32_F16,
    CONV_F32_F16
  }

  private static final Activation[] ACTIVATIONS = {
    Activation.NONE, Activation.NONE, Activation.RELU, Activation.RELU6, Activation.RELU_N1_TO_1
  };

  private final Random random;
  private final GraphBuilder b;
  private final ElementType type;
  private final boolean wide;
  private final boolean halves;
  private int names;

  private RandomProducts(Kind kind, long seed) {
    random = new Random(seed * 37 + kind.name().hashCode());
    b = Graph.builder(kind + "-" + seed);
    String name = kind.name();
    type =
        name.endsWith("_U8")
            ? ElementType.UINT8
            : (name.endsWith("_S8") && !name.contains("F32")) || name.endsWith("S8_S4")
                ? ElementType.INT8
                : name.contains("_F32") ? ElementType.FLOAT32 : ElementType.INT16;
    halves = name.endsWith("_F16");
    wide = type == ElementType.INT16;
    random.nextInt();
  }

  static Graph make(Kind kind, long seed) {
    RandomProducts made = new RandomProducts(kind, seed);
    return made.model(kind).output("y").build();
  }

  private Value model(Kind kind) {
    return switch (kind) {
      case CONV_U8, CONV_S16 -> conv(1 + random.nextInt(5), 1 + random.nextInt(5));
      case CONV_1X1_U8, CONV_1X1_S16 -> conv(1, 1);
      case DEPTHWISE_U8, DEPTHWISE_S16 -> depthwise();
      case FULLY_CONNECTED_U8, FULLY_CONNECTED_S16 -> fullyConnected();
      case FULLY_CONNECTED_F32_S8, FULLY_CONNECTED_F32_S4, FULLY_CONNECTED_S8_S4 -> mixed(kind);
      case FULLY_CONNECTED_F32_F16 -> fullyConnected();
      case CONV_F32_F16 -> conv(1 + random.nextInt(3), 1 + random.nextInt(3));
      case TRANSPOSE_CONV_F32, TRANSPOSE_CONV_S8, TRANSPOSE_CONV_U8, TRANSPOSE_CONV_S16 ->
          transposeConv();
      case AVERAGE_POOL_U8, AVERAGE_POOL_S16 -> pool(OpKind.Pool.Mode.AVERAGE);
      case MAX_POOL_U8, MAX_POOL_S16 -> pool(OpKind.Pool.Mode.MAX);
    };
  }

  private String name(String stem) {
    return stem + names++;
  }

  private int size(int usual) {
    return random.nextInt(6) == 0 ? 1 + random.nextInt(4 * usual) : 1 + random.nextInt(usual);
  }

  private int zero() {
    return switch (type) {
      case UINT8 -> random.nextInt(256);
      case INT8 -> random.nextInt(256) - 128;
      default -> 0;
    };
  }

  private Value input(int... dims) {
    if (type == ElementType.FLOAT32) {
      return b.input(name("x"), type, dims);
    }
    Quantization q =
        Quantization.perTensor((float) Math.exp(-5 + 1.4 * random.nextGaussian()), zero());
    return b.input(name("x"), type, q, dims);
  }

  private Value image() {
    return input(1 + random.nextInt(2), size(12), size(12), size(20));
  }

  private static float scale(Value v) {
    return v.tensor().quantization().scale();
  }

  /** Per tensor, or of int16 products with one scale per slice of an axis. */
  private Value weights(int axis, int... dims) {
    if (type == ElementType.FLOAT32) {
      return real("w", dims);
    }
    byte[] bytes = new byte[Arrays.stream(dims).reduce(1, Math::multiplyExact)];
    random.nextBytes(bytes);
    float scale = (float) Math.exp(-6 + random.nextGaussian());
    Constant values =
        new Constant.Dense(
            wide ? ElementType.INT8 : type, Shape.of(dims), Storage.wrap(ByteBuffer.wrap(bytes)));
    if (type == ElementType.UINT8 || axis < 0) {
      return b.constant(name("w"), values, Quantization.perTensor(scale, zero()));
    }
    float[] scales = new float[dims[axis]];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = scale * (float) Math.exp(0.5 * random.nextGaussian());
    }
    return b.constant(name("w"), values, Quantization.perAxis(axis, scales));
  }

  private Value bias(int channels, Value input, Value weights, int depth) {
    if (type == ElementType.FLOAT32) {
      return real("bias", channels);
    }
    ByteBuffer bytes = ByteBuffer.allocate(8 * channels).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < channels; i++) {
      double value = random.nextGaussian() * 3000 * Math.sqrt(depth);
      if (wide) {
        bytes.putLong((long) (value * 256));
      } else {
        bytes.putInt((int) value);
      }
    }
    Constant values =
        new Constant.Dense(
            wide ? ElementType.INT64 : ElementType.INT32,
            Shape.of(channels),
            Storage.wrap(bytes.flip()));
    float[] scales = weights.tensor().quantization().scales();
    for (int i = 0; i < scales.length; i++) {
      scales[i] *= scale(input);
    }
    return b.constant(
        name("bias"),
        values,
        scales.length == 1
            ? Quantization.perTensor(scales[0], 0)
            : Quantization.perAxis(0, scales));
  }

  /**
   * A scale with which sums of depth products fill the range of the type and sometimes leave it.
   */
  private Value scaled(Value out, Value input, Value weights, int depth) {
    if (type == ElementType.FLOAT32) {
      return out;
    }
    double spread = scale(input) * scale(weights) * Math.sqrt(depth) * 5400;
    return out.quantized((float) (spread / (30 + random.nextInt(100))), zero());
  }

  private Activation activation() {
    return ACTIVATIONS[random.nextInt(ACTIVATIONS.length)];
  }

  private int stride(Padding padding, int window) {
    int stride = random.nextBoolean() ? 1 : 1 + random.nextInt(3);
    return padding == Padding.SAME ? Math.min(stride, window) : stride;
  }

  private Value conv(int height, int width) {
    Value x = image();
    int h = Math.min(height, x.shape().dim(1));
    int w = Math.min(width, x.shape().dim(2));
    int dilation = random.nextInt(4) == 0 ? 2 : 1;
    boolean fits = (h - 1) * dilation < x.shape().dim(1) && (w - 1) * dilation < x.shape().dim(2);
    Padding padding = random.nextBoolean() || !fits ? Padding.SAME : Padding.VALID;
    int channels = x.shape().dim(3);
    int out = size(20);
    Value weights = weights(0, out, h, w, channels);
    Value bias = bias(out, x, weights, h * w * channels);
    int strideH = stride(padding, (h - 1) * dilation + 1);
    int strideW = stride(padding, (w - 1) * dilation + 1);
    OpKind.Conv kind = new OpKind.Conv(padding, strideH, strideW, dilation, dilation, activation());
    return scaled(x.conv2d(weights, bias, kind), x, weights, h * w * channels);
  }

  private Value depthwise() {
    Value x = image();
    int h = Math.min(1 + random.nextInt(5), x.shape().dim(1));
    int w = Math.min(1 + random.nextInt(5), x.shape().dim(2));
    int dilation = random.nextInt(4) == 0 ? 2 : 1;
    boolean fits = (h - 1) * dilation < x.shape().dim(1) && (w - 1) * dilation < x.shape().dim(2);
    Padding padding = random.nextBoolean() || !fits ? Padding.SAME : Padding.VALID;
    int multiplier = random.nextInt(3) == 0 ? 1 + random.nextInt(3) : 1;
    int out = x.shape().dim(3) * multiplier;
    int stride =
        Math.min(stride(padding, (h - 1) * dilation + 1), stride(padding, (w - 1) * dilation + 1));
    Value weights = weights(3, 1, h, w, out);
    Value bias = bias(out, x, weights, h * w);
    OpKind.Depthwise kind =
        new OpKind.Depthwise(padding, stride, stride, dilation, dilation, multiplier, activation());
    return scaled(x.depthwise(weights, bias, kind), x, weights, h * w);
  }

  private Value fullyConnected() {
    int depth = size(100);
    int units = size(60);
    Value x = input(1 + random.nextInt(6), depth);
    Value weights = weights(random.nextBoolean() ? 0 : -1, units, depth);
    Value bias = random.nextInt(4) == 0 ? null : bias(units, x, weights, depth);
    OpKind.FullyConnected kind = new OpKind.FullyConnected(activation(), false, false, false);
    return scaled(x.fullyConnected(weights, bias, kind), x, weights, depth);
  }

  /** A fully connected layer whose weights have fewer bits than its activations. */
  private Value mixed(Kind kind) {
    boolean four = kind.name().endsWith("_S4");
    int depth = four ? 2 * size(50) : size(100);
    int units = 1 + size(60);
    boolean keepDims = random.nextInt(3) == 0;
    Value x =
        keepDims
            ? input(1 + random.nextInt(3), 1 + random.nextInt(5), depth)
            : input(1 + random.nextInt(6), depth);
    byte[] bytes = new byte[four ? units * depth / 2 : units * depth];
    random.nextBytes(bytes);
    float[] scales = new float[four || random.nextBoolean() ? units : 1];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = (float) Math.exp(-5 + 0.5 * random.nextGaussian());
    }
    Quantization q =
        scales.length == 1 ? Quantization.perTensor(scales[0], 0) : Quantization.perAxis(0, scales);
    Constant values =
        new Constant.Dense(
            four ? ElementType.INT4 : ElementType.INT8,
            Shape.of(units, depth),
            Storage.wrap(ByteBuffer.wrap(bytes)));
    Value weights = b.constant(name("w"), values, q);
    Value bias = random.nextInt(4) == 0 ? null : bias(units, x, weights, four ? 1 : depth);
    OpKind.FullyConnected op = new OpKind.FullyConnected(activation(), keepDims, false, false);
    Value y = x.fullyConnected(weights, bias, op);
    return type == ElementType.FLOAT32
        ? y
        : y.quantized(
            (float) (scale(x) * scales[0] * Math.sqrt(depth) * 340 / (30 + random.nextInt(100))),
            zero());
  }

  /** Float constants, or halves behind the op that widens them. */
  private Value real(String stem, int... dims) {
    float[] values = floats(Arrays.stream(dims).reduce(1, Math::multiplyExact));
    if (!halves) {
      return b.floats(name(stem), values, dims);
    }
    ByteBuffer bytes = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < values.length; i++) {
      // Any pattern of a number between 2^-6 and 2^2.
      bytes.putShort(
          (short)
              ((9 + random.nextInt(8)) << 10
                  | random.nextInt(1 << 10)
                  | (random.nextBoolean() ? 0x8000 : 0)));
    }
    Constant constant =
        new Constant.Dense(ElementType.FLOAT16, Shape.of(dims), Storage.wrap(bytes.flip()));
    return b.op(
        new OpKind.Dequantize(),
        ElementType.FLOAT32,
        Quantization.NONE,
        b.constant(name(stem), constant, Quantization.NONE));
  }

  private float[] floats(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private Value transposeConv() {
    Value x = input(1 + random.nextInt(2), size(6), size(8), size(20));
    int h = 1 + random.nextInt(5);
    int w = 1 + random.nextInt(5);
    int strideH = 1 + random.nextInt(Math.min(3, h));
    int strideW = 1 + random.nextInt(Math.min(3, w));
    Padding padding = random.nextBoolean() ? Padding.SAME : Padding.VALID;
    int inH = x.shape().dim(1);
    int inW = x.shape().dim(2);
    int outH = padding == Padding.SAME ? inH * strideH : (inH - 1) * strideH + h;
    int outW = padding == Padding.SAME ? inW * strideW : (inW - 1) * strideW + w;
    int channels = x.shape().dim(3);
    int out = size(20);
    Value shape =
        b.int32(name("shape"), new int[] {x.shape().dim(0), outH, outW, out}, Quantization.NONE, 4);
    Value weights = weights(0, out, h, w, channels);
    Value bias = random.nextInt(4) == 0 ? null : bias(out, x, weights, h * w * channels);
    OpKind.TransposeConv kind =
        new OpKind.TransposeConv(padding, strideH, strideW, Activation.NONE);
    Value y =
        bias == null
            ? b.op(kind, type, Quantization.NONE, shape, weights, x)
            : b.op(kind, type, Quantization.NONE, shape, weights, x, bias);
    return scaled(y, x, weights, h * w * channels / strideH / strideW);
  }

  private Value pool(OpKind.Pool.Mode mode) {
    Value x = image();
    int h = Math.min(1 + random.nextInt(5), x.shape().dim(1));
    int w = Math.min(1 + random.nextInt(5), x.shape().dim(2));
    Padding padding = random.nextBoolean() ? Padding.SAME : Padding.VALID;
    int strideH = random.nextInt(2) + 1;
    int strideW = random.nextInt(3) + 1;
    return x.pool(new OpKind.Pool(mode, padding, strideH, strideW, h, w, activation()))
        .quantized(scale(x), (int) x.tensor().quantization().zeroPoint());
  }
}
