// Quantized numbers and constants, in the arithmetic that TFLite's delegate uses.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Quantization;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Small numeric helpers of lowering. */
final class Numbers {
  private Numbers() {}

  /** Direct memory, so that native code can read it. */
  static ByteBuffer direct(ByteBuffer bytes) {
    if (bytes.isDirect()) {
      return bytes;
    }
    ByteBuffer copy = ByteBuffer.allocateDirect(bytes.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    copy.put(bytes.duplicate()).flip();
    return copy;
  }

  static ByteBuffer floats(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocateDirect(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float v : values) {
      bytes.putFloat(v);
    }
    return bytes.flip();
  }

  /** in * weight / out per output channel, in float and in this order: the order decides bits. */
  static float[] requantizationScales(float in, Quantization weights, float out, int channels) {
    float[] scales = new float[channels];
    boolean perAxis = weights.count() > 1;
    for (int c = 0; c < channels; c++) {
      scales[c] = in * weights.scale(perAxis ? c : 0) / out;
    }
    return scales;
  }

  /** The int8 that stands for a real number, rounded to even and clamped. */
  static int quantize(float real, Quantization q) {
    double rounded = Math.rint(real / q.scale()) + q.zeroPoint();
    return (int) Math.max(-128, Math.min(127, rounded));
  }

  static float lowest(Activation activation) {
    return switch (activation) {
      case RELU, RELU6 -> 0f;
      case RELU_N1_TO_1 -> -1f;
      default -> Float.NEGATIVE_INFINITY;
    };
  }

  static float highest(Activation activation) {
    return switch (activation) {
      case RELU6 -> 6f;
      case RELU_N1_TO_1 -> 1f;
      default -> Float.POSITIVE_INFINITY;
    };
  }

  /** Whether an activation is only a clamp, which every producer can do on the way out. */
  static boolean isClamp(Activation activation) {
    return switch (activation) {
      case NONE, RELU, RELU6, RELU_N1_TO_1 -> true;
      default -> false;
    };
  }

  /** Sets the clamp fields of a step whose result is quantized by q (or real when it is not). */
  static void clamp(Step step, Activation activation, Quantization q) {
    float low = lowest(activation);
    float high = highest(activation);
    boolean quantized = q.isQuantized();
    step.set("out_min", quantized && low > -1e30f ? quantize(low, q) : -128)
        .set("out_max", quantized && high < 1e30f ? quantize(high, q) : 127)
        .set("act_min", low)
        .set("act_max", high);
  }
}
