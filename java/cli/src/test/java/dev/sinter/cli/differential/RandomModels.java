// Random models of one or a few ops, the same for the same seed.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Padding;
import dev.sinter.graph.Quantization;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Makes models: what is made depends on the kind and the seed alone. */
final class RandomModels {
  /** The ops, each in int8 and f32 where it has both. */
  enum Kind {
    CONV_F32,
    CONV_S8,
    CONV_1X1_S8,
    CONV_GROUPS_F32,
    CONV_GROUPS_S8,
    DEPTHWISE_F32,
    DEPTHWISE_S8,
    FULLY_CONNECTED_F32,
    FULLY_CONNECTED_S8,
    BATCH_MATMUL_F32,
    BATCH_MATMUL_S8,
    ADD_F32,
    ADD_S8,
    AVERAGE_POOL_F32,
    AVERAGE_POOL_S8,
    MAX_POOL_F32,
    MAX_POOL_S8,
    MEAN_F32,
    MEAN_S8,
    SOFTMAX_F32,
    SOFTMAX_S8,
    RELU_F32,
    RELU_S8,
    PAD_F32,
    PAD_S8,
    RESHAPE_F32,
    RESHAPE_S8,
    CONCAT_F32,
    CONCAT_S8,
    QUANTIZE_F32_S8,
    QUANTIZE_S8_S8,
    DEQUANTIZE_S8_F32,
    CHAIN_F32,
    CHAIN_S8;

    boolean isInteger() {
      return name().endsWith("_S8");
    }
  }

  private static final Activation[] ACTIVATIONS = {
    Activation.NONE, Activation.NONE, Activation.RELU, Activation.RELU6, Activation.RELU_N1_TO_1
  };

  private final Random random;
  private final GraphBuilder b;
  private final boolean s8;
  private int names;

  private RandomModels(Kind kind, long seed) {
    this.random = new Random(seed * 31 + kind.name().hashCode());
    this.s8 = kind.isInteger();
    this.b = Graph.builder(kind + "-" + seed);
    random.nextInt();
  }

  static Graph make(Kind kind, long seed) {
    return new RandomModels(kind, seed).model(kind);
  }

  private Graph model(Kind kind) {
    switch (kind) {
      case CONV_F32, CONV_S8 -> {
        return done(conv(image(), 1 + random.nextInt(5), 1 + random.nextInt(5), 1));
      }
      case CONV_1X1_S8 -> {
        return done(conv(image(), 1, 1, 1));
      }
      case CONV_GROUPS_F32, CONV_GROUPS_S8 -> {
        int groups = 2 + random.nextInt(3);
        return done(
            conv(
                input(1, size(12), size(12), groups * size(8)),
                1 + random.nextInt(3),
                1 + random.nextInt(3),
                groups));
      }
      case DEPTHWISE_F32, DEPTHWISE_S8 -> {
        return done(depthwise(image(), 1 + random.nextInt(5), 1 + random.nextInt(5)));
      }
      case FULLY_CONNECTED_F32, FULLY_CONNECTED_S8 -> {
        return done(fullyConnected());
      }
      case BATCH_MATMUL_F32, BATCH_MATMUL_S8 -> {
        return done(batchMatMul());
      }
      case ADD_F32, ADD_S8 -> {
        return done(addition());
      }
      case AVERAGE_POOL_F32, AVERAGE_POOL_S8 -> {
        return done(pool(image(), OpKind.Pool.Mode.AVERAGE));
      }
      case MAX_POOL_F32, MAX_POOL_S8 -> {
        return done(pool(image(), OpKind.Pool.Mode.MAX));
      }
      case MEAN_F32, MEAN_S8 -> {
        return done(mean());
      }
      case SOFTMAX_F32, SOFTMAX_S8 -> {
        return done(inputOfRank(1 + random.nextInt(4)).softmax());
      }
      case RELU_F32, RELU_S8 -> {
        return done(relu(inputOfRank(1 + random.nextInt(4))));
      }
      case PAD_F32, PAD_S8 -> {
        return done(pad(inputOfRank(1 + random.nextInt(4))));
      }
      case RESHAPE_F32, RESHAPE_S8 -> {
        return done(reshape());
      }
      case CONCAT_F32, CONCAT_S8 -> {
        return done(concat());
      }
      case QUANTIZE_F32_S8 -> {
        Quantization q = quantization();
        Value floats = b.input(name("x"), ElementType.FLOAT32, dims(1 + random.nextInt(4)));
        return done(floats.quantize(ElementType.INT8, q.scale(), (int) q.zeroPoint()));
      }
      case QUANTIZE_S8_S8 -> {
        Value x = inputOfRank(1 + random.nextInt(4));
        float ratio = (float) Math.exp(random.nextGaussian());
        return done(x.quantize(ElementType.INT8, scale(x) * ratio, zero()));
      }
      case DEQUANTIZE_S8_F32 -> {
        return done(
            b.input(name("x"), ElementType.INT8, quantization(), dims(1 + random.nextInt(4)))
                .dequantize());
      }
      default -> {
        return done(chain());
      }
    }
  }

