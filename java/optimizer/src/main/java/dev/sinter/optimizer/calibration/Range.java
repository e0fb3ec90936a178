// The smallest and largest value that shall be representable.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.calibration;

/**
 * A range of real values.
 *
 * @param low smallest, finite
 * @param high largest, not below
 */
public record Range(double low, double high) {
  /**
   * Checks the numbers.
   *
   * @param low smallest, finite
   * @param high largest, not below
   */
  public Range {
    if (!(low <= high) || Double.isInfinite(low) || Double.isInfinite(high)) {
      throw new IllegalArgumentException("a range from " + low + " to " + high);
    }
  }

  /**
   * Returns the smallest range that holds both.
   *
   * @param other another range, or null
   * @return both together
   */
  public Range with(Range other) {
    return other == null ? this : new Range(Math.min(low, other.low), Math.max(high, other.high));
  }
}
