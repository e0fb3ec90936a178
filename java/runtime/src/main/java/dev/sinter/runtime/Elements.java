// Arithmetic on the values of tensors whose type is known only while running.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.ElementType;
import java.nio.ByteBuffer;

/** What ops in Java fold values with; integers wrap around, floats are rounded at each step. */
final class Elements {
  /** How two values become one. */
  enum Fold {
    SUM,
    PRODUCT,
    LEAST,
    MOST,
    ALL,
    ANY
  }

  private Elements() {}

  /** The bytes of a value of a type. */
  static int bytes(HostCall call, ElementType type) {
    if (type.bits() % 8 != 0 || type.bits() == 0) {
      throw call.failure(Status.UNSUPPORTED, "values of type " + type);
    }
    return type.bits() / 8;
  }

  /** Puts bytes of 0 everywhere. */
  static void clear(ByteBuffer out) {
    for (int i = 0; i < out.limit(); i++) {
      out.put(i, (byte) 0);
    }
  }

  /** Puts one value everywhere. */
  static void fill(ByteBuffer out, ByteBuffer value, int bytes) {
    for (int i = 0; i < out.limit(); i += bytes) {
      out.put(i, value, 0, bytes);
    }
  }

  /** Puts the value everywhere with which a fold begins. */
  static void begin(HostCall call, ElementType type, Fold fold, ByteBuffer out) {
    boolean real = type == ElementType.FLOAT32;
    double high = real ? Float.MAX_VALUE : Integer.MAX_VALUE;
    double low = real ? -Float.MAX_VALUE : Integer.MIN_VALUE;
    double first =
        switch (fold) {
          case SUM, ANY -> 0;
          case PRODUCT, ALL -> 1;
          case LEAST -> high;
          case MOST -> low;
        };
    for (int i = 0; i < out.limit(); i += 4) {
      switch (type) {
        case FLOAT32 -> out.putFloat(i, (float) first);
        case INT32 -> out.putInt(i, (int) first);
        default -> throw call.failure(Status.UNSUPPORTED, "values of type " + type);
      }
    }
  }

  /** Folds a value into another. */
  static void fold(
      HostCall call, ElementType type, Fold fold, ByteBuffer out, int to, ByteBuffer in, int from) {
    switch (type) {
      case FLOAT32 ->
          out.putFloat(4 * to, fold(call, fold, out.getFloat(4 * to), in.getFloat(4 * from)));
      case INT32 -> out.putInt(4 * to, (int) fold(fold, out.getInt(4 * to), in.getInt(4 * from)));
      case INT64 -> out.putLong(8 * to, fold(fold, out.getLong(8 * to), in.getLong(8 * from)));
      case INT16 ->
          out.putShort(2 * to, (short) fold(fold, out.getShort(2 * to), in.getShort(2 * from)));
      case INT8, BOOL -> out.put(to, (byte) fold(fold, out.get(to), in.get(from)));
      case UINT8 -> out.put(to, (byte) fold(fold, out.get(to) & 255L, in.get(from) & 255L));
      default -> throw call.failure(Status.UNSUPPORTED, "values of type " + type);
    }
  }

  private static float fold(HostCall call, Fold fold, float a, float b) {
    return switch (fold) {
      case SUM -> a + b;
      case PRODUCT -> a * b;
      case LEAST -> b < a ? b : a;
      case MOST -> a < b ? b : a;
      default -> throw call.failure(Status.UNSUPPORTED, fold + " of floats");
    };
  }

  private static long fold(Fold fold, long a, long b) {
    return switch (fold) {
      case SUM -> a + b;
      case PRODUCT -> a * b;
      case LEAST -> Math.min(a, b);
      case MOST -> Math.max(a, b);
      case ALL -> a & b;
      case ANY -> a | b;
    };
  }
}
