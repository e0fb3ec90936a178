// Random models of ops that gather many values into one: pools, reductions, softmax, resizing.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.random;

import static dev.sinter.graph.ElementType.BOOL;
import static dev.sinter.graph.ElementType.FLOAT32;
import static dev.sinter.graph.ElementType.INT16;
import static dev.sinter.graph.ElementType.INT32;
import static dev.sinter.graph.ElementType.INT64;
import static dev.sinter.graph.ElementType.INT8;
import static dev.sinter.graph.ElementType.UINT8;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.OpKind.Reduce;
import dev.sinter.graph.Padding;
import dev.sinter.graph.Quantization;
import java.util.List;
import java.util.Map;

/** Pools, reductions, norms, resizing. */
final class WindowMakers {
  private WindowMakers() {}

  static void addTo(List<Maker> to) {
    Maker.each(
        to, "AVERAGE_POOL_2D", s -> pool(s, OpKind.Pool.Mode.AVERAGE), FLOAT32, INT8, UINT8, INT16);
    Maker.each(to, "MAX_POOL_2D", s -> pool(s, OpKind.Pool.Mode.MAX), FLOAT32, INT8, UINT8, INT16);
    Maker.each(to, "L2_POOL_2D", s -> pool(s, OpKind.Pool.Mode.L2), FLOAT32);
    for (Reduce.Function f : Reduce.Function.values()) {
      ElementType[] types =
          switch (f) {
            case MEAN -> new ElementType[] {FLOAT32, INT8, UINT8, INT16, INT32, INT64};
            case SUM -> new ElementType[] {FLOAT32, INT8, UINT8, INT16, INT32, INT64};
            case PROD -> new ElementType[] {FLOAT32, INT8, INT16, INT32, INT64};
            case MAX, MIN -> new ElementType[] {FLOAT32, INT8, UINT8, INT16, INT32, INT64};
            case ANY, ALL -> new ElementType[] {BOOL};
          };
      String name = List.of("MEAN", "SUM").contains(f.name()) ? f.name() : "REDUCE_" + f.name();
      for (ElementType type : types) {
        Maker maker = Maker.of(name, type, s -> reduce(s, f));
        // Terms of both signs may leave a sum that is small beside them, and with it its digits.
        to.add(f == Reduce.Function.SUM ? maker.within(1e-4) : maker);
      }
    }
    Maker.each(to, "SOFTMAX", WindowMakers::softmax, FLOAT32, INT8, UINT8, INT16);
    Maker.each(to, "SOFTMAX s16 result", WindowMakers::fineSoftmax, INT8, UINT8);
    Maker.each(to, "LOG_SOFTMAX", WindowMakers::logSoftmax, FLOAT32, INT8, UINT8);
    Maker.each(to, "L2_NORMALIZATION", WindowMakers::norm, FLOAT32, INT8, UINT8);
    Maker.each(to, "LOCAL_RESPONSE_NORMALIZATION", WindowMakers::responses, FLOAT32);
    Maker.each(to, "RESIZE_BILINEAR", s -> resize(s, false), FLOAT32, INT8, UINT8, INT16);
    Maker.each(to, "RESIZE_NEAREST_NEIGHBOR", s -> resize(s, true), FLOAT32, INT8, UINT8, INT16);
  }

  private static void pool(Sketch s, OpKind.Pool.Mode mode) {
    Value x = s.image();
    int h = Math.min(s.between(1, 5), x.shape().dim(1));
    int w = Math.min(s.between(1, 5), x.shape().dim(2));
    s.done(
        x.pool(
            new OpKind.Pool(
                mode,
                s.pick(Padding.SAME, Padding.VALID),
                s.between(1, 3),
                s.between(1, 3),
                h,
                w,
                s.activation())));
  }

