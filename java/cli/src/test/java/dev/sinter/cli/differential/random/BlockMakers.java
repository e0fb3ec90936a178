// Random models of the blocks that real networks are built from.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.random;

import static dev.sinter.graph.ElementType.FLOAT32;
import static dev.sinter.graph.ElementType.INT16;
import static dev.sinter.graph.ElementType.INT8;
import static dev.sinter.graph.ElementType.UINT8;

import dev.sinter.cli.differential.random.ProductMakers.Weights;
import dev.sinter.graph.Activation;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.OpKind.Activate;
import dev.sinter.graph.OpKind.Binary;
import dev.sinter.graph.OpKind.Unary;
import dev.sinter.graph.Padding;
import dev.sinter.graph.Quantization;
import java.util.List;
import java.util.function.Consumer;

/** Residuals, branches, padded convolutions, separable ones, heads, attention, borders of types. */
final class BlockMakers {
  private BlockMakers() {}

  static void addTo(List<Maker> to) {
    each(to, "block residual", BlockMakers::residual);
    each(to, "block branches", BlockMakers::branches);
    each(to, "block padded", BlockMakers::padded);
    each(to, "block separable", BlockMakers::separable);
    each(to, "block head", BlockMakers::head);
    to.add(Maker.of("block attention", FLOAT32, BlockMakers::attention).within(1e-4));
    Maker.each(to, "block attention", BlockMakers::attention, INT8);
    to.add(Maker.of("block layer norm", FLOAT32, BlockMakers::layerNorm).within(1e-4));
    Maker.each(to, "block borders", BlockMakers::borders, INT8, UINT8, INT16);
    to.add(
        Maker.of("block dynamic", FLOAT32, BlockMakers::dynamic)
            .in(Maker.Family.HYBRID)
            .within(1e-4));
  }

  /** Floats: sums cancel, and bounds cut the largest values away, so that rounding shows more. */
  private static void each(List<Maker> to, String name, Consumer<Sketch> body) {
    to.add(Maker.of(name, FLOAT32, body).within(5e-4));
    Maker.each(to, name, body, INT8, UINT8, INT16);
  }

  private static Value image(Sketch s) {
    return s.input(1, s.between(4, 13), s.between(4, 13), s.size(12));
  }

  /** A sum of two values, on a scale of its own. */
  private static Value sum(Sketch s, Value x, Value y) {
    Value z = x.add(y, s.activation());
    return s.isQuantized() ? z.quantized(Sketch.scale(x) * 1.3f, s.zero(s.type)) : z;
  }

  /** A convolution that keeps height and width. */
  private static Value same(Sketch s, Value x, int window, int channels) {
    return ProductMakers.conv(
        s, x, new OpKind.Conv(Padding.SAME, 1, 1, 1, 1, s.activation()), window, channels);
  }

  private static void residual(Sketch s) {
    Value x = image(s);
    for (int n = s.between(1, 3); n > 0; n--) {
      int channels = x.shape().dim(3);
      Value y = same(s, x, 3, s.size(12));
      y = same(s, y, s.coin() ? 3 : 1, channels);
      x = s.coin() ? sum(s, y, x) : sum(s, x, y);
    }
    s.done(x);
  }

  private static void branches(Sketch s) {
    Value x = image(s);
    Value first = same(s, x, 1, s.size(10));
    Value[] others = new Value[s.between(1, 3)];
    for (int i = 0; i < others.length; i++) {
      others[i] =
          switch (s.below(3)) {
            case 0 -> same(s, x, 3, s.size(10));
            case 1 -> same(s, same(s, x, 1, s.size(6)), 3, s.size(10));
            default -> first.maxPool(3, 1, Padding.SAME);
          };
      if (s.isQuantized()) {
        // TFLite joins integers of one scale only; here as elsewhere the pool has it already.
        others[i].quantized(Sketch.scale(first), (int) Sketch.of(first).zeroPoint());
      }
    }
    Value y = first.concat(3, others);
    s.done(s.coin() ? same(s, y, 1, s.size(10)) : y);
  }

  /**
   * As converters write strided convolutions of other frameworks: a padding of its own in front.
   */
  private static void padded(Sketch s) {
    Value x = image(s);
    int window = s.between(1, 3);
    x = x.pad(0, 0, s.below(3), s.below(3), s.below(3), s.below(3), 0, s.oneIn(4) ? 1 : 0);
    int stride = s.between(1, 2);
    if (s.coin()) {
      OpKind.Conv op = new OpKind.Conv(Padding.VALID, stride, stride, 1, 1, s.activation());
      s.done(ProductMakers.conv(s, x, op, window, s.size(12)));
    } else {
      OpKind.Depthwise op =
          new OpKind.Depthwise(Padding.VALID, stride, stride, 1, 1, 1, s.activation());
      s.done(same(s, ProductMakers.depthwise(s, x, op, window), 1, s.size(12)));
    }
  }

  /** MobileNet's: widen, depthwise, narrow, and where it fits the input added. */
  private static void separable(Sketch s) {
    Value x = image(s);
    for (int n = s.between(1, 2); n > 0; n--) {
      int channels = x.shape().dim(3);
      Value y = s.coin() ? same(s, x, 1, Math.min(64, channels * s.between(1, 6))) : x;
      int stride = s.between(1, 2);
      OpKind.Depthwise op =
          new OpKind.Depthwise(Padding.SAME, stride, stride, 1, 1, 1, s.activation());
      y = ProductMakers.depthwise(s, y, op, 3);
      y = same(s, y, 1, channels);
      x = stride == 1 ? sum(s, x, y) : y;
    }
    s.done(x);
  }

