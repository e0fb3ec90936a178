// Checks and forms of what is known about a layer's inputs.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.weights;

/** Functions on {@link InputMoments}. */
public final class MomentMath {
  private MomentMath() {}

  /**
   * Returns whose moments a row of weights is multiplied with.
   *
   * @param output the row
   * @param outputs rows in all
   * @param groups of the moments; they share the rows evenly, in order
   * @return the group
   */
  public static int group(int output, int outputs, int groups) {
    return (int) ((long) output * groups / outputs);
  }

  /**
   * Takes the mean out: moments of x - mean(x). They measure what weights do to a layer whose bias
   * makes up for the mean of the error.
   *
   * @param m at least one row
   * @return the same with sums of 0
   */
  public static InputMoments aboutMean(InputMoments m) {
    int n = m.inputs();
    double[] products = m.products().clone();
    for (int g = 0; g < m.groups(); g++) {
      for (int i = 0; i < n; i++) {
        double mean = m.sums()[g * n + i] / Math.max(1, m.rows());
        for (int j = 0; j < n; j++) {
          products[(g * n + i) * n + j] -= mean * m.sums()[g * n + j];
        }
      }
    }
    return new InputMoments(m.rows(), n, m.groups(), new double[m.groups() * n], products);
  }

  /**
   * Measures what quantized weights cost in the layer's output.
   *
   * @param weights what they should be
   * @param quantized what they are
   * @param m the layer's inputs
   * @return mean over rows of the sum over outputs of squared errors
   */
  public static double error(FloatMatrix weights, QuantizedWeights quantized, InputMoments m) {
    requireFit(weights, m);
    int n = m.inputs();
    double total = 0;
    for (int o = 0; o < weights.outputs(); o++) {
      double[] d = new double[n];
      for (int i = 0; i < n; i++) {
        d[i] = (double) quantized.real(o, i) - weights.get(o, i);
      }
      total += square(d, m, group(o, weights.outputs(), m.groups()));
    }
    return total / Math.max(1, m.rows());
  }

  /**
   * Measures a layer's output.
   *
   * @param weights the weights
   * @param m the layer's inputs
   * @return mean over rows of the sum over outputs of squares
   */
  public static double power(FloatMatrix weights, InputMoments m) {
    requireFit(weights, m);
    double total = 0;
    for (int o = 0; o < weights.outputs(); o++) {
      double[] w = new double[m.inputs()];
      for (int i = 0; i < w.length; i++) {
        w[i] = weights.get(o, i);
      }
      total += square(w, m, group(o, weights.outputs(), m.groups()));
    }
    return total / Math.max(1, m.rows());
  }

  /** v' (sum x x') v. */
  private static double square(double[] v, InputMoments m, int group) {
    int n = v.length;
    double[] product = new double[n];
    for (int i = 0; i < n; i++) {
      int at = (group * n + i) * n;
      double by = v[i];
      for (int j = 0; j < n; j++) {
        product[j] += by * m.products()[at + j];
      }
    }
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += v[i] * product[i];
    }
    return sum;
  }

  /** Says what does not fit. */
  static void requireFit(FloatMatrix weights, InputMoments m) {
    if (m == null) {
      throw new IllegalArgumentException("nothing is known about the layer's inputs; calibrate");
    }
    if (m.inputs() != weights.inputs()
        || m.groups() < 1
        || weights.outputs() % m.groups() != 0
        || m.products().length != (long) m.groups() * m.inputs() * m.inputs()) {
      throw new IllegalArgumentException(
          "moments of "
              + m.groups()
              + " groups of "
              + m.inputs()
              + " inputs do not fit weights of "
              + weights.outputs()
              + " x "
              + weights.inputs());
    }
  }

  /**
   * The products of a group, damped: a part of the mean of the diagonal is added to it, so that the
   * matrix can be factored and inputs that were seen seldom are not taken for free.
   */
  static double[] damped(InputMoments m, int group, double damping) {
    int n = m.inputs();
    double[] h = new double[n * n];
    System.arraycopy(m.products(), group * n * n, h, 0, n * n);
    double mean = 0;
    for (int i = 0; i < n; i++) {
      mean += h[i * n + i] / n;
    }
    double add = mean > 0 ? damping * mean : 1;
    for (int i = 0; i < n; i++) {
      h[i * n + i] += add;
    }
    return h;
  }
}