  private static void reduce(Sketch s, Reduce.Function f) {
    boolean multiplies = f == Reduce.Function.PROD;
    // Of nothing, or of one factor each where these are quantized, TFLite 2.21 leaves results
    // unwritten: so do the delegate, quantized products and int16 sums.
    boolean delegated = s.type == FLOAT32 || s.type == INT8 || s.type == UINT8;
    boolean whole = delegated || (s.isQuantized() && (multiplies || f == Reduce.Function.SUM));
    int[] dims = whole ? s.dims(1, 6) : s.dimsOrEmpty(1, 6);
    int[] axes =
        f == Reduce.Function.MEAN && dims.length == 4 && s.coin()
            ? new int[] {1, 2}
            : s.axes(dims.length);
    if (s.isQuantized() && multiplies) {
      int first = axes[0] < 0 ? axes[0] + dims.length : axes[0];
      dims[first] = Math.max(2, dims[first]);
    }
    Value x =
        multiplies && !s.isQuantized()
            ? s.type == FLOAT32
                ? s.ranged(FLOAT32, Quantization.NONE, 0.5, 1.5, dims)
                : s.ranged(s.type, Quantization.NONE, -1, 2, dims)
            : s.input(dims);
    Value y = x.reduce(f, s.coin(), axes);
    boolean own =
        f == Reduce.Function.MEAN || f == Reduce.Function.SUM || f == Reduce.Function.PROD;
    if (s.isQuantized() && own && s.coin()) {
      y.quantized(Sketch.scale(x) * s.spread(0.8), s.zero(s.type));
    }
    s.done(y);
  }

  /** With a result of 16 bits. */
  private static void fineSoftmax(Sketch s) {
    Value x = s.input(s.dims(1, 4));
    s.done(
        s.op(
            "SOFTMAX",
            2,
            Map.of("beta", s.oneIn(3) ? s.spread(1) : 1f),
            INT16,
            Quantization.perTensor(1f / 65536, -32768),
            x));
  }

  private static void softmax(Sketch s) {
    Value x = s.input(s.dims(1, 4));
    s.done(x.softmax(s.oneIn(3) ? s.spread(1) : 1));
  }

  private static void logSoftmax(Sketch s) {
    Value x = s.input(s.dims(1, 4));
    Quantization q =
        s.type == FLOAT32
            ? Quantization.NONE
            : Quantization.perTensor(16f / 256, s.type == INT8 ? 127 : 255);
    s.done(s.b.op(new OpKind.LogSoftmax(), s.type, q, x));
  }

  private static void norm(Sketch s) {
    Value x = s.input(s.dims(1, 4));
    Quantization q =
        s.type == FLOAT32
            ? Quantization.NONE
            : Quantization.perTensor(1f / 128, s.type == INT8 ? 0 : 128);
    s.done(s.b.op(new OpKind.L2Normalization(dev.sinter.graph.Activation.NONE), s.type, q, x));
  }

  private static void responses(Sketch s) {
    Value x = s.input(s.between(1, 2), s.between(1, 4), s.between(1, 4), s.size(20));
    s.done(
        s.b
            .op(
                dev.sinter.graph.tflite.TfliteOps.builtin(
                    "LOCAL_RESPONSE_NORMALIZATION",
                    1,
                    Map.of(
                        "radius", s.below(7),
                        "bias", s.spread(1),
                        "alpha", s.spread(0.5),
                        "beta", s.pick(1f, 0.5f, 0.75f))),
                List.of(
                    new dev.sinter.graph.GraphBuilder.Result(
                        FLOAT32, Quantization.NONE, x.shape())),
                List.of(),
                List.of(x))
            .get(0));
  }

  private static void resize(Sketch s, boolean nearest) {
    Value x = s.input(s.between(1, 2), s.size(8), s.size(8), s.size(8));
    boolean corners = s.oneIn(3);
    boolean centers = !corners && s.coin();
    int[] to = {s.size(12), s.size(12)};
    s.done(
        s.like(
            nearest ? "RESIZE_NEAREST_NEIGHBOR" : "RESIZE_BILINEAR",
            s.type == INT16 ? 4 : 3,
            Map.of("align_corners", corners, "half_pixel_centers", centers),
            x,
            x,
            s.int32(to)));
  }
}
