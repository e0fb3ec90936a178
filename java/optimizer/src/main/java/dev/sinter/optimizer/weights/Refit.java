// Float weights and a bias that give on changed inputs what the old ones gave on the old inputs.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.weights;

import dev.sinter.optimizer.linalg.LinearAlgebra;
import java.util.Arrays;

/**
 * Least squares between a float model and its quantized form, of which every layer sees what the
 * layers before it make: W* = Y Z' (Z Z')^-1, with Z the inputs in the quantized model, Y the
 * outputs in the float one, both about their means where there is a bias to take those up.
 *
 * @param weights W*, the target of the quantizer
 * @param inputs moments of Z, about the mean where there is a bias
 */
public record Refit(FloatMatrix weights, InputMoments inputs) {
  /** What is added to the diagonal of Z Z', as a part of its mean; it keeps W* near W. */
  public static final double DAMPING = 0.01;

  /**
   * Finds W*.
   *
   * @param weights W of the float model
   * @param m inputs of both models
   * @param bias whether there is a bias, which is set by {@link #bias} later
   * @param damping part of the mean of the diagonal that is added to it, above 0; the larger, the
   *     nearer W* is to W
   * @return what to quantize, and by what to measure
   */
  public static Refit of(FloatMatrix weights, CrossMoments m, boolean bias, double damping) {
    MomentMath.requireFit(weights, m.quantized());
    InputMoments z = bias ? MomentMath.aboutMean(m.quantized()) : m.quantized();
    int n = z.inputs();
    int rows = weights.outputs() / z.groups();
    float[] fitted = new float[weights.values().length];
    for (int g = 0; g < z.groups(); g++) {
      double[] missing = missing(m, z, g, bias);
      double[] a = MomentMath.damped(z, g, damping);
      LinearAlgebra algebra = LinearAlgebra.best();
      if (!algebra.cholesky(a, n)) {
        throw new ArithmeticException(
            "the second moments of the inputs are not positive definite with a damping of "
                + damping
                + "; raise it");
      }
      // W* = W + W (x - z) z' A^-1, transposed for the solver.
      double[] right = new double[n * rows];
      double[] product = new double[n];
      for (int r = 0; r < rows; r++) {
        Arrays.fill(product, 0);
        for (int i = 0; i < n; i++) {
          double w = weights.get(g * rows + r, i);
          for (int j = 0; j < n; j++) {
            product[j] += w * missing[i * n + j];
          }
        }
        for (int j = 0; j < n; j++) {
          right[j * rows + r] = product[j];
        }
      }
      algebra.solve(a, n, right, rows);
      for (int r = 0; r < rows; r++) {
        for (int i = 0; i < n; i++) {
          float w = weights.get(g * rows + r, i);
          fitted[(g * rows + r) * n + i] = (float) (w + right[i * rows + r]);
        }
      }
    }
    return new Refit(new FloatMatrix(fitted, weights.outputs(), n), z);
  }

  /** Sum of (x - z) z', about the means if asked for. */
  private static double[] missing(CrossMoments m, InputMoments z, int group, boolean about) {
    int n = z.inputs();
    double[] missing = new double[n * n];
    double rows = Math.max(1, m.quantized().rows());
    for (int i = 0; i < n; i++) {
      double mean = about ? m.sums()[group * n + i] / rows : 0;
      for (int j = 0; j < n; j++) {
        int at = (group * n + i) * n + j;
        double xz = m.products()[at] - mean * m.quantized().sums()[group * n + j];
        missing[i * n + j] = xz - z.products()[at];
      }
    }
    return missing;
  }

  /**
   * Finds the bias with which a layer's mean output is that of the float model.
   *
   * @param weights W of the float model
   * @param bias of the float model, one per output; null for zeros
   * @param quantized the weights it has now
   * @param m inputs of both models
   * @return one per output
   */
  public static float[] bias(
      FloatMatrix weights, float[] bias, QuantizedWeights quantized, CrossMoments m) {
    int n = weights.inputs();
    InputMoments z = m.quantized();
    double rows = Math.max(1, z.rows());
    float[] moved = bias == null ? new float[weights.outputs()] : Arrays.copyOf(bias, bias.length);
    for (int o = 0; o < weights.outputs(); o++) {
      int at = MomentMath.group(o, weights.outputs(), z.groups()) * n;
      double missing = 0;
      for (int i = 0; i < n; i++) {
        missing += weights.get(o, i) * m.sums()[at + i];
        missing -= (double) quantized.real(o, i) * z.sums()[at + i];
      }
      moved[o] += (float) (missing / rows);
    }
    return moved;
  }
}
