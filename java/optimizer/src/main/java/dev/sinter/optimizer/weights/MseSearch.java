// The scale for which rounded weights are nearest, by trying.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.weights;

/**
 * Tries scales from the one that spans the weights down to a fifth of it and keeps the one with the
 * least sum of squared errors, each weighted by the mean square of the input it is multiplied with
 * where inputs are known. A coarse grid, then a fine one around its best: the sum has several
 * minima, so no bisection would do.
 */
public final class MseSearch implements WeightQuantizer {
  private static final int COARSE = 64;
  private static final int FINE = 8;
  private static final double NARROWEST = 0.2;

  /** Makes one. */
  public MseSearch() {}

  @Override
  public String name() {
    return "MSE_SEARCH";
  }

  @Override
  public boolean needsInputs() {
    return false;
  }

  @Override
  public QuantizedWeights quantize(FloatMatrix weights, WeightSpec spec, InputMoments inputs) {
    return grid(weights, spec, inputs).round();
  }

  /** The scales alone. */
  static ScaleGrid grid(FloatMatrix weights, WeightSpec spec, InputMoments inputs) {
    float[] importance = inputs == null ? null : importance(weights, inputs);
    return ScaleGrid.chosen(
        weights, spec, (slice, grid) -> best(grid, slice, weights.values(), importance));
  }

  /** Mean square of each weight's input, [groups][inputs]; in proportion is enough. */
  private static float[] importance(FloatMatrix weights, InputMoments inputs) {
    int n = inputs.inputs();
    MomentMath.requireFit(weights, inputs);
    float[] diagonal = new float[inputs.groups() * n];
    for (int g = 0; g < inputs.groups(); g++) {
      double mean = 0;
      for (int i = 0; i < n; i++) {
        mean += inputs.products()[(g * n + i) * n + i] / n;
      }
      for (int i = 0; i < n; i++) {
        double x = inputs.products()[(g * n + i) * n + i];
        // Weights of inputs never seen count a little.
        diagonal[g * n + i] = (float) (mean > 0 ? x / mean + 1e-3 : 1);
      }
    }
    return diagonal;
  }

  private static float best(ScaleGrid grid, int slice, float[] values, float[] importance) {
    float widest = grid.scales[slice];
    double step = (1 - NARROWEST) / COARSE;
    double best = 1;
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i <= COARSE; i++) {
      double factor = 1 - i * step;
      double error = error(grid, slice, values, importance, (float) (widest * factor));
      if (error < least) {
        least = error;
        best = factor;
      }
    }
    double middle = best;
    for (int i = -FINE; i <= FINE; i++) {
      double factor = middle + i * step / FINE;
      double error = error(grid, slice, values, importance, (float) (widest * factor));
      if (error < least) {
        least = error;
        best = factor;
      }
    }
    return (float) (widest * best);
  }

  private static double error(
      ScaleGrid grid, int slice, float[] values, float[] importance, float wanted) {
    WeightSpec spec = grid.spec;
    float scale = BlockScales.storable(spec, wanted);
    int zero =
        spec.symmetric() ? 0 : grid.zeroPoint(grid.zeroPoints[slice], grid.scales[slice], scale);
    float least = spec.least() - zero;
    float most = spec.most() - zero;
    float inverse = 1 / scale;
    int n = grid.weights.inputs();
    double sum = 0;
    int to = grid.to(slice);
    for (int i = grid.from(slice); i < to; ) {
      int output = i / n;
      int end = Math.min(to, (output + 1) * n);
      int diagonal =
          importance == null
              ? 0
              : MomentMath.group(output, grid.weights.outputs(), importance.length / n) * n
                  - output * n;
      float row = 0;
      for (; i < end; i++) {
        float q = Math.max(least, Math.min(most, (float) Math.rint(values[i] * inverse)));
        float d = values[i] - q * scale;
        row += importance == null ? d * d : d * d * importance[diagonal + i];
      }
      sum += row;
    }
    return sum;
  }
}