  private static Graph done(Value v) {
    return v.output("y").build();
  }

  private String name(String stem) {
    return stem + names++;
  }

  /** Mostly small, sometimes larger: tails of every length, and a few full vectors. */
  private int size(int usual) {
    return random.nextInt(6) == 0 ? 1 + random.nextInt(4 * usual) : 1 + random.nextInt(usual);
  }

  private int[] dims(int rank) {
    int[] dims = new int[rank];
    for (int d = 0; d < rank; d++) {
      dims[d] = d == rank - 1 ? size(40) : 1 + random.nextInt(6);
    }
    return dims;
  }

  private int zero() {
    return random.nextInt(5) == 0 ? (random.nextBoolean() ? -128 : 0) : random.nextInt(256) - 128;
  }

  private Quantization quantization() {
    return Quantization.perTensor((float) Math.exp(-5 + 2 * random.nextGaussian() * 0.7), zero());
  }

  private Value input(int... dims) {
    return s8
        ? b.input(name("x"), ElementType.INT8, quantization(), dims)
        : b.input(name("x"), ElementType.FLOAT32, dims);
  }

  private Value inputOfRank(int rank) {
    return input(dims(rank));
  }

  private Value image() {
    return input(1 + random.nextInt(2), size(12), size(12), size(20));
  }

  private static float scale(Value v) {
    return v.tensor().quantization().scale();
  }

  private byte[] bytes(int count) {
    byte[] out = new byte[count];
    for (int i = 0; i < count; i++) {
      out[i] = (byte) (random.nextInt(255) - 127);
    }
    return out;
  }

  private float[] floats(int count, double spread) {
    float[] out = new float[count];
    for (int i = 0; i < count; i++) {
      out[i] = (float) (random.nextGaussian() * spread);
    }
    return out;
  }

  private static int product(int... dims) {
    return Arrays.stream(dims).reduce(1, Math::multiplyExact);
  }

