// Random models of convolutions and matrix products, in every mix of types.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.random;

import static dev.sinter.graph.ElementType.FLOAT16;
import static dev.sinter.graph.ElementType.FLOAT32;
import static dev.sinter.graph.ElementType.INT16;
import static dev.sinter.graph.ElementType.INT2;
import static dev.sinter.graph.ElementType.INT32;
import static dev.sinter.graph.ElementType.INT4;
import static dev.sinter.graph.ElementType.INT64;
import static dev.sinter.graph.ElementType.INT8;
import static dev.sinter.graph.ElementType.UINT8;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Flexbuffers;
import dev.sinter.graph.GraphBuilder.Result;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.HalfFloat;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Padding;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.tflite.TfliteOps;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** Products; {@link Weights} says what the constants are made of. */
final class ProductMakers {
  /** What multiplies the activations. */
  enum Weights {
    /** Of the activations' own type, for int16 int8. */
    OWN,
    /** Half floats behind the op that widens them. */
    HALF,
    /** int8 behind the op that widens them, for products in float. */
    WIDENED,
    /** int8 for float activations. */
    BYTES,
    /** int4. */
    NIBBLES,
    /** int2. */
    CRUMBS
  }

  private static final ElementType[] TYPES = {FLOAT32, INT8, UINT8, INT16};

  private ProductMakers() {}

  static void addTo(List<Maker> to) {
    Maker.each(to, "CONV_2D", s -> conv(s, Weights.OWN, 5, 1), TYPES);
    Maker.each(to, "CONV_2D 1x1", s -> conv(s, Weights.OWN, 1, 1), TYPES);
    to.add(Maker.of("CONV_2D wide strides", FLOAT32, ProductMakers::wideStrides).builtin());
    Maker.each(to, "CONV_2D groups", s -> conv(s, Weights.OWN, 3, s.between(2, 4)), FLOAT32, INT8);
    Maker.each(to, "CONV_2D f16", s -> conv(s, Weights.HALF, 3, 1), FLOAT32);
    Maker.each(to, "CONV_2D s4", s -> conv(s, Weights.NIBBLES, 3, 1), INT8);
    Maker.each(to, "CONV_2D groups s4", s -> conv(s, Weights.NIBBLES, 3, s.between(2, 4)), INT8);
    Maker.each(to, "DEPTHWISE_CONV_2D", s -> depthwise(s, Weights.OWN), TYPES);
    Maker.each(to, "DEPTHWISE_CONV_2D s4", s -> depthwise(s, Weights.NIBBLES), INT8);
    Maker.each(to, "TRANSPOSE_CONV", s -> transposeConv(s, Weights.OWN), TYPES);
    Maker.each(to, "FULLY_CONNECTED", s -> fullyConnected(s, Weights.OWN), TYPES);
    Maker.each(to, "FULLY_CONNECTED f16", s -> fullyConnected(s, Weights.HALF), FLOAT32);
    Maker.each(to, "FULLY_CONNECTED s4", s -> fullyConnected(s, Weights.NIBBLES), INT8);
    Maker.each(to, "FULLY_CONNECTED s2", s -> fullyConnected(s, Weights.CRUMBS), INT8);
    Maker.each(to, "BATCH_MATMUL", ProductMakers::batchMatMul, FLOAT32, INT8, INT16);
    for (Maker m :
        List.of(
            Maker.of("FULLY_CONNECTED", FLOAT32, s -> fullyConnected(s, Weights.BYTES)),
            Maker.of("FULLY_CONNECTED s8 alone", FLOAT32, s -> fullyConnected(s, Weights.WIDENED)),
            Maker.of("FULLY_CONNECTED s4", FLOAT32, s -> fullyConnected(s, Weights.NIBBLES)),
            Maker.of("FULLY_CONNECTED s2", FLOAT32, s -> fullyConnected(s, Weights.CRUMBS)),
            Maker.of("CONV_2D", FLOAT32, s -> conv(s, Weights.BYTES, 3, 1)),
            Maker.of("DEPTHWISE_CONV_2D", FLOAT32, s -> depthwise(s, Weights.BYTES)),
            Maker.of("TRANSPOSE_CONV", FLOAT32, s -> transposeConv(s, Weights.BYTES)),
            Maker.of("BATCH_MATMUL", FLOAT32, s -> hybridBatchMatMul(s, true)),
            // The delegate of TFLite 2.21 takes such models and then fails.
            Maker.of("BATCH_MATMUL computed", FLOAT32, s -> hybridBatchMatMul(s, false))
                .builtin())) {
      to.add(m.in(Maker.Family.HYBRID));
    }
    to.add(Maker.of("aeq.hadamard_rotation", FLOAT32, ProductMakers::rotation));
  }