  private static void head(Sketch s) {
    Value x = same(s, image(s), s.between(1, 3), s.size(20));
    int channels = x.shape().dim(3);
    switch (s.below(3)) {
      case 0 -> x = x.mean(s.coin(), 1, 2);
      case 1 -> {
        OpKind.Pool whole =
            new OpKind.Pool(
                OpKind.Pool.Mode.AVERAGE,
                Padding.VALID,
                1,
                1,
                x.shape().dim(1),
                x.shape().dim(2),
                Activation.NONE);
        x = x.pool(whole);
      }
      default -> channels *= x.shape().dim(1) * x.shape().dim(2);
    }
    x = ProductMakers.fullyConnected(s, x.reshape(1, channels), Weights.OWN, false);
    s.done(s.coin() ? x.softmax() : s.coin() ? x.activate(Activate.Function.LOGISTIC) : x);
  }

  private static void attention(Sketch s) {
    int heads = s.between(1, 3);
    int rows = s.between(2, 12);
    int depth = s.between(2, 16);
    Value x = s.input(heads, rows, depth);
    Value q = ProductMakers.fullyConnected(s, x, Weights.OWN, true, depth);
    Value k = symmetric(s, ProductMakers.fullyConnected(s, x, Weights.OWN, true, depth));
    Value v = symmetric(s, ProductMakers.fullyConnected(s, x, Weights.OWN, true, depth));
    Value scores = product(s, q, k, true, depth, 74);
    if (s.type == FLOAT32) {
      scores = scores.binary(Binary.Function.MUL, s.floats(0.3, 1), Activation.NONE);
    } else {
      // What goes into a softmax has a scale at which it is neither flat nor one hot.
      scores = scores.quantize(s.type, 0.05f, s.zero(s.type));
    }
    Value mixed = product(s, scores.softmax(), v, false, rows, 30);
    Value y = ProductMakers.fullyConnected(s, mixed, Weights.OWN, true, depth);
    y = sum(s, x, y);
    s.done(s.type == FLOAT32 && s.coin() ? normalized(s, y) : y);
  }

  /** The right side of a product in the delegate: no zero point. */
  private static Value symmetric(Sketch s, Value v) {
    return s.isQuantized() ? v.quantized(Sketch.scale(v), 0) : v;
  }

  private static Value product(Sketch s, Value x, Value y, boolean adjoint, int depth, int values) {
    Value z = x.batchMatMul(y, false, adjoint);
    if (s.isQuantized()) {
      double spread = (double) Sketch.scale(x) * Sketch.scale(y) * Math.sqrt(depth) * values * 74;
      z.quantized((float) (spread / s.between(30, 130)), s.zero(s.type));
    }
    return z;
  }

  private static void layerNorm(Sketch s) {
    s.done(normalized(s, s.input(1, s.between(1, 8), s.between(2, 40))));
  }

  private static Value normalized(Sketch s, Value x) {
    int channels = x.shape().dim(-1);
    Value mean = x.mean(true, -1);
    Value variance =
        x.binary(Binary.Function.SQUARED_DIFFERENCE, mean, Activation.NONE).mean(true, -1);
    Value factor =
        variance
            .binary(Binary.Function.ADD, positive(s, 0.1f), Activation.NONE)
            .unary(Unary.Function.RSQRT);
    return x.binary(Binary.Function.SUB, mean, Activation.NONE)
        .binary(Binary.Function.MUL, factor, Activation.NONE)
        .binary(Binary.Function.MUL, s.floats(0.5, channels), Activation.NONE)
        .add(s.floats(0.5, channels), Activation.NONE);
  }

  private static Value positive(Sketch s, float value) {
    return s.b.floats(s.name("c"), new float[] {value}, 1);
  }

  /** Floats outside, integers inside; or a change of quantization on the way. */
  private static void borders(Sketch s) {
    int[] dims = {1, s.between(4, 13), s.between(4, 13), s.size(12)};
    Quantization q = s.quantization(s.type);
    Value x;
    if (s.coin()) {
      double low = q.scale() * (-100 - q.zeroPoint());
      Value real = s.ranged(FLOAT32, Quantization.NONE, low, low + 230 * q.scale(), dims);
      x = real.quantize(s.type, q.scale(), (int) q.zeroPoint());
    } else {
      x = s.input(s.type, q, dims);
    }
    Value y = same(s, x, s.between(1, 3), s.size(12));
    if (s.coin()) {
      y = y.quantize(s.type, Sketch.scale(y) * 1.7f, s.zero(s.type));
      y = same(s, y, 1, s.size(12));
    }
    if (s.coin()) {
      y = y.dequantize();
      y = s.coin() ? y.softmax() : y.activate(Activate.Function.TANH);
    }
    s.done(y);
  }

  /** Weights of 8 bits between float activations. */
  private static void dynamic(Sketch s) {
    Value x = s.input(s.between(1, 4), s.size(60));
    x = ProductMakers.fullyConnected(s, x, Weights.BYTES, false);
    s.done(x.activate(s.pick(Activate.Function.RELU, Activate.Function.TANH)));
  }
}
