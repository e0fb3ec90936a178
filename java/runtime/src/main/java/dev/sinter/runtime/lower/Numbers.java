// Quantized numbers and constants, in the arithmetic that TFLite's delegate uses.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Small numeric helpers of lowering. */
final class Numbers {
  private Numbers() {}

  static ByteBuffer floats(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float v : values) {
      bytes.putFloat(v);
    }
    return bytes.flip();
  }

  /** in * weight / out per output channel, in float and in this order: the order decides bits. */
  static float[] requantizationScales(float in, Quantization weights, float out, int channels) {
    float[] scales = new float[channels];
    boolean perAxis = weights.count() > 1;
    if (perAxis && weights.count() != channels) {
      throw new GraphException(
          "the weights have " + weights.count() + " scales for " + channels + " channels");
    }
    for (int c = 0; c < channels; c++) {
      scales[c] = in * weights.scale(perAxis ? c : 0) / out;
    }
    return scales;
  }

  /** The scales of weights, one per channel. */
  static float[] weightScales(Quantization weights, int channels) {
    return requantizationScales(1f, weights, 1f, channels);
  }

  /**
   * Bytes of signed values of 4 or 2 bits, of which several share a byte, the lowest bits first.
   */
  static ByteBuffer unpack(ByteBuffer packed, ElementType type, long count) {
    int bits = type == ElementType.INT2 ? 2 : 4;
    int perByte = 8 / bits;
    ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(count));
    for (int i = 0; i < count; i++) {
      int shared = packed.get(packed.position() + i / perByte);
      // The value moves to the top of the int, and comes back with its sign.
      bytes.put((byte) (shared << (32 - bits - bits * (i % perByte)) >> (32 - bits)));
    }
    return bytes.flip();
  }

  /** A matrix of whole-byte elements, its columns one after the other. */
  static ByteBuffer turned(ByteBuffer matrix, int rows, int columns) {
    int bytes = matrix.remaining() / rows / columns;
    ByteBuffer turned = ByteBuffer.allocate(matrix.remaining()).order(matrix.order());
    for (int c = 0; c < columns; c++) {
      for (int r = 0; r < rows; r++) {
        int from = matrix.position() + (r * columns + c) * bytes;
        for (int b = 0; b < bytes; b++) {
          turned.put(matrix.get(from + b));
        }
      }
    }
    return turned.flip();
  }

  static ByteBuffer doubles(double[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (double v : values) {
      bytes.putDouble(v);
    }
    return bytes.flip();
  }

  /**
   * The same quotients as TFLite's own kernels have them, in doubles.
   *
   * @param shortProduct whether a product of two single scales is rounded to float first
   */
  static double[] effectiveScales(
      float in, Quantization weights, float out, int channels, boolean shortProduct) {
    double[] scales = new double[channels];
    boolean perAxis = weights.count() > 1;
    if (perAxis && weights.count() != channels) {
      throw new GraphException(
          "the weights have " + weights.count() + " scales for " + channels + " channels");
    }
    for (int c = 0; c < channels; c++) {
      float w = weights.scale(perAxis ? c : 0);
      scales[c] = (!perAxis && shortProduct ? in * w : (double) in * w) / out;
    }
    return scales;
  }

  /** The least integer of a type, in the catalogue's words; of a type that is no integer int8's. */
  static int least(String type) {
    return switch (type) {
      case "u8" -> 0;
      case "s16" -> -32768;
      default -> -128;
    };
  }

  /** The greatest integer of a type. */
  static int greatest(String type) {
    return switch (type) {
      case "u8" -> 255;
      case "s16" -> 32767;
      default -> 127;
    };
  }

  /** The integer that bounds a result as XNNPACK has it: the sum is rounded, to even. */
  static int quantize(float real, Quantization q, String type) {
    float shifted = real / q.scale() + q.zeroPoint();
    return (int) Math.rint(Math.max(least(type), Math.min((float) greatest(type), shifted)));
  }

  /** The same as TFLite's own kernels have it: the quotient is rounded, halves away from zero. */
  static int quantizeBuiltin(float real, Quantization q, String type) {
    float quotient = real / q.scale();
    double rounded = Math.copySign(Math.floor(Math.abs((double) quotient) + 0.5), quotient);
    return (int) Math.max(least(type), Math.min(greatest(type), rounded + q.zeroPoint()));
  }

  /** A number among what the file says about an op; 0 if it says nothing. */
  static Number attribute(OpKind.Foreign kind, String name) {
    return kind.attributes().get(name) instanceof Number n ? n : Integer.valueOf(0);
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

  /** Whether the bounds of an activation are the same integers, whichever side rounds them. */
  static boolean roundsAlike(Activation activation, Quantization q, String type) {
    for (float bound : new float[] {lowest(activation), highest(activation)}) {
      if (q.isQuantized()
          && Math.abs(bound) < 1e30f
          && quantize(bound, q, type) != quantizeBuiltin(bound, q, type)) {
        return false;
      }
    }
    return true;
  }

  /** Sets the clamp fields of a step whose result is quantized by q (or real when it is not). */
  static void clamp(Step step, Activation activation, Quantization q) {
    clamp(step, activation, q, Numbers::quantize);
  }

  /** The same for ops that TFLite runs by its own kernels: average pools and the relu family. */
  static void clampBuiltin(Step step, Activation activation, Quantization q) {
    clamp(step, activation, q, Numbers::quantizeBuiltin);
  }

  private interface Rounding {
    int quantize(float real, Quantization q, String type);
  }

  private static void clamp(Step step, Activation activation, Quantization q, Rounding rounding) {
    float low = lowest(activation);
    float high = highest(activation);
    boolean quantized = q.isQuantized();
    String type = step.types().get(step.types().size() - 1);
    int least = least(type);
    int greatest = greatest(type);
    step.set("out_min", quantized && low > -1e30f ? rounding.quantize(low, q, type) : least)
        .set("out_max", quantized && high < 1e30f ? rounding.quantize(high, q, type) : greatest)
        .set("act_min", low)
        .set("act_max", high);
  }
}
