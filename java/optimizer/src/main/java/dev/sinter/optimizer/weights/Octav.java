// The clipping that costs least, by Newton's iteration.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.weights;

/**
 * Optimally clipped tensors and vectors (Sakr et al., Optimal Clipping and Magnitude-aware
 * Differentiation for Improved Quantization-aware Training, ICML 2022): the mean square error is
 * taken as that of clipping beyond s and of noise of s 2^-bits / root 3 below it, and the s for
 * which it is least is found by Newton's iteration s = sum of |w| beyond s / (4^-bits / 3 * count
 * below + count beyond). Weights have no zero point.
 */
public final class Octav implements WeightQuantizer {
  private static final int MOST_STEPS = 100;

  /** Makes one. */
  public Octav() {}

  @Override
  public String name() {
    return "OCTAV";
  }

  @Override
  public boolean needsInputs() {
    return false;
  }

  @Override
  public QuantizedWeights quantize(FloatMatrix weights, WeightSpec spec, InputMoments inputs) {
    if (!spec.symmetric()) {
      throw new IllegalArgumentException(
          "OCTAV clips symmetric weights; MSE_SEARCH takes those with zero points");
    }
    double noise = Math.pow(4, -spec.bits()) / 3;
    return ScaleGrid.chosen(
            weights,
            spec,
            (slice, grid) -> {
              double clip = clip(weights.values(), grid.from(slice), grid.to(slice), noise);
              return clip > 0 ? (float) (clip / spec.most()) : grid.scales[slice];
            })
        .round();
  }

  /** Where it converges; 0 if all weights are 0. */
  static double clip(float[] values, int from, int to, double noise) {
    double sum = 0;
    int others = 0;
    for (int i = from; i < to; i++) {
      sum += Math.abs(values[i]);
      others += values[i] != 0 ? 1 : 0;
    }
    if (others == 0) {
      return 0;
    }
    double clip = sum / others;
    for (int step = 0; step < MOST_STEPS; step++) {
      double beyond = 0;
      int above = 0;
      int below = 0;
      for (int i = from; i < to; i++) {
        double w = Math.abs(values[i]);
        if (w > clip) {
          beyond += w;
          above++;
        } else if (w > 0) {
          below++;
        }
      }
      double next = beyond / (noise * below + above);
      if (next == 0 || Math.abs(next - clip) <= 1e-7 * clip) {
        // Nothing is beyond: a clip at the largest weight is as wide as any need be.
        return next == 0 ? clip : next;
      }
      clip = next;
    }
    return clip;
  }
}
