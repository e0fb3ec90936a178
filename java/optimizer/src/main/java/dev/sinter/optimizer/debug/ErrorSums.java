// Collects differences example by example; memory does not grow with their number.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import java.util.Arrays;

/** Sums from which {@link ErrorMetrics} are made. */
final class ErrorSums {
  private static final double KL_EPSILON = 1e-9;
  private static final double RATIO_EPSILON = 1e-6;
  private static final double SNR_EPSILON = 1e-9;

  private final Mean elements = new Mean();
  private final Mean stddev = new Mean();
  private final Mean mean = new Mean();
  private final Mean max = new Mean();
  private final Mean mse = new Mean();
  private final Mean median = new Mean();
  private final Mean cosine = new Mean();
  private final Mean kl = new Mean();
  private final Mean snr = new Mean();
  private final boolean all;
  private double noise;
  private double signal;
  private double largest;
  private long nonFinite;
  private int examples;
  private int worst = -1;
  private double worstNoise = -1;

  /**
   * Starts.
   *
   * @param all whether the metrics of the AI Edge Quantizer are wanted too; the others are cheaper
   */
  ErrorSums(boolean all) {
    this.all = all;
  }

  /** Mean of what are numbers. */
  private static final class Mean {
    private double sum;
    private int count;

    void add(double x) {
      if (!Double.isNaN(x)) {
        sum += x;
        count++;
      }
    }

    double value() {
      return count == 0 ? Double.NaN : sum / count;
    }
  }

  /** Adds an example; both have the same length, {@code scratch} has at least as much. */
  void add(float[] reference, float[] compressed, float[] scratch) {
    int n = reference.length;
    double sum = 0;
    double squares = 0;
    double signalHere = 0;
    double most = 0;
    long strange = 0;
    for (int i = 0; i < n; i++) {
      double r = reference[i];
      double d = compressed[i] - r;
      if (!Double.isFinite(d)) {
        strange++;
        continue;
      }
      sum += d;
      squares += d * d;
      signalHere += r * r;
      most = Math.max(most, Math.abs(d));
    }
    if (n > 0) {
      elements.add(n);
      // Like numpy: one value that is no number makes the example's metric none.
      double ok = strange == 0 ? 1 : Double.NaN;
      double m = sum / n;
      mean.add(m * ok);
      mse.add(squares / n * ok);
      stddev.add(Math.sqrt(Math.max(0, deviation(reference, compressed, m) / n)) * ok);
      max.add(most * ok);
    }
    if (all) {
      addAll(reference, compressed, scratch);
    }
    noise += squares;
    signal += signalHere;
    largest = Math.max(largest, most);
    nonFinite += strange;
    double here = strange > 0 ? Double.POSITIVE_INFINITY : ratio(squares, signalHere);
    if (here > worstNoise) {
      worstNoise = here;
      worst = examples;
    }
    examples++;
  }

  private static double deviation(float[] reference, float[] compressed, double mean) {
    double sum = 0;
    for (int i = 0; i < reference.length; i++) {
      double d = (double) compressed[i] - reference[i] - mean;
      sum += d * d;
    }
    return sum;
  }

  private void addAll(float[] reference, float[] compressed, float[] scratch) {
    int n = reference.length;
    double rr = 0;
    double tt = 0;
    double rt = 0;
    double dd = 0;
    double divergence = 0;
    for (int i = 0; i < n; i++) {
      double r = finite(reference[i]);
      double t = finite(compressed[i]);
      double d = t - r;
      rr += r * r;
      tt += t * t;
      rt += r * t;
      dd += d * d;
      double p = Math.max(0, r);
      if (p > 0) {
        divergence += p * Math.log((p + KL_EPSILON) / (Math.max(0, t) + KL_EPSILON));
      }
      scratch[i] = (float) (Math.abs(d) / (Math.abs(r) + RATIO_EPSILON));
    }
    median.add(n == 0 ? 0 : median(scratch, n));
    cosine.add(n == 0 ? 0 : rr == 0 || tt == 0 ? (rr == tt ? 1 : 0) : rt / Math.sqrt(rr * tt));
    kl.add(divergence);
    snr.add(n == 0 ? 0 : rr / n / (dd / n + SNR_EPSILON));
  }

  private static double finite(float x) {
    if (Float.isNaN(x)) {
      return 1e-9;
    }
    return Float.isInfinite(x) ? Math.copySign(1e9, x) : x;
  }

  /** The median; of an even number the mean of the middle two. Reorders the values. */
  static double median(float[] values, int n) {
    int middle = n / 2;
    select(values, n, middle);
    double upper = values[middle];
    if (n % 2 == 1) {
      return upper;
    }
    double lower = values[0];
    for (int i = 1; i < middle; i++) {
      lower = Math.max(lower, values[i]);
    }
    return (lower + upper) / 2;
  }

  /** Brings the k-th smallest to its place, with nothing larger before it (Hoare's selection). */
  private static void select(float[] v, int n, int k) {
    int low = 0;
    int high = n - 1;
    int budget = 64; // against inputs made to be slow: then sort
    while (low < high) {
      if (budget-- == 0) {
        Arrays.sort(v, low, high + 1);
        return;
      }
      float pivot = v[(low + high) >>> 1];
      int i = low;
      int j = high;
      while (i <= j) {
        while (v[i] < pivot) {
          i++;
        }
        while (v[j] > pivot) {
          j--;
        }
        if (i <= j) {
          float t = v[i];
          v[i++] = v[j];
          v[j--] = t;
        }
      }
      if (k <= j) {
        high = j;
      } else if (k >= i) {
        low = i;
      } else {
        return;
      }
    }
  }

  static double ratio(double noise, double signal) {
    return noise == 0 ? 0 : signal == 0 ? Double.POSITIVE_INFINITY : noise / signal;
  }

  ErrorMetrics metrics() {
    double ratio = ratio(noise, signal);
    return new ErrorMetrics(
        elements.value(),
        stddev.value(),
        mean.value(),
        max.value(),
        mse.value(),
        median.value(),
        cosine.value(),
        kl.value(),
        snr.value(),
        ratio,
        ErrorMetrics.decibels(ratio),
        largest,
        worst,
        ErrorMetrics.decibels(worstNoise),
        nonFinite);
  }
}
