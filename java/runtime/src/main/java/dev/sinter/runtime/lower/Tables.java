// Tables of functions of 8 and 16 bits, entry by entry as TFLite computes them.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntUnaryOperator;

/** For the native op `lookup`: docs/numerics.md has the definitions. */
final class Tables {
  /** A function in single precision, given the inputs' and the results' scales. */
  interface Real {
    float at(float x);
  }

  // Where TFLite's table of 65536 * sigmoid(i / 24) is one more than the nearest integer.
  private static final long[] SIGMOID_ABOVE = {
    0xc0467baefa7bd110L, 0x11009020440005L, 0x80L, 0x8000000000000000L
  };

  private Tables() {}

  /** Rounds halves away from zero. */
  static float round(float x) {
    return (float) Math.copySign(Math.floor(Math.abs((double) x) + 0.5), x);
  }

  /** A table of all bytes from what is computed for each stored number. */
  static ByteBuffer bytes(String type, IntUnaryOperator f) {
    ByteBuffer table = ByteBuffer.allocate(256);
    int least = Numbers.least(type);
    int greatest = Numbers.greatest(type);
    for (int i = 0; i < 256; i++) {
      int y = f.applyAsInt(type.equals("s8") ? (byte) i : i);
      table.put(i, (byte) Math.max(least, Math.min(greatest, y)));
    }
    return table;
  }

  /** tfl.table8: a real function of dequantized numbers, halves rounded away from zero. */
  static ByteBuffer bytes(
      String type, float inScale, int inZero, float outScale, int outZero, Real f) {
    float inverse = 1 / outScale;
    return bytes(
        type,
        x -> {
          float y = round(f.at(inScale * (x - inZero)) * inverse) + outZero;
          // What an int cannot hold becomes its least value, as the conversion of x86 has it.
          return Math.abs(y) < 0x1p31f ? (int) y : Integer.MIN_VALUE;
        });
  }

