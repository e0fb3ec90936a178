// Rounding whose errors are made up for by the weights still to be rounded.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.weights;

import dev.sinter.optimizer.linalg.LinearAlgebra;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * GPTQ (Frantar et al., GPTQ: Accurate Post-Training Quantization for Generative Pre-trained
 * Transformers, ICLR 2023): the columns of the weights are rounded one after the other, and the
 * error of each is made up for, as far as the layer's inputs allow, by those that follow. The
 * factors come from a Cholesky factor of the inverse of the inputs' second moments, damped. Columns
 * are taken in the order of falling second moments, if asked for, or as they stand. Scales are
 * those of {@link MseSearch}, chosen before.
 */
public final class Gptq implements WeightQuantizer {
  /** What is added to the diagonal of the moments, as a part of its mean. */
  public static final double DAMPING = 0.01;

  /** Columns whose updates of the rest are done together. */
  private static final int BLOCK = 64;

  private final double damping;
  private final boolean byImportance;

  /** Makes one with the usual damping that starts with the columns that matter most. */
  public Gptq() {
    this(DAMPING, true);
  }

  /**
   * Makes one.
   *
   * @param damping part of the mean of the diagonal that is added to it, above 0
   * @param byImportance whether columns are taken by falling second moments of their inputs
   */
  public Gptq(double damping, boolean byImportance) {
    if (!(damping > 0)) {
      throw new IllegalArgumentException("a damping of " + damping + "; it must be above 0");
    }
    this.damping = damping;
    this.byImportance = byImportance;
  }

  @Override
  public String name() {
    return "GPTQ";
  }

  @Override
  public boolean needsInputs() {
    return true;
  }

  @Override
  public QuantizedWeights quantize(FloatMatrix weights, WeightSpec spec, InputMoments inputs) {
    MomentMath.requireFit(weights, inputs);
    return quantize(weights, MseSearch.grid(weights, spec, inputs), inputs);
  }

  /** The same under scales that are given. */
  QuantizedWeights quantize(FloatMatrix weights, ScaleGrid grid, InputMoments inputs) {
    byte[] values = new byte[weights.values().length];
    int rows = weights.outputs() / inputs.groups();
    for (int g = 0; g < inputs.groups(); g++) {
      double[] h = MomentMath.damped(inputs, g, damping);
      int[] order = order(h, inputs.inputs());
      round(weights, grid, g * rows, rows, factors(h, order), order, values);
    }
    return grid.with(values);
  }

  private int[] order(double[] h, int n) {
    IntStream all = IntStream.range(0, n);
    return byImportance
        ? all.boxed()
            .sorted(Comparator.comparingDouble(i -> -h[i * n + i]))
            .mapToInt(Integer::intValue)
            .toArray()
        : all.toArray();
  }

  /**
   * The upper triangular U with U' U = inverse of H, in the given order, its rows divided by their
   * diagonals. Of the lower factor of a matrix in reverse order it is the mirror image.
   */
  private float[] factors(double[] h, int[] order) {
    int n = order.length;
    double[] turned = new double[n * n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        turned[i * n + j] = h[order[n - 1 - i] * n + order[n - 1 - j]];
      }
    }
    LinearAlgebra algebra = LinearAlgebra.best();
    if (!algebra.cholesky(turned, n)) {
      throw new ArithmeticException(
          "GPTQ: the second moments of the inputs are not positive definite with a damping of "
              + damping
              + "; raise it");
    }
    // H reversed = L L', so inverse of H = (J L'^-1 J)(J L^-1 J) with J the reversal, and
    // J L^-1 J is upper triangular: it is U.
    double[] lower = invertLower(turned, n);
    float[] u = new float[n * n];
    for (int i = 0; i < n; i++) {
      double diagonal = lower[(n - 1 - i) * n + n - 1 - i];
      for (int j = i; j < n; j++) {
        u[i * n + j] = (float) (lower[(n - 1 - i) * n + n - 1 - j] / diagonal);
      }
    }
    return u;
  }

  /** L^-1 of a lower triangular L, by rows. */
  private static double[] invertLower(double[] l, int n) {
    double[] inverse = new double[n * n];
    for (int i = 0; i < n; i++) {
      inverse[i * n + i] = 1;
      for (int j = 0; j < i; j++) {
        double factor = l[i * n + j];
        for (int k = 0; k <= j; k++) {
          inverse[i * n + k] -= factor * inverse[j * n + k];
        }
      }
      double scale = 1 / l[i * n + i];
      for (int k = 0; k <= i; k++) {
        inverse[i * n + k] *= scale;
      }
    }
    return inverse;
  }

  /** Rows side by side, so that all loops walk over rows. */
  private static void round(
      FloatMatrix weights, ScaleGrid grid, int first, int rows, float[] u, int[] order, byte[] to) {
    int n = order.length;
    float[] w = new float[n * rows];
    for (int i = 0; i < n; i++) {
      for (int r = 0; r < rows; r++) {
        w[i * rows + r] = weights.get(first + r, order[i]);
      }
    }
    float[] errors = new float[BLOCK * rows];
    for (int from = 0; from < n; from += BLOCK) {
      int end = Math.min(from + BLOCK, n);
      for (int i = from; i < end; i++) {
        int at = (i - from) * rows;
        for (int r = 0; r < rows; r++) {
          int slice = grid.slice(first + r, order[i]);
          int stored = grid.nearest(slice, w[i * rows + r]);
          to[(first + r) * n + order[i]] = (byte) stored;
          float real = (stored - grid.zeroPoints[slice]) * grid.scales[slice];
          errors[at + r] = w[i * rows + r] - real;
        }
        for (int j = i + 1; j < end; j++) {
          subtract(w, j * rows, u[i * n + j], errors, at, rows);
        }
      }
      for (int j = end; j < n; j++) {
        for (int i = from; i < end; i++) {
          subtract(w, j * rows, u[i * n + j], errors, (i - from) * rows, rows);
        }
      }
    }
  }

  private static void subtract(float[] y, int yAt, float factor, float[] x, int xAt, int count) {
    for (int i = 0; i < count; i++) {
      y[yAt + i] -= factor * x[xAt + i];
    }
  }
}
