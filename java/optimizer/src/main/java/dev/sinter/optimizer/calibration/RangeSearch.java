// Ranges from histograms.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.calibration;

/** Chooses what part of a distribution a tensor's integers shall stand for. */
final class RangeSearch {
  /** Ends of the range that are tried, from all to a small part. */
  private static final int STEPS = 128;

  private final Histogram h;
  private final Range all;
  private final int levels;

  private RangeSearch(Histogram h, Range all, int bits) {
    this.h = h;
    this.all = all;
    this.levels = 1 << Math.min(bits, 16);
  }

  static Range of(Histogram h, Range all, Method method, double percentile, int bits) {
    RangeSearch s = new RangeSearch(h, all, bits);
    return switch (method) {
      case PERCENTILE -> s.percentile(percentile / 100);
      case ENTROPY -> s.best(s::divergence);
      case MSE -> s.best(s::error);
      case HISTOGRAM -> s.narrowed();
      default -> all;
    };
  }

  private interface Cost {
    double of(double low, double high);
  }

  /** Leaves out the outermost values on each side, where there are values on that side of 0. */
  private Range percentile(double share) {
    long total = h.total();
    double out = (1 - share) * total;
    double low = all.low();
    double high = all.high();
    if (low < 0) {
      low = Math.max(low, Math.min(0, quantile(out)));
    }
    if (high > 0) {
      high = Math.min(high, Math.max(0, quantile(total - out)));
    }
    return new Range(Math.min(low, high), Math.max(low, high));
  }

  /** The value that so many are below of, within its bin by proportion. */
  private double quantile(double count) {
    double sum = 0;
    for (int i = 0; i < Histogram.BINS; i++) {
      long c = h.counts()[i];
      if (c > 0 && sum + c >= count) {
        return h.low() + (i + Math.max(0, count - sum) / c) * h.width();
      }
      sum += c;
    }
    return all.high();
  }

  /**
   * The cheapest range: one end is tried after the other, twice, in fractions of what it is at
   * most. Of equal ones the widest.
   */
  private Range best(Cost cost) {
    double low = Math.min(all.low(), 0);
    double high = Math.max(all.high(), 0);
    double fullLow = low;
    double fullHigh = high;
    if (low < 0 && high > 0) {
      // Both at once first: a good start for distributions that are the same on both sides.
      double ratio = cheapest(f -> cost.of(fullLow * f, fullHigh * f));
      low = fullLow * ratio;
      high = fullHigh * ratio;
    }
    for (int round = 0; round < 2; round++) {
      double fixedLow = low;
      high = high > 0 ? fullHigh * cheapest(f -> cost.of(fixedLow, fullHigh * f)) : high;
      double fixedHigh = high;
      low = low < 0 ? fullLow * cheapest(f -> cost.of(fullLow * f, fixedHigh)) : low;
    }
    return new Range(low, high);
  }

  private static double cheapest(java.util.function.DoubleUnaryOperator cost) {
    double best = 1;
    double least = Double.POSITIVE_INFINITY;
    for (int i = STEPS; i > 0; i--) {
      double f = (double) i / STEPS;
      double c = cost.applyAsDouble(f);
      if (c < least) {
        least = c;
        best = f;
      }
    }
    return best;
  }

  /** Sum of squared errors: rounding inside, a twelfth of a step squared; clipping outside. */
  private double error(double low, double high) {
    double step = Math.max((high - low) / (levels - 1), Double.MIN_NORMAL);
    double rounding = step * step / 12;
    double sum = 0;
    for (int i = 0; i < Histogram.BINS; i++) {
      long c = h.counts()[i];
      if (c > 0) {
        double x = h.center(i);
        double over = x > high ? x - high : x < low ? low - x : 0;
        // Exact zeros, of which rectified activations are full, stay exact.
        boolean zero = Math.abs(x) < h.width();
        sum += c * (over * over + (zero ? 0 : rounding));
      }
    }
    return sum;
  }

  /**
   * Relative entropy of the clipped, quantized distribution against the clipped one. The bin of 0
   * does not count: rectified activations are full of zeros, which stay exact, and would seem to be
   * spread over a whole step. Ranges of fewer bins than half the levels are not asked about: there
   * nothing is quantized any more, only clipped.
   */
  private double divergence(double low, double high) {
    int first = Math.max(0, (int) ((low - h.low()) / h.width()));
    int end = Math.min(Histogram.BINS, (int) Math.ceil((high - h.low()) / h.width()));
    if (end - first < levels / 2) {
      return Double.POSITIVE_INFINITY;
    }
    int zero = (int) Math.floor(-h.low() / h.width());
    double[] p = new double[end - first];
    double[] inside = new double[end - first];
    double total = 0;
    for (int i = 0; i < Histogram.BINS; i++) {
      long c = i == zero ? 0 : h.counts()[i];
      p[Math.max(0, Math.min(p.length - 1, i - first))] += c;
      total += c;
      if (i >= first && i < end) {
        inside[i - first] = c;
      }
    }
    double[] q = spread(inside, p);
    double all = 0;
    for (double v : q) {
      all += v;
    }
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      if (p[i] > 0) {
        double pi = p[i] / total;
        double qi = Math.max(q[i] / Math.max(all, 1), 1e-12);
        sum += pi * Math.log(pi / qi);
      }
    }
    return sum;
  }

  /**
   * What quantization makes of a distribution: each level's values lie evenly over its used bins.
   */
  private double[] spread(double[] inside, double[] p) {
    double[] q = new double[inside.length];
    double perLevel = Math.max(1, (double) inside.length / levels);
    for (int level = 0; level * perLevel < inside.length; level++) {
      int a = (int) Math.floor(level * perLevel);
      int b = Math.min(inside.length, (int) Math.floor((level + 1) * perLevel));
      double sum = 0;
      int used = 0;
      for (int i = a; i < b; i++) {
        sum += inside[i];
        used += p[i] > 0 ? 1 : 0;
      }
      for (int i = a; i < b; i++) {
        q[i] = p[i] > 0 ? sum / used : 0;
      }
    }
    return q;
  }

  /** Takes a sliver of values off the side whose loss costs less, as long as the error shrinks. */
  private Range narrowed() {
    double total = h.total();
    double sliver = 1e-5;
    double alpha = 0;
    double beta = 1;
    double low = Math.min(all.low(), 0);
    double high = Math.max(all.high(), 0);
    Range best = new Range(low, high);
    double least = error(low, high);
    while (alpha + sliver < beta) {
      double nextLow =
          low < 0 ? Math.min(0, Math.max(low, quantile((alpha + sliver) * total))) : low;
      double nextHigh =
          high > 0 ? Math.max(0, Math.min(high, quantile((beta - sliver) * total))) : high;
      boolean left = nextLow - low >= high - nextHigh;
      if (nextLow == low && nextHigh == high) {
        alpha += sliver;
        beta -= sliver;
        sliver *= 2;
        continue;
      }
      if (left) {
        alpha += sliver;
        low = nextLow;
      } else {
        beta -= sliver;
        high = nextHigh;
      }
      double now = error(low, high);
      if (now > least) {
        break;
      }
      least = now;
      best = new Range(low, high);
    }
    return best;
  }
}
