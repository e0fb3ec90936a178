// Ops on floats that few models have: rounding to steps, transposed convolutions of volumes.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Padding;
import dev.sinter.graph.Shape;
import dev.sinter.graph.VolumeOptions;
import java.nio.ByteBuffer;

/** In Java, in the order in which TFLite computes. */
final class FloatOps {
  private FloatOps() {}

  private static void requireFloats(HostCall call, int input) {
    if (call.inputType(input) != ElementType.FLOAT32) {
      throw call.failure(Status.UNSUPPORTED, "values of type " + call.inputType(input));
    }
  }

  /** FAKE_QUANT: floats as a type of few bits would keep them. */
  static void fakeQuantize(HostCall call) {
    requireFloats(call, 0);
    OpKind.Foreign f = (OpKind.Foreign) call.op().kind();
    int bits = f.number("num_bits");
    if (bits < 2 || bits > 16) {
      throw call.failure(Status.INVALID_MODEL, bits + " bits");
    }
    float first = f.number("narrow_range");
    float last = (1 << bits) - 1;
    float min = ((Number) f.attributes().get("min")).floatValue();
    float max = ((Number) f.attributes().get("max")).floatValue();
    float scale = (max - min) / (last - first);
    float from = first - min / scale;
    float zero = from < first ? first : from > last ? last : round(from);
    float low = (first - zero) * scale;
    float high = (last - zero) * scale;
    float inverse = 1f / scale;
    ByteBuffer in = call.input(0);
    ByteBuffer out = call.output(0, call.inputShape(0));
    for (int i = 0; i < out.limit(); i += 4) {
      float value = in.getFloat(i);
      float kept = value < low ? low : value > high ? high : value;
      out.putFloat(i, round((kept - low) * inverse) * scale + low);
    }
  }

  /** To the nearest whole number, halves away from 0, of numbers that are not negative. */
  private static float round(float value) {
    float floor = (float) Math.floor(value);
    return value - floor >= 0.5f ? floor + 1 : floor;
  }

  /** CONV_3D_TRANSPOSE: each value adds its window of weights to the result. */
  static void transposeConv(HostCall call) {
    requireFloats(call, 1);
    requireFloats(call, 2);
    OpKind.Foreign f = (OpKind.Foreign) call.op().kind();
    Shape w = call.inputShape(1);
    Shape x = call.inputShape(2);
    int[] dims = new int[5];
    for (int d = 0; d < 5 && call.inputShape(0).elements() == 5; d++) {
      dims[d] = Math.toIntExact(Math.max(0, call.integer(0, d)));
    }
    Shape out = Shape.of(dims);
    boolean fits =
        w.rank() == 5
            && x.rank() == 5
            && w.dim(4) == x.dim(4)
            && w.dim(3) == out.dim(4)
            && x.dim(0) == out.dim(0);
    VolumeOptions options = new VolumeOptions(f);
    int[] stride = new int[3];
    int[] dilation = new int[3];
    int[] before = new int[3];
    for (int d = 0; d < 3 && fits; d++) {
      stride[d] = options.stride(d);
      dilation[d] = options.dilation(d);
      fits = stride[d] >= 1 && dilation[d] >= 1 && w.dim(d) >= 1;
      if (!fits) {
        break;
      }
      Padding.Extent extent = options.along(d, out.dim(1 + d), w.dim(d));
      before[d] = extent.before();
      fits = extent.size() == x.dim(1 + d);
    }
    if (!fits) {
      throw call.failure(
          Status.INVALID_ARGUMENT, "weights " + w + " and input " + x + " do not make " + out);
    }
    ByteBuffer to = call.output(0, out);
    Elements.clear(to);
    scatter(call, x, w, out, stride, dilation, before, to);
    finish(call, f, out, to);
  }

  private static void scatter(
      HostCall call,
      Shape x,
      Shape w,
      Shape out,
      int[] stride,
      int[] dilation,
      int[] before,
      ByteBuffer to) {
    ByteBuffer in = call.input(2);
    ByteBuffer weights = call.input(1);
    int channels = x.dim(4);
    int results = out.dim(4);
    int places = (int) x.elements(0, 4);
    int taps = (int) w.elements(0, 3);
    for (int place = 0; place < places; place++) {
      for (int tap = 0; tap < taps; tap++) {
        int target = target(x, w, out, stride, dilation, before, place, tap);
        for (int o = 0; target >= 0 && o < results; o++) {
          float sum = 0;
          for (int c = 0; c < channels; c++) {
            sum +=
                in.getFloat(4 * (place * channels + c))
                    * weights.getFloat(4 * ((tap * results + o) * channels + c));
          }
          int at = 4 * (target * results + o);
          to.putFloat(at, to.getFloat(at) + sum);
        }
      }
    }
  }

  /** Where a place's window puts a tap: a position of the result, -1 if that is outside. */
  private static int target(
      Shape x, Shape w, Shape out, int[] stride, int[] dilation, int[] before, int place, int tap) {
    int at = place;
    int k = tap;
    int target = 0;
    int step = 1;
    for (int d = 2; d >= 0; d--) {
      int position = at % x.dim(1 + d) * stride[d] - before[d] + k % w.dim(d) * dilation[d];
      if (position < 0 || position >= out.dim(1 + d)) {
        return -1;
      }
      target += position * step;
      step *= out.dim(1 + d);
      at /= x.dim(1 + d);
      k /= w.dim(d);
    }
    return target + at * step;
  }

  /** Bias and activation, by the format's numbers: none, RELU, RELU_N1_TO_1, RELU6. */
  private static void finish(HostCall call, OpKind.Foreign f, Shape out, ByteBuffer to) {
    float low = Float.NEGATIVE_INFINITY;
    float high = Float.POSITIVE_INFINITY;
    switch (f.number("fused_activation_function")) {
      case 0 -> {}
      case 1 -> low = 0;
      case 2 -> {
        low = -1;
        high = 1;
      }
      case 3 -> {
        low = 0;
        high = 6;
      }
      default -> throw call.failure(Status.UNSUPPORTED, "this activation");
    }
    boolean biased = call.hasInput(3);
    int results = out.dim(4);
    for (int i = 0; i < to.limit() / 4; i++) {
      float bias = biased ? call.input(3).getFloat(4 * (i % results)) : 0;
      to.putFloat(4 * i, Math.max(low, Math.min(high, to.getFloat(4 * i) + bias)));
    }
  }
}
