// How TFLite orders the stored numbers of quantized tensors.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

/** What TFLite compares instead of stored numbers. */
final class Comparisons {
  private static final int SHIFT = 8;

  private Comparisons() {}

  /** Whether TFLite's comparisons tell all stored numbers of a quantized tensor apart. */
  static boolean keepsApart(String type, int zeroPoint, float scale) {
    int least = Numbers.least(type);
    int count = Numbers.greatest(type) - least;
    for (int i = 1; i <= count; i++) {
      if (compared(least + i, zeroPoint, scale) == compared(least + i - 1, zeroPoint, scale)) {
        return false;
      }
    }
    return true;
  }

  /**
   * What TFLite compares instead of a stored number: 256 times its distance to the zero point times
   * the scale, in whole numbers, so that neighbours become equal where the scale is small.
   */
  private static int compared(int stored, int zeroPoint, float scale) {
    int exponent = Math.getExponent(scale) + 1;
    long multiplier = Math.round(scale / Math.pow(2, exponent) * (1L << 31));
    if (multiplier == 1L << 31) {
      multiplier /= 2;
      exponent++;
    }
    if (exponent < -31) {
      return 0;
    }
    long product = ((long) (stored - zeroPoint) << SHIFT) * multiplier;
    long high = (product + (product >= 0 ? 1L << 30 : 1 - (1L << 30))) / (1L << 31);
    int right = -exponent;
    if (right <= 0) {
      return (int) high;
    }
    long rest = high & ((1L << right) - 1);
    long half = ((1L << right) - 1) / 2 + (high < 0 ? 1 : 0);
    return (int) ((high >> right) + (rest > half ? 1 : 0));
  }
}
