// bfloat16 values for direct kernels.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

/**
 * bfloat16: the upper 16 bits of a float. Rounding is that of the kernels: to nearest, halves to
 * even; NaN stays NaN, denormals become zero.
 */
public final class Bfloat16 {
  private Bfloat16() {}

  /**
   * Rounds a float.
   *
   * @param value any float
   * @return its bfloat16
   */
  public static short fromFloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    if ((bits & 0x7f800000) == 0) {
      return (short) ((bits >>> 16) & 0x8000);
    }
    if ((bits & 0x7fffffff) > 0x7f800000) {
      return (short) ((bits >>> 16) | 0x40);
    }
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }

  /**
   * Widens a bfloat16; exact.
   *
   * @param value any bfloat16
   * @return the same number
   */
  public static float toFloat(short value) {
    return Float.intBitsToFloat(value << 16);
  }
}