  /** Weights over a depth, with one scale per slice of an axis or one for all. */
  private static Value weights(Sketch s, Weights kind, int axis, int... dims) {
    return switch (kind) {
      case OWN ->
          s.type == FLOAT32
              ? s.floats(0.5, dims)
              : stored(s, s.type == UINT8 ? UINT8 : INT8, axis, true, dims);
      case HALF -> halves(s, 0.5, dims);
      case WIDENED ->
          s.b.op(
              new OpKind.Dequantize(),
              FLOAT32,
              Quantization.NONE,
              stored(s, INT8, axis, true, dims));
      // TFLite's own depthwise kernel reads a scale per channel, there or not.
      case BYTES -> stored(s, INT8, axis, axis != 3, dims);
      case NIBBLES -> stored(s, INT4, axis, false, dims);
      case CRUMBS -> stored(s, INT2, axis, false, dims);
    };
  }

  private static Value stored(Sketch s, ElementType type, int axis, boolean mayShare, int... dims) {
    int count = Sketch.count(dims);
    ByteBuffer data = s.data(type, 1, count);
    for (int i = 0; type == INT8 && i < data.limit(); i++) {
      data.put(i, (byte) Math.max(-127, data.get(i)));
    }
    for (int i = 0; type == INT4 && i < data.limit(); i++) {
      // No -8, as the converter writes it; the other half of the last byte may hold anything.
      int low = Math.max(-7, (byte) (data.get(i) << 4) >> 4);
      int high = Math.max(-7, data.get(i) >> 4);
      data.put(i, (byte) ((high << 4) | (low & 15)));
    }
    double base = Math.exp(-6 + s.gauss()) * (type == INT4 ? 16 : type == INT2 ? 100 : 1);
    boolean one = type == UINT8 || axis < 0 || (mayShare && s.oneIn(3));
    if (one) {
      return s.constant(
          type,
          data,
          Quantization.perTensor((float) base, type == UINT8 ? s.zero(UINT8) : 0),
          dims);
    }
    float[] scales = new float[dims[axis]];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = (float) (base * Math.exp(0.3 * ((i * 7 % 5) - 2)));
    }
    return s.constant(type, data, Quantization.perAxis(axis, scales), dims);
  }

  private static Value halves(Sketch s, double size, int... dims) {
    ByteBuffer floats = s.data(FLOAT32, size, Sketch.count(dims));
    ByteBuffer out = Sketch.bytes(floats.remaining() / 2);
    while (floats.hasRemaining()) {
      out.putShort(HalfFloat.ofFloat(floats.order(java.nio.ByteOrder.LITTLE_ENDIAN).getFloat()));
    }
    return s.b.op(
        new OpKind.Dequantize(),
        FLOAT32,
        Quantization.NONE,
        s.constant(FLOAT16, out.flip(), Quantization.NONE, dims));
  }

  private static Value bias(Sketch s, Value x, Value w, int channels, int depth) {
    if (s.type == FLOAT32) {
      return s.floats(1, channels);
    }
    boolean wide = s.type == INT16;
    int bound = (int) Math.min(1 << 24, 3000 * Math.sqrt(depth) * (wide ? 200 : 1));
    float[] scales = Sketch.of(w).scales();
    for (int i = 0; i < scales.length; i++) {
      scales[i] *= Sketch.scale(x);
    }
    ElementType type = wide ? INT64 : INT32;
    return s.constant(
        type,
        s.whole(type, bound, channels),
        scales.length == 1 ? Quantization.perTensor(scales[0], 0) : Quantization.perAxis(0, scales),
        channels);
  }

  /**
   * A scale with which sums of depth products fill the range of the type and sometimes leave it.
   */
  private static Value scaled(Sketch s, Value out, Value x, Value w, int depth) {
    if (s.type == FLOAT32) {
      return out;
    }
    double weights = w.tensor().type() == INT2 ? 1.1 : w.tensor().type() == INT4 ? 4.3 : 74;
    double values = s.type == INT16 ? 19000 : 74;
    double spread =
        (double) Sketch.scale(x) * Sketch.scale(w) * Math.sqrt(depth) * weights * values;
    double steps = s.between(30, 130) * (s.type == INT16 ? 256.0 : 1);
    return out.quantized((float) (spread / steps), s.zero(s.type));
  }

  /**
   * Strides. Where SAME padding leaves pixels over, the XNNPACK of TFLite 2.21 pads by an
   * underflown number: its results are no oracle there.
   */
  private static int stride(Sketch s, Padding padding, int window) {
    int stride = s.coin() ? s.between(1, 3) : 1;
    return padding == Padding.SAME ? Math.min(stride, window) : stride;
  }

  static Value conv(Sketch s, Value x, Weights kind, int most, int groups) {
    int h = Math.min(s.between(1, most), x.shape().dim(1));
    int w = Math.min(s.between(1, most), x.shape().dim(2));
    int dilation = kind != Weights.BYTES && s.oneIn(4) ? 2 : 1;
    boolean fits = (h - 1) * dilation < x.shape().dim(1) && (w - 1) * dilation < x.shape().dim(2);
    Padding padding = fits && s.coin() ? Padding.VALID : Padding.SAME;
    int channels = x.shape().dim(3) / groups;
    int out = groups * s.size(20 / groups);
    Value weights = weights(s, kind, 0, out, h, w, channels);
    Value bias = bias(s, x, weights, out, h * w * channels);
    OpKind.Conv op =
        new OpKind.Conv(
            padding,
            stride(s, padding, (h - 1) * dilation + 1),
            stride(s, padding, (w - 1) * dilation + 1),
            dilation,
            dilation,
            s.activation());
    return scaled(s, x.conv2d(weights, bias, op), x, weights, h * w * channels);
  }

  /** One with given options, a square window and so many channels, in the activations' own type. */
  static Value conv(Sketch s, Value x, OpKind.Conv op, int most, int out) {
    int h = Math.min(most, x.shape().dim(1));
    int w = Math.min(most, x.shape().dim(2));
    int channels = x.shape().dim(3);
    Value weights = weights(s, Weights.OWN, 0, out, h, w, channels);
    Value bias = bias(s, x, weights, out, h * w * channels);
    return scaled(s, x.conv2d(weights, bias, op), x, weights, h * w * channels);
  }

  private static void conv(Sketch s, Weights kind, int most, int groups) {
    Value x =
        groups == 1 ? s.image() : s.input(1, s.size(12), s.size(12), groups * s.between(1, 8));
    s.done(conv(s, x, kind, most, groups));
  }

  /** What the delegate gets wrong: with SAME padding, strides that leave pixels over. */
  private static void wideStrides(Sketch s) {
    Value x = s.image();
    int channels = x.shape().dim(3);
    int h = s.between(1, 2);
    int out = s.size(20);
    Value weights = s.floats(0.5, out, h, 2, channels);
    OpKind.Conv op =
        new OpKind.Conv(Padding.SAME, s.between(3, 5), s.between(3, 5), 1, 1, s.activation());
    s.done(x.conv2d(weights, s.floats(1, out), op));
  }

  static Value depthwise(Sketch s, Value x, Weights kind) {
    int h = Math.min(s.between(1, 5), x.shape().dim(1));
    int w = Math.min(s.between(1, 5), x.shape().dim(2));
    int dilation = kind != Weights.BYTES && s.oneIn(4) ? 2 : 1;
    boolean fits = (h - 1) * dilation < x.shape().dim(1) && (w - 1) * dilation < x.shape().dim(2);
    Padding padding = fits && s.coin() ? Padding.VALID : Padding.SAME;
    int multiplier = s.oneIn(3) ? s.between(1, 3) : 1;
    int out = x.shape().dim(3) * multiplier;
    // TFLite's depthwise kernels take one stride for both ways.
    int stride = stride(s, padding, Math.min((h - 1) * dilation + 1, (w - 1) * dilation + 1));
    Value weights = weights(s, kind, 3, 1, h, w, out);
    Value bias = bias(s, x, weights, out, h * w);
    OpKind.Depthwise op =
        new OpKind.Depthwise(
            padding, stride, stride, dilation, dilation, multiplier, s.activation());
    return scaled(s, x.depthwise(weights, bias, op), x, weights, h * w);
  }

  /** One with given options and a square window, in the activations' own type. */
  static Value depthwise(Sketch s, Value x, OpKind.Depthwise op, int most) {
    int h = Math.min(most, x.shape().dim(1));
    int w = Math.min(most, x.shape().dim(2));
    int out = x.shape().dim(3) * op.multiplier();
    Value weights = weights(s, Weights.OWN, 3, 1, h, w, out);
    Value bias = bias(s, x, weights, out, h * w);
    return scaled(s, x.depthwise(weights, bias, op), x, weights, h * w);
  }

  private static void depthwise(Sketch s, Weights kind) {
    s.done(depthwise(s, s.image(), kind));
  }

  private static void transposeConv(Sketch s, Weights stored) {
    Value x = s.input(s.between(1, 2), s.size(6), s.size(8), s.size(20));
    int h = s.between(1, 5);
    int w = s.between(1, 5);
    int strideH = s.between(1, Math.min(3, h));
    int strideW = s.between(1, Math.min(3, w));
    Padding padding = s.pick(Padding.SAME, Padding.VALID);
    int inH = x.shape().dim(1);
    int inW = x.shape().dim(2);
    int outH = padding == Padding.SAME ? inH * strideH : (inH - 1) * strideH + h;
    int outW = padding == Padding.SAME ? inW * strideW : (inW - 1) * strideW + w;
    int channels = x.shape().dim(3);
    int out = s.size(20);
    Value shape = s.int32(x.shape().dim(0), outH, outW, out);
    Value weights = weights(s, stored, 0, out, h, w, channels);
    Value bias = s.oneIn(4) ? null : bias(s, x, weights, out, h * w * channels);
    OpKind.TransposeConv kind =
        new OpKind.TransposeConv(padding, strideH, strideW, Activation.NONE);
    Value y =
        bias == null
            ? s.b.op(kind, s.type, Quantization.NONE, shape, weights, x)
            : s.b.op(kind, s.type, Quantization.NONE, shape, weights, x, bias);
    s.done(scaled(s, y, x, weights, Math.max(1, h * w * channels / strideH / strideW)));
  }

  static Value fullyConnected(Sketch s, Value x, Weights kind, boolean keepDims) {
    // One row of such weights has one scale, which the delegate does not take.
    boolean packed = kind == Weights.NIBBLES || kind == Weights.CRUMBS;
    // Most of the matrices that are widened on the way are large enough to stay as they are stored.
    int more = packed ? 1 : kind == Weights.WIDENED ? 40 : 0;
    return fullyConnected(s, x, kind, keepDims, s.size(60) + more);
  }

  static Value fullyConnected(Sketch s, Value x, Weights kind, boolean keepDims, int units) {
    int depth = x.shape().dim(-1);
    Value weights = weights(s, kind, 0, units, depth);
    Value bias = s.oneIn(4) ? null : bias(s, x, weights, units, depth);
    OpKind.FullyConnected op =
        new OpKind.FullyConnected(
            s.activation(), keepDims, false, kind == Weights.BYTES && s.coin());
    return scaled(s, x.fullyConnected(weights, bias, op), x, weights, depth);
  }

  private static void fullyConnected(Sketch s, Weights kind) {
    boolean keepDims = s.oneIn(3);
    int perByte = kind == Weights.CRUMBS ? 4 : kind == Weights.NIBBLES ? 2 : 1;
    int depth = perByte * s.size(100 / perByte) + (kind == Weights.WIDENED ? 60 : 0);
    Value x =
        keepDims || s.oneIn(6)
            ? s.input(s.between(1, 3), s.between(1, 5), depth)
            : s.input(s.between(1, 6), depth);
    s.done(fullyConnected(s, x, kind, keepDims));
  }

  private static void batchMatMul(Sketch s) {
    int[] batch =
        s.oneIn(3) ? new int[] {s.between(1, 3), s.between(1, 3)} : new int[] {s.between(1, 4)};
    int m = s.size(16);
    int k = s.size(50);
    int n = s.size(30);
    boolean adjointX = s.oneIn(4);
    boolean adjointY = s.coin();
    Value x = s.input(with(batch, adjointX ? k : m, adjointX ? m : k));
    int[] others = batch.clone();
    if (s.oneIn(4)) {
      others[s.below(others.length)] = 1;
    }
    if (s.type == INT16 && adjointX) {
      // The kernel of TFLite 2.21 mixes the batches of a transposed left side up where the right
      // side has one matrix for all of them; later versions of TFLite have it right.
      others[others.length - 1] = batch[batch.length - 1];
    }
    int[] right = with(others, adjointY ? n : k, adjointY ? k : n);
    // The delegate of TFLite 2.21 takes no notice of a zero point of the right side: only 0 has
    // one right answer.
    Quantization q = s.isQuantized() ? Quantization.perTensor(s.scale(), 0) : Quantization.NONE;
    Value y = s.oneIn(3) ? s.constant(s.type, q, right) : s.input(s.type, q, right);
    Value z = x.batchMatMul(y, adjointX, adjointY);
    if (s.isQuantized()) {
      double values = s.type == INT16 ? 19000 : 74;
      double spread = (double) Sketch.scale(x) * Sketch.scale(y) * Math.sqrt(k) * values * values;
      z.quantized(
          (float) (spread / (s.between(30, 130) * (s.type == INT16 ? 256.0 : 1))), s.zero(s.type));
    }
    s.done(z);
  }

  /** Float rows, int8 matrices. */
  private static void hybridBatchMatMul(Sketch s, boolean constant) {
    // TFLite's kernel sums up a matrix's columns once, also of one that changes from run to run,
    // and with several batch dimensions takes the scales of other rows.
    boolean asymmetric = constant && s.coin();
    int batch = s.between(1, 4);
    int m = s.size(16);
    int k = s.size(50);
    int n = s.size(30);
    boolean adjointX = s.oneIn(4);
    boolean adjointY = s.coin();
    int rows = adjointX ? k : m;
    int columns = adjointX ? m : k;
    Value x = s.input(FLOAT32, Quantization.NONE, batch, rows, columns);
    // Of a transposed left side with one right matrix TFLite 2.21 mixes the batches up.
    int[] one =
        adjointX ? new int[] {batch} : s.oneIn(3) ? new int[0] : new int[] {s.coin() ? 1 : batch};
    int[] right = with(one, adjointY ? n : k, adjointY ? k : n);
    Quantization q = Quantization.perTensor((float) Math.exp(-6 + s.gauss()), 0);
    Value y =
        constant
            ? s.constant(INT8, s.whole(INT8, 127, Sketch.count(right)), q, right)
            : s.input(INT8, q, new Sketch.Fill(-127, 127, true), right);
    s.done(
        s.b.op(
            new OpKind.BatchMatMul(adjointX, adjointY, asymmetric),
            FLOAT32,
            Quantization.NONE,
            x,
            y));
  }

  private static int[] with(int[] batch, int rows, int columns) {
    int[] dims = java.util.Arrays.copyOf(batch, batch.length + 2);
    dims[batch.length] = rows;
    dims[batch.length + 1] = columns;
    return dims;
  }

  /** AI Edge Quantizer's own op; its blocks fill rows or are parts of them. */
  private static void rotation(Sketch s) {
    int size = 1 << s.between(1, 9);
    Value x = s.input(s.between(1, 4), s.between(1, 5), size * s.between(1, 3));
    byte[] signs = new byte[size];
    Arrays.fill(signs, (byte) 1);
    ByteBuffer options = Flexbuffers.write("hadamard_size", size, "random_binary_vector", signs);
    s.done(
        s.ops(
                TfliteOps.custom("aeq.hadamard_rotation", 1, options),
                List.of(new Result(FLOAT32, Quantization.NONE, x.shape())),
                x)
            .get(0));
  }
}
