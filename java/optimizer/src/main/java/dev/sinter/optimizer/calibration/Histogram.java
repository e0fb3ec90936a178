// How often values of each size were seen, in bounded memory however far they go.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.calibration;

/**
 * Counts of values in bins of equal width from {@code low} up. A value outside doubles the width,
 * as often as need be, by adding neighbouring bins, so nothing that was counted moves by more than
 * half a bin.
 */
final class Histogram {
  /** Bins; doubling leaves at least half of them in use. */
  static final int BINS = 4096;

  private double low;
  private double width;
  private final long[] counts = new long[BINS];

  /** Starts with a range, from the first example. */
  Histogram(double least, double most) {
    double span = most - least;
    low = least;
    // A little room: the largest value falls into the last bin.
    width =
        span > 0
            ? Math.max(span / (BINS - 1), Double.MIN_NORMAL)
            : 1e-9 * Math.max(1, Math.abs(least));
  }

  private Histogram(double low, double width, long[] counts) {
    this.low = low;
    this.width = width;
    System.arraycopy(counts, 0, this.counts, 0, BINS);
  }

  /** A histogram that was stored. */
  static Histogram of(double low, double width, long[] counts) {
    if (counts.length != BINS || !(width > 0) || Double.isInfinite(width) || Double.isNaN(low)) {
      throw new IllegalArgumentException(
          "a histogram of " + counts.length + " bins of width " + width + " from " + low);
    }
    for (long c : counts) {
      if (c < 0) {
        throw new IllegalArgumentException("a histogram with a count of " + c);
      }
    }
    return new Histogram(low, width, counts);
  }

  double low() {
    return low;
  }

  double width() {
    return width;
  }

  long[] counts() {
    return counts;
  }

  /** The middle of a bin. */
  double center(int bin) {
    return low + (bin + 0.5) * width;
  }

  long total() {
    long sum = 0;
    for (long c : counts) {
      sum += c;
    }
    return sum;
  }

  /** Widens until a range fits. */
  void cover(double least, double most) {
    while (most >= low + BINS * width) {
      halve(0);
    }
    while (least < low) {
      low -= BINS * width;
      halve(BINS / 2);
    }
  }

  /** Adds neighbours; they go into the lower or the upper half. */
  private void halve(int offset) {
    long[] sums = new long[BINS / 2];
    for (int i = 0; i < BINS / 2; i++) {
      sums[i] = counts[2 * i] + counts[2 * i + 1];
    }
    java.util.Arrays.fill(counts, 0);
    System.arraycopy(sums, 0, counts, offset, BINS / 2);
    width *= 2;
  }

  /** Counts values that {@link #cover} was called for. */
  void add(float[] values, int n) {
    double scale = 1 / width;
    for (int i = 0; i < n; i++) {
      int bin = (int) ((values[i] - low) * scale);
      counts[Math.max(0, Math.min(BINS - 1, bin))]++;
    }
  }
}
