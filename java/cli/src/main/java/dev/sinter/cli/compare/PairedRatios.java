// Medians of paired measurements, and how far they can be trusted.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.compare;

import java.util.Arrays;

/** Times of two runtimes, measured in alternation: one pair per round. */
public final class PairedRatios {
  private static final double Z95 = 1.959964;

  private double[] ours = new double[64];
  private double[] theirs = new double[64];
  private int size;

  /**
   * Adds a round.
   *
   * @param our our time, any unit
   * @param their the peer's time in the same unit
   */
  public void add(double our, double their) {
    if (size == ours.length) {
      ours = Arrays.copyOf(ours, 2 * size);
      theirs = Arrays.copyOf(theirs, 2 * size);
    }
    ours[size] = our;
    theirs[size] = their;
    size++;
  }

  /**
   * Returns the number of rounds.
   *
   * @return pairs added
   */
  public int size() {
    return size;
  }

  /**
   * Returns the median of our times.
   *
   * @return NaN if nothing was added
   */
  public double medianOurs() {
    return median(Arrays.copyOf(ours, size));
  }

  /**
   * Returns the median of the peer's times.
   *
   * @return NaN if nothing was added
   */
  public double medianTheirs() {
    return median(Arrays.copyOf(theirs, size));
  }

  /**
   * Returns the median of the rounds' ratios, the peer's time divided by ours.
   *
   * @return more than 1 where we are faster; NaN if nothing was added
   */
  public double ratio() {
    return median(ratios());
  }

  /**
   * Returns the lower end of the 95 % interval of {@link #ratio()}, from order statistics: no
   * assumption about how the times are distributed.
   *
   * @return the lower end; the smallest ratio where there are too few rounds for more
   */
  public double low() {
    return order(false);
  }

  /**
   * Returns the upper end of the 95 % interval of {@link #ratio()}.
   *
   * @return the upper end; the largest ratio where there are too few rounds for more
   */
  public double high() {
    return order(true);
  }

  private double[] ratios() {
    double[] r = new double[size];
    for (int i = 0; i < size; i++) {
      r[i] = theirs[i] / ours[i];
    }
    return r;
  }

  private double order(boolean upper) {
    if (size == 0) {
      return Double.NaN;
    }
    double[] r = ratios();
    Arrays.sort(r);
    // The number of ratios below the true median is binomial(size, 1/2).
    int low = (int) Math.floor((size - Z95 * Math.sqrt(size)) / 2) - 1;
    int at = Math.max(0, Math.min(size - 1, low));
    return r[upper ? size - 1 - at : at];
  }

  private static double median(double[] values) {
    if (values.length == 0) {
      return Double.NaN;
    }
    Arrays.sort(values);
    int n = values.length;
    return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
  }
}
