// Input channels are scaled, and weights clipped, by what inputs look like.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.weights;

import java.util.Arrays;

/**
 * AI Edge Quantizer's OSCAR (optimal scaling and channel arrangement): inputs are taken as
 * uncorrelated, m being the mean square of each. Weights that meet channel i are multiplied by s_i,
 * what comes in is divided by it, and a row is clipped at c where
 *
 * <pre>c^2 / (12 most^2) sum m / s^2 + sum over |w| s beyond c of (|w| s - c)^2 m / s^2</pre>
 *
 * is least: noise of rounding below the clip, what is cut off above. Scales lessen the first term
 * with c at the largest weight. Who asks for it divides the layer's input, too.
 */
public final class Oscar implements WeightQuantizer {
  /** Its name in recipes. */
  public static final String NAME = "OSCAR";

  private static final int ROUNDS = 3;
  private static final double FARTHEST = 1e4;
  private static final double LEAST = 1e-12;

  /** Makes one. */
  public Oscar() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean needsInputs() {
    return true;
  }

  /** Rounds weights that were multiplied by {@link #scales}, whose inputs were divided by them. */
  @Override
  public QuantizedWeights quantize(FloatMatrix weights, WeightSpec spec, InputMoments inputs) {
    if (!spec.symmetric()) {
      throw new IllegalArgumentException(
          "OSCAR clips symmetric weights; MSE_SEARCH takes those with zero points");
    }
    MomentMath.requireFit(weights, inputs);
    double[] m = meanSquares(inputs);
    return ScaleGrid.chosen(
            weights,
            spec,
            (slice, grid) -> {
              double clip = clip(weights, grid.from(slice), grid.to(slice), m, spec.most());
              return clip > 0 ? (float) (clip / spec.most()) : grid.scales[slice];
            })
        .round();
  }

  /** Of a layer whose inputs all meet: one group. Channels never seen count a little. */
  private static double[] meanSquares(InputMoments inputs) {
    int n = inputs.inputs();
    double[] m = new double[n];
    double most = 0;
    for (int i = 0; i < n; i++) {
      m[i] = inputs.products()[i * n + i] / Math.max(1, inputs.rows());
      most = Math.max(most, m[i]);
    }
    for (int i = 0; i < n; i++) {
      m[i] = Math.max(m[i], most * 1e-8 + LEAST);
    }
    return m;
  }

  /**
   * The clip with the least error. With the k largest magnitudes beyond it the error is a parabola
   * in c, so the best c of each k is known, and one pass over falling magnitudes finds the best k.
   */
  private static double clip(FloatMatrix weights, int from, int to, double[] m, int most) {
    int n = weights.inputs();
    long[] order = new long[to - from];
    double mass = 0;
    for (int i = from; i < to; i++) {
      // Magnitudes of floats are ordered as their bits are.
      long bits = Float.floatToIntBits(Math.abs(weights.values()[i]));
      order[i - from] = bits << 32 | i;
      mass += m[i % n];
    }
    Arrays.sort(order);
    double noise = mass / (12.0 * most * most);
    double sumM = 0;
    double sumA = 0;
    double sumA2 = 0;
    double best = Math.abs(weights.values()[(int) order[order.length - 1]]);
    double least = best * best * noise;
    for (int k = order.length - 1; k >= 0; k--) {
      int at = (int) order[k];
      double a = Math.abs(weights.values()[at]);
      double next = k == 0 ? 0 : Math.abs(weights.values()[(int) order[k - 1]]);
      sumM += m[at % n];
      sumA += a * m[at % n];
      sumA2 += a * a * m[at % n];
      double c = Math.max(next, Math.min(a, sumA / (noise + sumM)));
      double error = c * c * noise + sumA2 - 2 * c * sumA + c * c * sumM;
      if (error < least) {
        least = error;
        best = c;
      }
    }
    return best;
  }

  /**
   * Finds the scales of input channels.
   *
   * @param weights a row per output
   * @param spec what shares a scale
   * @param inputs what comes in
   * @return a factor per channel, their geometric mean near 1; null if none are better than 1
   */
  public static float[] scales(FloatMatrix weights, WeightSpec spec, InputMoments inputs) {
    MomentMath.requireFit(weights, inputs);
    int n = weights.inputs();
    double[] m = meanSquares(inputs);
    double[] squares = new double[n];
    Arrays.fill(squares, LEAST);
    for (int i = 0; i < weights.values().length; i++) {
      squares[i % n] += (double) weights.values()[i] * weights.values()[i];
    }
    double[] ones = new double[n];
    Arrays.fill(ones, 1);
    double least = cost(weights, spec, m, ones, null);
    double[] best = null;
    double[] s = balanced(m, squares);
    for (int round = 0; round <= ROUNDS; round++) {
      // Which channels decide on the rows' ranges now: these are to become smaller.
      double[] deciding = new double[n];
      double cost = cost(weights, spec, m, s, deciding);
      if (cost < least) {
        least = cost;
        best = s;
      }
      for (int i = 0; i < n; i++) {
        deciding[i] = Math.max(deciding[i], squares[i] / 4);
      }
      double[] other = balanced(m, deciding);
      double[] next = new double[n];
      for (int i = 0; i < n; i++) {
        next[i] = Math.sqrt(s[i] * other[i]);
      }
      s = centred(next);
    }
    if (best == null) {
      return null;
    }
    float[] out = new float[n];
    for (int i = 0; i < n; i++) {
      out[i] = (float) best[i];
    }
    return out;
  }

  /** Root of what comes in over what it meets, both in the mean. */
  private static double[] balanced(double[] m, double[] squares) {
    double[] s = new double[m.length];
    for (int i = 0; i < s.length; i++) {
      s[i] = Math.sqrt(Math.sqrt(m[i] / squares[i]));
    }
    return centred(s);
  }

  private static double[] centred(double[] s) {
    double log = 0;
    for (double v : s) {
      log += Math.log(v) / s.length;
    }
    double mean = Math.exp(log);
    double[] out = new double[s.length];
    for (int i = 0; i < s.length; i++) {
      out[i] = Math.max(1 / FARTHEST, Math.min(FARTHEST, s[i] / mean));
    }
    return out;
  }

  /** Noise of rounding with ranges as wide as the weights; adds up whose square was the widest. */
  private static double cost(
      FloatMatrix weights, WeightSpec spec, double[] m, double[] s, double[] deciding) {
    int n = weights.inputs();
    int block = spec.granularity() == WeightSpec.Granularity.BLOCK ? spec.block() : n;
    double total = 0;
    for (int from = 0; from < n; from += block) {
      int to = Math.min(n, from + block);
      double mass = 0;
      for (int i = from; i < to; i++) {
        mass += m[i] / (s[i] * s[i]);
      }
      for (int o = 0; o < weights.outputs(); o++) {
        int widest = from;
        double most = -1;
        for (int i = from; i < to; i++) {
          double a = Math.abs(weights.get(o, i)) * s[i];
          if (a > most) {
            most = a;
            widest = i;
          }
        }
        total += most * most * mass;
        if (deciding != null) {
          deciding[widest] += (double) weights.get(o, widest) * weights.get(o, widest);
        }
      }
    }
    return total;
  }
}
