// Real values to and from the numbers that stand for them.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.HalfFloat;
import dev.sinter.graph.Quantization;
import java.nio.ByteBuffer;

/** By a tensor's own scale and zero point; floats of 32 bits need none of this. */
final class Reals {
  private Reals() {}

  private static void requireScale(TensorInfo info, String model) {
    boolean integer =
        switch (info.type()) {
          case INT8, UINT8, INT16, INT32 -> true;
          default -> false;
        };
    if (!integer || !info.quantization().isPerTensor()) {
      throw new SinterException(
          Status.INVALID_ARGUMENT,
          model
              + ": tensor '"
              + info.name()
              + "' "
              + info.type()
              + info.shape()
              + " is neither float nor integers with one scale and zero point; it has no real"
              + " values");
    }
  }

  static void quantize(float[] values, ByteBuffer to, TensorInfo info, String model) {
    switch (info.type()) {
      case FLOAT16 -> {
        for (int i = 0; i < values.length; i++) {
          to.putShort(2 * i, HalfFloat.ofFloat(values[i]));
        }
      }
      default -> {
        requireScale(info, model);
        Quantization q = info.quantization();
        float scale = q.scale();
        long zero = q.zeroPoint();
        double low = low(info.type());
        double high = high(info.type());
        for (int i = 0; i < values.length; i++) {
          double real = (double) values[i] / scale;
          double stored = zero + (real < 0 ? Math.ceil(real - 0.5) : Math.floor(real + 0.5));
          put(
              to,
              info.type(),
              i,
              Double.isNaN(stored) ? zero : (long) Math.max(low, Math.min(high, stored)));
        }
      }
    }
  }

  static void dequantize(ByteBuffer from, float[] into, TensorInfo info, String model) {
    switch (info.type()) {
      case FLOAT16 -> {
        for (int i = 0; i < into.length; i++) {
          into[i] = HalfFloat.toFloat(from.getShort(2 * i));
        }
      }
      default -> {
        requireScale(info, model);
        float scale = info.quantization().scale();
        long zero = info.quantization().zeroPoint();
        for (int i = 0; i < into.length; i++) {
          into[i] = scale * (get(from, info.type(), i) - zero);
        }
      }
    }
  }

  private static int low(ElementType type) {
    return switch (type) {
      case INT8 -> Byte.MIN_VALUE;
      case UINT8 -> 0;
      case INT16 -> Short.MIN_VALUE;
      default -> Integer.MIN_VALUE;
    };
  }

  private static int high(ElementType type) {
    return switch (type) {
      case INT8 -> Byte.MAX_VALUE;
      case UINT8 -> 255;
      case INT16 -> Short.MAX_VALUE;
      default -> Integer.MAX_VALUE;
    };
  }

  private static void put(ByteBuffer to, ElementType type, int i, long value) {
    switch (type) {
      case INT8, UINT8 -> to.put(i, (byte) value);
      case INT16 -> to.putShort(2 * i, (short) value);
      default -> to.putInt(4 * i, (int) value);
    }
  }

  private static long get(ByteBuffer from, ElementType type, int i) {
    return switch (type) {
      case INT8 -> from.get(i);
      case UINT8 -> from.get(i) & 255;
      case INT16 -> from.getShort(2 * i);
      default -> from.getInt(4 * i);
    };
  }
}