  /**
   * tfl.table16: 513 values between which lines are drawn, moved to halve the midpoints' errors.
   */
  static ByteBuffer lines(float inScale, float outScale, Real f) {
    float least = inScale * -32768;
    float most = inScale * 32767;
    float step = (most - least) / 512;
    float half = step / 2;
    float inverse = 65536f / (outScale * 32767 - outScale * -32768);
    ByteBuffer table = ByteBuffer.allocate(2 * 513).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 512; i++) {
      float value = f.at(least + i * step);
      float middle = f.at(least + i * step + half);
      float next = f.at(least + (i + 1) * step);
      float sample = round(value * inverse);
      float drawn = round((next * inverse + round(value * inverse)) / 2);
      float bias = round((drawn - round(middle * inverse)) / 2);
      // Infinities leave no number, which becomes 0 as in TFLite on x86.
      table.putShort((short) Math.max(-32768f, Math.min(32767f, sample - bias)));
    }
    float last = round(f.at(most) * inverse);
    table.putShort((short) Math.max(-32768f, Math.min(32767f, last)));
    return table.flip();
  }

  /** Entries of a table between which lines are drawn. */
  static final int ENTRIES = 513;

  /**
   * The same for softmax: in doubles, for results between -1 and 1, each entry in 32 bits.
   *
   * @param to where the entries are put
   */
  static void lines(ByteBuffer to, double least, double most, DoubleUnaryOperator f) {
    double step = (most - least) / 512;
    for (int i = 0; i <= 512; i++) {
      double sample = away(f.applyAsDouble(least + i * step) * 32768);
      double bias = 0;
      if (i < 512) {
        double middle = f.applyAsDouble(least + i * step + step / 2);
        double next = f.applyAsDouble(least + (i + 1) * step);
        bias = away((away((next * 32768 + sample) / 2) - away(middle * 32768)) / 2);
      } else {
        sample = away(f.applyAsDouble(most) * 32768);
      }
      to.putInt((int) Math.max(-32768, Math.min(32767, sample - bias)));
    }
  }

  private static double away(double x) {
    return Math.copySign(Math.floor(Math.abs(x) + 0.5), x);
  }

  /** A table of all 65536 numbers. */
  static ByteBuffer words(IntUnaryOperator f) {
    ByteBuffer table = ByteBuffer.allocate(2 << 16).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = -32768; i < 32768; i++) {
      table.putShort((short) Math.max(-32768, Math.min(32767, f.applyAsInt(i))));
    }
    return table.flip();
  }

  private static int sigmoid(int i) {
    long nearest = Math.round(65536 / (1 + Math.exp(-i / 24.0)));
    return (int) Math.min(65535, nearest) + (int) (SIGMOID_ABOVE[i / 64] >>> (i % 64) & 1);
  }

  /** Multiplier and right shift that bring a scale to 1 / (3 * 4096). */
  private static int[] rescaled(float scale, boolean tanh) {
    int exponent = Math.getExponent(scale);
    int left = 12 + exponent;
    boolean power = (Float.floatToRawIntBits(scale) & 0x7fffff) == 0;
    if (power && (left == 0 || (tanh && left == 1))) {
      return new int[] {3 << left, 0};
    }
    double multiplier = (double) scale * 4096.0 * 3.0;
    int shift = 0;
    while (multiplier <= 32767.0 / 2.0 && shift <= 30) {
      shift++;
      multiplier *= 2;
    }
    return new int[] {(int) multiplier, shift};
  }

  /** tfl.logistic16. */
  static ByteBuffer logistic16(float scale) {
    int[] m = rescaled(scale, false);
    int[] table = new int[256];
    java.util.Arrays.setAll(table, Tables::sigmoid);
    return words(
        x -> {
          int v = ((x * m[0]) + (m[1] > 0 ? 1 << (m[1] - 1) : 0)) >> m[1];
          int magnitude = Math.abs(v);
          int at = magnitude >>> 9;
          int sum =
              at >= 255
                  ? 0x7fff << 10
                  : (table[at] << 9) + (magnitude & 0x1ff) * (table[at + 1] - table[at]);
          return (v >= 0 ? sum + (1 << 9) : (1 << 25) - sum + (1 << 9) - 1) >>> 10;
        });
  }

  /** tfl.tanh16. */
  static ByteBuffer tanh16(float scale) {
    int[] m = rescaled(scale, true);
    int[] table = new int[256];
    java.util.Arrays.setAll(table, Tables::sigmoid);
    return words(
        x -> {
          int v = ((x * m[0]) + (m[1] > 0 ? 1 << (m[1] - 1) : 0)) >> m[1];
          int magnitude = Math.abs(v);
          int at = magnitude >>> 8;
          int sum =
              at >= 255
                  ? 0xffff << 8
                  : (table[at] << 8) + (magnitude & 0xff) * (table[at + 1] - table[at]);
          return (v >= 0 ? sum - (1 << 23) + (1 << 7) : -sum + (1 << 23) + (1 << 7) - 1) >> 8;
        });
  }

  /** A real factor as TFLite's kernels have it: {@code mantissa * 2^(shift - 31)}. */
  record Factor(int mantissa, int shift) {
    static Factor of(double real) {
      if (real == 0) {
        return new Factor(0, 0);
      }
      int shift = Math.getExponent(real) + 1;
      long mantissa = Math.round(real / Math.pow(2, shift) * (1L << 31));
      if (mantissa == 1L << 31) {
        mantissa /= 2;
        shift++;
      }
      return shift < -31 ? new Factor(0, 0) : new Factor((int) mantissa, shift);
    }

    /** tfl.fixed_point: two roundings, the first of halves up, the second of halves away from 0. */
    int times(int x) {
      return by(x, mantissa, shift);
    }

    private static int by(int x, int mantissa, int shift) {
      int left = Math.max(shift, 0);
      int right = Math.max(-shift, 0);
      long product = (long) (x << left) * mantissa;
      int high = (int) ((product + (1L << 30)) >> 31);
      return right == 0 ? high : (int) ((high + (1L << (right - 1)) + (high >> 31)) >> right);
    }

    /** The mantissa in 16 bits. */
    int half() {
      return mantissa >= Integer.MAX_VALUE - (1 << 15) ? 32767 : (mantissa + (1 << 15)) >> 16;
    }
  }

  private static int doubledHigh(int a, int b) {
    return a == -32768 && b == -32768
        ? 32767
        : (a * b + (a * b >= 0 ? 1 << 14 : 1 - (1 << 14))) / (1 << 15);
  }

  private static int saturated(long x) {
    return (int) Math.max(-32768, Math.min(32767, x));
  }

  private static int rightShifted(int x, int by) {
    if (by == 0) {
      return x;
    }
    int remainder = x & ((1 << by) - 1);
    int threshold = (((1 << by) - 1) >> 1) + (x < 0 ? 1 : 0);
    return (x >> by) + (remainder > threshold ? 1 : 0);
  }

  /** tfl.hard_swish8; null where TFLite refuses the scales. */
  static ByteBuffer hardSwish(String type, float inScale, int inZero, float outScale, int outZero) {
    float fine = (1f / 128) * inScale;
    Factor out = Factor.of(fine / outScale);
    Factor gate = Factor.of(fine / (3f / 32768));
    if (out.shift() > 0) {
      return null;
    }
    return bytes(
        type,
        x -> {
          int value = (x - inZero) << 7;
          int scaled = doubledHigh(value, out.half());
          int open = value;
          if (gate.shift() > 0) {
            open = saturated((long) open << (gate.shift() - 1));
          }
          open = doubledHigh(open, gate.half());
          if (gate.shift() > 0) {
            open = saturated((long) open << 1);
          } else if (gate.shift() < 0) {
            open = rightShifted(open, -gate.shift());
          }
          open = (open + (1 << 15)) >> 1;
          return rightShifted(open * scaled / (1 << 15), -out.shift()) + outZero;
        });
  }

  /** tfl.rsqrt8: the root by Newton's iteration in fixed point. */
  static ByteBuffer rsqrt(float inScale, int inZero, float outScale, int outZero) {
    Factor out = Factor.of(1. / (Math.sqrt(inScale) * outScale));
    return bytes(
        "s8",
        x -> {
          int value = x - inZero;
          if (value <= 0) {
            return 127; // TFLite stops at negative numbers
          }
          int[] root = inverseRoot(value);
          int data = Factor.by(1, root[0], root[1] + 20);
          return Factor.by(data, out.mantissa(), out.shift() - 20) + outZero;
        });
  }

  /** 1 / sqrt(x) for x >= 1 as mantissa and left shift. */
  private static int[] inverseRoot(int x) {
    if (x == 1) {
      return new int[] {Integer.MAX_VALUE, 0};
    }
    int shift = 11;
    int pairs = (Integer.numberOfLeadingZeros(x) - 1) / 2 - 1;
    shift -= pairs;
    int input = x << (2 * pairs);
    int whole = input >> 1; // with 3 bits before the point, like all below
    int half = rightShifted(whole, 1);
    int threeHalves = (1 << 28) + (1 << 27);
    int y = 1 << 28;
    for (int i = 0; i < 5; i++) {
      int cube = shifted(high(high(y, y), y), 6);
      y = shifted(high(threeHalves, y) - high(half, cube), 3);
    }
    y = high(y, 1518500250); // half the root of 2
    if (shift < 0) {
      y <<= -shift;
      shift = 0;
    }
    return new int[] {y, -shift};
  }

  /** The high half of twice the product, rounded. */
  private static int high(int a, int b) {
    long product = (long) a * b;
    return (int) ((product + (product >= 0 ? 1L << 30 : 1 - (1L << 30))) / (1L << 31));
  }

  private static int shifted(int x, int left) {
    return (int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, (long) x << left));
  }

  /** The error function, to the last bits of a double below 3 and 1e-9 above. */
  static double erf(double x) {
    if (Math.abs(x) > 4.2) {
      return Math.signum(x);
    }
    double sum = x;
    double term = x;
    for (int n = 1; n < 120; n++) {
      term *= -x * x / n;
      sum += term / (2 * n + 1);
    }
    return sum * 2 / Math.sqrt(Math.PI);
  }

  static float gelu(float x, boolean approximate) {
    if (approximate) {
      double inner = Math.sqrt(2 / Math.PI) * (x + 0.044715 * (double) x * x * x);
      return (float) (0.5 * x * (1 + Math.tanh(inner)));
    }
    return (float) (0.5 * x * (1 + erf(x * Math.sqrt(0.5))));
  }
}
