// IEEE half precision to and from single precision.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

/** Conversions of half precision numbers, kept as the bits of a short. */
public final class HalfFloat {
  private HalfFloat() {}

  /**
   * Widens; exact.
   *
   * @param half bits of a half precision number
   * @return the same number
   */
  public static float toFloat(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = (half >> 10) & 31;
    int mantissa = half & 0x3ff;
    if (exponent == 31) {
      return Float.intBitsToFloat(sign | 0x7f800000 | mantissa << 13);
    }
    if (exponent == 0) {
      float value = mantissa * 0x1p-24f;
      return sign == 0 ? value : -value;
    }
    return Float.intBitsToFloat(sign | (exponent + 112) << 23 | mantissa << 13);
  }

  /**
   * Narrows; rounds to nearest, ties to even, too large numbers to infinity.
   *
   * @param value a number
   * @return bits of the nearest half precision number
   */
  public static short ofFloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    int magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) {
      return (short) (sign | 0x7e00 | ((magnitude >> 13) & 0x1ff));
    }
    if (magnitude >= 0x477ff000) {
      return (short) (sign | 0x7c00);
    }
    if (magnitude < 0x38800000) {
      return (short) (sign | (int) Math.rint(Math.abs((double) value) * 0x1p24));
    }
    int rounded = magnitude + 0xfff + (magnitude >> 13 & 1);
    return (short) (sign | (rounded >> 13) - (112 << 10));
  }
}
