// How a range is chosen from what was seen.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.calibration;

import java.util.Locale;

/** Ways to choose the range of a tensor from its values on examples. */
public enum Method {
  /** Smallest and largest value of all. */
  MIN_MAX,
  /**
   * Smallest and largest value of an example, averaged: old * 0.95 + new * 0.05 from the second.
   */
  MOVING_AVERAGE,
  /** What leaves out the outermost share of values on each side that has any. */
  PERCENTILE,
  /** What changes the distribution of values least, by relative entropy. */
  ENTROPY,
  /** What gives the smallest mean square error of the quantized values. */
  MSE,
  /** As {@link #MSE}, found by narrowing the range step by step from the outside. */
  HISTOGRAM;

  /**
   * Tells whether the distribution of values has to be kept.
   *
   * @return false for the first two
   */
  public boolean needsHistogram() {
    return this != MIN_MAX && this != MOVING_AVERAGE;
  }

  /**
   * Finds a method by name.
   *
   * @param name such as {@code min_max}, {@code min-max}
   * @return the method
   * @throws IllegalArgumentException if there is none; lists those there are
   */
  public static Method named(String name) {
    for (Method m : values()) {
      if (m.label().equals(name.toLowerCase(Locale.ROOT).replace('-', '_'))) {
        return m;
      }
    }
    throw new IllegalArgumentException(
        "there is no calibration method '"
            + name
            + "'; there are min_max, moving_average, percentile, entropy, mse, histogram");
  }

  /**
   * Returns its name in files and commands.
   *
   * @return the name in small letters
   */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