  /** Weights with one scale per slice of an axis, or one for all. */
  private Value weights(int axis, boolean perTensor, int... dims) {
    int count = product(dims);
    if (!s8) {
      return b.floats(name("w"), floats(count, 0.5), dims);
    }
    float base = (float) Math.exp(-6 + random.nextGaussian());
    float[] scales = new float[perTensor ? 1 : dims[axis]];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = base * (float) Math.exp(0.5 * random.nextGaussian());
    }
    Quantization q =
        perTensor ? Quantization.perTensor(scales[0], 0) : Quantization.perAxis(axis, scales);
    return b.int8(name("w"), bytes(count), q, dims);
  }

  /** TFLite has fully connected layers without a bias, but no convolutions. */
  private Value biasOrNone(int channels, Value input, Value weights, int depth) {
    return random.nextInt(4) == 0 ? null : bias(channels, input, weights, depth);
  }

  private Value bias(int channels, Value input, Value weights, int depth) {
    if (!s8) {
      return b.floats(name("bias"), floats(channels, 1), channels);
    }
    int[] values = new int[channels];
    for (int i = 0; i < channels; i++) {
      values[i] = (int) (random.nextGaussian() * 3000 * Math.sqrt(depth));
    }
    return b.bias(name("bias"), values, input, weights);
  }

  /** A scale with which sums of depth products fill the range of int8 and sometimes leave it. */
  private Value scaled(Value out, Value input, Value weights, int depth) {
    if (!s8) {
      return out;
    }
    double spread = scale(input) * scale(weights) * Math.sqrt(depth) * 5400;
    return out.quantized((float) (spread / (30 + random.nextInt(100))), zero());
  }

  private Activation activation() {
    return ACTIVATIONS[random.nextInt(ACTIVATIONS.length)];
  }

  private int stride() {
    return random.nextBoolean() ? 1 : 1 + random.nextInt(3);
  }

  /**
   * Keeps a stride within the window. Where SAME padding leaves pixels over, the XNNPACK of TFLite
   * 2.21 pads by an underflown number (mended in XNNPACK in July 2026): its results are no oracle
   * there. 1x1 kernels are not struck.
   */
  private static int within(int stride, int height, int width, int window) {
    return height * width == 1 ? stride : Math.min(stride, window);
  }

  private Value conv(Value x, int height, int width, int groups) {
    int h = Math.min(height, x.shape().dim(1));
    int w = Math.min(width, x.shape().dim(2));
    int dilation = random.nextInt(4) == 0 ? 2 : 1;
    boolean fits = (h - 1) * dilation < x.shape().dim(1) && (w - 1) * dilation < x.shape().dim(2);
    Padding padding = random.nextBoolean() || !fits ? Padding.SAME : Padding.VALID;
    int channels = x.shape().dim(3) / groups;
    int out = groups * size(20);
    Value weights = weights(0, false, out, h, w, channels);
    Value bias = bias(out, x, weights, h * w * channels);
    int strideH =
        padding == Padding.SAME ? within(stride(), h, w, (h - 1) * dilation + 1) : stride();
    int strideW =
        padding == Padding.SAME ? within(stride(), h, w, (w - 1) * dilation + 1) : stride();
    OpKind.Conv kind = new OpKind.Conv(padding, strideH, strideW, dilation, dilation, activation());
    return scaled(x.conv2d(weights, bias, kind), x, weights, h * w * channels);
  }

  private Value depthwise(Value x, int height, int width) {
    int h = Math.min(height, x.shape().dim(1));
    int w = Math.min(width, x.shape().dim(2));
    int dilation = random.nextInt(4) == 0 ? 2 : 1;
    boolean fits = (h - 1) * dilation < x.shape().dim(1) && (w - 1) * dilation < x.shape().dim(2);
    Padding padding = random.nextBoolean() || !fits ? Padding.SAME : Padding.VALID;
    int multiplier = random.nextInt(3) == 0 ? 1 + random.nextInt(3) : 1;
    int out = x.shape().dim(3) * multiplier;
    // TFLite's depthwise kernels take one stride for both ways.
    int stride = stride();
    if (padding == Padding.SAME) {
      stride = within(within(stride, h, w, (h - 1) * dilation + 1), h, w, (w - 1) * dilation + 1);
    }
    Value weights = weights(3, false, 1, h, w, out);
    Value bias = bias(out, x, weights, h * w);
    OpKind.Depthwise kind =
        new OpKind.Depthwise(padding, stride, stride, dilation, dilation, multiplier, activation());
    return scaled(x.depthwise(weights, bias, kind), x, weights, h * w);
  }

  private Value fullyConnected() {
    int depth = size(100);
    int units = size(60);
    boolean keepDims = random.nextInt(3) == 0;
    Value x =
        keepDims
            ? input(1 + random.nextInt(3), 1 + random.nextInt(5), depth)
            : input(1 + random.nextInt(6), depth);
    Value weights = weights(0, random.nextBoolean(), units, depth);
    Value bias = biasOrNone(units, x, weights, depth);
    OpKind.FullyConnected kind = new OpKind.FullyConnected(activation(), keepDims, false, false);
    return scaled(x.fullyConnected(weights, bias, kind), x, weights, depth);
  }

  private Value batchMatMul() {
    int[] batch =
        random.nextInt(3) == 0
            ? new int[] {1 + random.nextInt(3), 1 + random.nextInt(3)}
            : new int[] {1 + random.nextInt(4)};
    int m = size(16);
    int k = size(50);
    int n = size(30);
    boolean adjointX = random.nextInt(4) == 0;
    boolean adjointY = random.nextBoolean();
    Value x = input(with(batch, adjointX ? k : m, adjointX ? m : k));
    int[] right = with(batch, adjointY ? n : k, adjointY ? k : n);
    // The delegate of TFLite 2.21 takes no notice of a zero point of the right side (later ones
    // leave such ops to
    // TFLite's own kernels): only 0 has one right answer.
    Quantization q = Quantization.perTensor(quantization().scale(), 0);
    Value y =
        random.nextInt(3) == 0
            ? weights(0, true, right)
            : s8 ? b.input(name("x"), ElementType.INT8, q, right) : input(right);
    return scaled(x.batchMatMul(y, adjointX, adjointY), x, y, k);
  }

  private static int[] with(int[] batch, int rows, int columns) {
    int[] dims = Arrays.copyOf(batch, batch.length + 2);
    dims[batch.length] = rows;
    dims[batch.length + 1] = columns;
    return dims;
  }

  private Value addition() {
    int[] dims = dims(1 + random.nextInt(4));
    int[] other = dims.clone();
    if (random.nextInt(3) == 0) {
      // Broadcasting: some dimensions of one side are 1, or leading ones are missing.
      for (int d = 0; d < other.length; d++) {
        other[d] = random.nextBoolean() ? 1 : other[d];
      }
      other = Arrays.copyOfRange(other, random.nextInt(other.length), other.length);
    }
    Value x = input(dims);
    Value y;
    if (random.nextInt(4) == 0) {
      y =
          s8
              ? b.int8(name("c"), bytes(product(other)), quantization(), other)
              : b.floats(name("c"), floats(product(other), 1), other);
    } else {
      y = input(other);
    }
    Value sum = random.nextBoolean() ? x.add(y, activation()) : y.add(x, activation());
    if (s8) {
      double range = Math.max(scale(x), scale(y));
      // Both inputs within 2^-10 .. 2^8 of the output, as XNNPACK wants it.
      sum.quantized((float) (range * Math.exp(random.nextGaussian() * 0.7 + 0.3)), zero());
    }
    return sum;
  }

  private Value pool(Value x, OpKind.Pool.Mode mode) {
    int h = Math.min(1 + random.nextInt(5), x.shape().dim(1));
    int w = Math.min(1 + random.nextInt(5), x.shape().dim(2));
    Padding padding = random.nextBoolean() ? Padding.SAME : Padding.VALID;
    return x.pool(new OpKind.Pool(mode, padding, stride(), stride(), h, w, activation()));
  }

  private Value mean() {
    Value x;
    int[] axes;
    if (random.nextInt(3) != 0) {
      x = image();
      axes = new int[] {1, 2};
    } else {
      int rank = 1 + random.nextInt(4);
      x = inputOfRank(rank);
      List<Integer> chosen = new ArrayList<>();
      for (int d = 0; d < rank; d++) {
        if (random.nextBoolean()) {
          chosen.add(random.nextInt(4) == 0 ? d - rank : d);
        }
      }
      axes =
          chosen.isEmpty()
              ? new int[] {rank - 1}
              : chosen.stream().mapToInt(Integer::intValue).toArray();
    }
    Value mean = x.mean(random.nextBoolean(), axes);
    if (s8 && random.nextBoolean()) {
      mean.quantized(scale(x) * (float) (0.2 + random.nextDouble()), zero());
    }
    return mean;
  }

  private Value relu(Value x) {
    OpKind.Activate.Function[] functions = {
      OpKind.Activate.Function.RELU,
      OpKind.Activate.Function.RELU6,
      OpKind.Activate.Function.RELU_N1_TO_1
    };
    Value out = x.activate(functions[random.nextInt(functions.length)]);
    if (s8 && random.nextInt(3) == 0) {
      out.quantized(scale(x) * (float) (0.3 + random.nextDouble()), zero());
    }
    return out;
  }

  private Value pad(Value x) {
    int[] paddings = new int[2 * x.shape().rank()];
    for (int i = 0; i < paddings.length; i++) {
      paddings[i] = random.nextInt(3);
    }
    return x.pad(paddings);
  }

  private Value reshape() {
    int a = 1 + random.nextInt(5);
    int c = 1 + random.nextInt(5);
    int d = size(20);
    Value x = input(a, c, d);
    return switch (random.nextInt(4)) {
      case 0 -> x.reshape(a * c, d);
      case 1 -> x.reshape(-1);
      case 2 -> x.reshape(d, c, 1, a);
      default -> x.reshape(a, -1);
    };
  }

  private Value concat() {
    int rank = 1 + random.nextInt(4);
    int axis = random.nextInt(rank);
    int[] dims = dims(rank);
    Value first = input(dims);
    Value[] others = new Value[1 + random.nextInt(3)];
    for (int i = 0; i < others.length; i++) {
      int[] own = dims.clone();
      own[axis] = 1 + random.nextInt(8);
      others[i] =
          s8
              ? b.input(name("x"), ElementType.INT8, first.tensor().quantization(), own)
              : input(own);
    }
    return first.concat(random.nextBoolean() ? axis : axis - rank, others);
  }

  /**
   * A small network: what fusion, layouts, the memory plan and tails of several ops do together.
   */
  private Value chain() {
    Value x = input(1, 4 + random.nextInt(10), 4 + random.nextInt(10), size(8));
    int steps = 2 + random.nextInt(5);
    for (int i = 0; i < steps; i++) {
      x = step(x);
    }
    if (random.nextBoolean()) {
      x = x.mean(random.nextBoolean(), 1, 2);
      if (random.nextBoolean() && x.shape().rank() == 2) {
        int depth = x.shape().dim(1);
        int units = size(12);
        Value weights = weights(0, true, units, depth);
        Value bias = biasOrNone(units, x, weights, depth);
        x = scaled(x.fullyConnected(weights, bias, Activation.NONE), x, weights, depth);
      }
    }
    return x;
  }

  private Value step(Value x) {
    switch (random.nextInt(7)) {
      case 0 -> {
        return conv(x, 1, 1, 1);
      }
      case 1 -> {
        return conv(x, 3, 3, 1);
      }
      case 2 -> {
        return depthwise(x, 3, 3);
      }
      case 3 -> {
        Value branch = conv(x, 1, 1, 1);
        Value other = weightsLike(x, branch);
        Value sum = branch.add(other, activation());
        return s8 ? sum.quantized(Math.max(scale(branch), scale(other)) * 1.3f, zero()) : sum;
      }
      case 4 -> {
        return x.shape().dim(1) > 1 && x.shape().dim(2) > 1 ? x.maxPool(2, 1, Padding.SAME) : x;
      }
      case 5 -> {
        return x.pad(
            0, 0, random.nextInt(3), random.nextInt(3), random.nextInt(3), random.nextInt(3), 0, 0);
      }
      default -> {
        return relu(x);
      }
    }
  }

  /** Another convolution of x to the shape of the branch: two consumers of one tensor. */
  private Value weightsLike(Value x, Value branch) {
    int channels = x.shape().dim(3);
    int out = branch.shape().dim(3);
    int strideH = strideTo(x.shape().dim(1), branch.shape().dim(1));
    int strideW = strideTo(x.shape().dim(2), branch.shape().dim(2));
    Value weights = weights(0, false, out, 1, 1, channels);
    Value bias = bias(out, x, weights, channels);
    OpKind.Conv kind = new OpKind.Conv(Padding.SAME, strideH, strideW, 1, 1, activation());
    return scaled(x.conv2d(weights, bias, kind), x, weights, channels);
  }

  private static int strideTo(int from, int to) {
    for (int s = 1; s <= 3; s++) {
      if ((from + s - 1) / s == to) {
        return s;
      }
    }
    throw new IllegalStateException(from + " to " + to);
  }
}
