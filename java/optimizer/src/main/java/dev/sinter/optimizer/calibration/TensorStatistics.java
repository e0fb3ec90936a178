// What was seen of one tensor so far.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.calibration;

/**
 * Running statistics of one tensor, in memory that does not grow with the examples: extremes, their
 * moving average, and a histogram where a method needs one.
 */
final class TensorStatistics {
  /** AI Edge Quantizer's weight of what was seen before. */
  static final double SMOOTHING = 0.95;

  /** Larger magnitudes stand for "minus infinity" in masks, and are no values. */
  private static final float MASK = 3e38f;

  private long examples;
  private double low = Double.POSITIVE_INFINITY;
  private double high = Double.NEGATIVE_INFINITY;
  private double averageLow;
  private double averageHigh;
  private Histogram histogram;

  TensorStatistics() {}

  TensorStatistics(
      long examples,
      double low,
      double high,
      double averageLow,
      double averageHigh,
      Histogram histogram) {
    this.examples = examples;
    this.low = low;
    this.high = high;
    this.averageLow = averageLow;
    this.averageHigh = averageHigh;
    this.histogram = histogram;
  }

  long examples() {
    return examples;
  }

  double low() {
    return low;
  }

  double high() {
    return high;
  }

  double averageLow() {
    return averageLow;
  }

  double averageHigh() {
    return averageHigh;
  }

  Histogram histogram() {
    return histogram;
  }

  /**
   * Takes the values of one example.
   *
   * @param values not changed, but for masks, which become 0
   * @param n how many
   * @param distribution whether to keep a histogram
   * @return index of a value that is no number or infinite, -1 if all are fine
   */
  int add(float[] values, int n, boolean distribution) {
    float least = Float.POSITIVE_INFINITY;
    float most = Float.NEGATIVE_INFINITY;
    float sum = 0;
    for (int i = 0; i < n; i++) {
      float v = values[i];
      least = Math.min(least, v);
      most = Math.max(most, v);
      sum += v * 0;
    }
    boolean strange = sum != 0 || least <= -MASK || most >= MASK;
    if (strange || Float.isNaN(sum)) {
      least = Float.POSITIVE_INFINITY;
      most = Float.NEGATIVE_INFINITY;
      for (int i = 0; i < n; i++) {
        float v = values[i];
        if (Float.isNaN(v) || Float.isInfinite(v)) {
          return i;
        }
        if (Math.abs(v) >= MASK) {
          values[i] = 0;
        } else {
          least = Math.min(least, v);
          most = Math.max(most, v);
        }
      }
    }
    if (least > most) {
      return -1; // nothing in it
    }
    averageLow = examples == 0 ? least : SMOOTHING * averageLow + (1 - SMOOTHING) * least;
    averageHigh = examples == 0 ? most : SMOOTHING * averageHigh + (1 - SMOOTHING) * most;
    low = Math.min(low, least);
    high = Math.max(high, most);
    examples++;
    if (distribution) {
      double from = strange ? Math.min(least, 0) : least;
      double to = strange ? Math.max(most, 0) : most;
      if (histogram == null) {
        histogram = new Histogram(from, to);
      }
      histogram.cover(from, to);
      histogram.add(values, n);
    }
    return -1;
  }

  boolean isEmpty() {
    return examples == 0;
  }

  Range range(Method method, double percentile, int bits) {
    if (examples == 0) {
      return null;
    }
    return switch (method) {
      case MIN_MAX -> new Range(low, high);
      case MOVING_AVERAGE -> new Range(averageLow, averageHigh);
      default ->
          histogram == null
              ? null
              : RangeSearch.of(histogram, new Range(low, high), method, percentile, bits);
    };
  }
}
