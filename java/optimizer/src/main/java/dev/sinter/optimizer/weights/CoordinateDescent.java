// Rounding and scales that no single change makes better.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.weights;

import java.util.Arrays;

/**
 * Goes on from {@link Gptq} until no weight alone could take another stored value with less error
 * d' H d in the layer's output, H being the inputs' second moments, damped (cyclic coordinate
 * descent, as QuantEase: Behdin et al., QuantEase: Optimization-based Quantization for Language
 * Models, 2023). What AdaRound (Nagel et al., Up or Down? Adaptive Rounding for Post-Training
 * Quantization, ICML 2020) searches by gradients, up or down for every weight, is searched by exact
 * steps here, and weights may move further. In between each scale is set to the one that least
 * squares find for the stored values; with a scale per tensor it stays.
 *
 * <p>The error never grows from step to step, and the same question gives the same answer.
 */
public final class CoordinateDescent implements WeightQuantizer {
  private static final int ROUNDS = 4;
  private static final int PASSES = 20;

  /** Gains below this part of a row's error are rounding noise, not gains. */
  private static final float NOISE = 1e-6f;

  private final double damping;

  /** Makes one with GPTQ's usual damping. */
  public CoordinateDescent() {
    this(Gptq.DAMPING);
  }

  /**
   * Makes one.
   *
   * @param damping part of the mean of the diagonal that is added to it, above 0
   */
  public CoordinateDescent(double damping) {
    if (!(damping > 0)) {
      throw new IllegalArgumentException("a damping of " + damping + "; it must be above 0");
    }
    this.damping = damping;
  }

  @Override
  public String name() {
    return "QUANTEASE";
  }

  @Override
  public boolean needsInputs() {
    return true;
  }

  @Override
  public QuantizedWeights quantize(FloatMatrix weights, WeightSpec spec, InputMoments inputs) {
    MomentMath.requireFit(weights, inputs);
    ScaleGrid grid = MseSearch.grid(weights, spec, inputs);
    QuantizedWeights start = new Gptq(damping, true).quantize(weights, grid, inputs);
    byte[] values = start.values();
    int rows = weights.outputs() / inputs.groups();
    for (int g = 0; g < inputs.groups(); g++) {
      double[] damped = MomentMath.damped(inputs, g, damping);
      float[] h = new float[damped.length];
      double size = 0;
      for (int i = 0; i < inputs.inputs(); i++) {
        size = Math.max(size, damped[i * inputs.inputs() + i]);
      }
      for (int i = 0; i < h.length; i++) {
        h[i] = (float) (damped[i] / size);
      }
      for (int r = g * rows; r < (g + 1) * rows; r++) {
        new Row(grid, h, r, values).improve();
      }
    }
    return grid.with(values);
  }

  /** One row of weights; the rows of a layer do not know of each other. */
  private static final class Row {
    private final ScaleGrid grid;
    private final float[] h;
    private final int n;
    private final int row;
    private final byte[] values;
    private final boolean ownScales;

    /** H d, d being what the quantized weights are too large by. */
    private final float[] force;

    Row(ScaleGrid grid, float[] h, int row, byte[] values) {
      this.grid = grid;
      this.h = h;
      this.n = grid.weights.inputs();
      this.row = row;
      this.values = values;
      this.ownScales = grid.spec.granularity() != WeightSpec.Granularity.TENSOR;
      this.force = new float[n];
    }

    void improve() {
      measure();
      for (int round = 0; round < ROUNDS; round++) {
        int moved = 0;
        for (int pass = 0; pass < PASSES; pass++) {
          int now = pass();
          moved += now;
          if (now == 0) {
            break;
          }
        }
        if (!ownScales || (round > 0 && moved == 0) || round == ROUNDS - 1 || !rescale()) {
          return;
        }
      }
    }

    private float real(int i) {
      int slice = grid.slice(row, i);
      return (values[row * n + i] - grid.zeroPoints[slice]) * grid.scales[slice];
    }

    /** From here on it is kept up to date. */
    private void measure() {
      Arrays.fill(force, 0);
      for (int i = 0; i < n; i++) {
        add(i, real(i) - grid.weights.get(row, i));
      }
    }

    private void add(int column, float by) {
      int at = column * n;
      for (int j = 0; j < n; j++) {
        force[j] += by * h[at + j];
      }
    }

    /** Sets each weight to its best value while the others stay. */
    private int pass() {
      int moved = 0;
      for (int i = 0; i < n; i++) {
        int slice = grid.slice(row, i);
        float is = real(i);
        float own = h[i * n + i];
        float best = is - force[i] / own;
        int stored = grid.nearest(slice, best);
        if (stored == values[row * n + i]) {
          continue;
        }
        float by = (stored - grid.zeroPoints[slice]) * grid.scales[slice] - is;
        // The error changes by 2 by force + by^2 own.
        float gain = -by * (2 * force[i] + by * own);
        if (gain <= NOISE * by * by * own) {
          continue;
        }
        values[row * n + i] = (byte) stored;
        add(i, by);
        moved++;
      }
      return moved;
    }

    /** Least squares for each scale of the row while the others stay. */
    private boolean rescale() {
      boolean changed = false;
      int first = grid.slice(row, 0);
      int last = grid.slice(row, n - 1);
      float[] along = new float[n];
      for (int slice = first; slice <= last; slice++) {
        int from = grid.from(slice) - row * n;
        int to = grid.to(slice) - row * n;
        Arrays.fill(along, 0);
        for (int i = from; i < to; i++) {
          float q = values[row * n + i] - grid.zeroPoints[slice];
          if (q != 0) {
            int at = i * n;
            for (int j = 0; j < n; j++) {
              along[j] += q * h[at + j];
            }
          }
        }
        double slope = 0;
        double curve = 0;
        for (int i = from; i < to; i++) {
          double q = values[row * n + i] - grid.zeroPoints[slice];
          slope += q * force[i];
          curve += q * along[i];
        }
        if (!(curve > 0)) {
          continue;
        }
        float scale = (float) (grid.scales[slice] - slope / curve);
        if (!(scale > 0)) {
          continue;
        }
        scale = BlockScales.storable(grid.spec, scale);
        double by = (double) scale - grid.scales[slice];
        if (by == 0 || by * (2 * slope + by * curve) >= 0) {
          continue;
        }
        grid.scales[slice] = scale;
        for (int j = 0; j < n; j++) {
          force[j] += (float) by * along[j];
        }
        changed = true;
      }
      return changed;
    }
  }
}
