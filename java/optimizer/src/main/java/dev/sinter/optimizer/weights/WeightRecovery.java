// Weights that were integers before, and shall be again.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.weights;

import java.util.Arrays;

/**
 * {@code dequantized_weight_recovery}: for float weights that were once multiples of a scale, such
 * as those of a model trained with quantization in mind, or expanded from one. The scale is found
 * again, so that no weight moves by more than a ten-thousandth of the largest in its group.
 *
 * <p>Candidates are the quotients of the largest magnitude of a group by the whole numbers it may
 * have been; the largest scale that all weights are multiples of is taken.
 */
public final class WeightRecovery implements WeightQuantizer {
  /** How far a weight may be from a multiple of the scale, relative to the largest of its group. */
  private static final double TOLERANCE = 1e-4;

  @Override
  public String name() {
    return "dequantized_weight_recovery";
  }

  @Override
  public boolean needsInputs() {
    return false;
  }

  /**
   * Finds the scales again.
   *
   * @param weights multiples of unknown scales
   * @param spec symmetric
   * @param inputs not looked at
   * @return the scales and the whole numbers
   * @throws IllegalArgumentException if the weights of a group are multiples of no scale
   */
  @Override
  public QuantizedWeights quantize(FloatMatrix weights, WeightSpec spec, InputMoments inputs) {
    if (!spec.symmetric()) {
      throw new IllegalArgumentException("only symmetric weights can be recovered");
    }
    QuantizedWeights start = new MinMaxQuantizer().quantize(weights, spec, null);
    float[] scales = start.scales().clone();
    float[][] groups = groups(weights, start, scales.length);
    for (int g = 0; g < scales.length; g++) {
      scales[g] = scale(groups[g], spec, g);
    }
    return MinMaxQuantizer.round(weights, spec, scales, new int[scales.length]);
  }

  /** Magnitudes by group, each once, ascending. */
  private static float[][] groups(FloatMatrix weights, QuantizedWeights where, int count) {
    int[] sizes = new int[count];
    for (int o = 0; o < weights.outputs(); o++) {
      for (int i = 0; i < weights.inputs(); i++) {
        sizes[where.scaleIndex(o, i)]++;
      }
    }
    float[][] out = new float[count][];
    int[] at = new int[count];
    for (int o = 0; o < weights.outputs(); o++) {
      for (int i = 0; i < weights.inputs(); i++) {
        int g = where.scaleIndex(o, i);
        out[g] = out[g] == null ? new float[sizes[g]] : out[g];
        out[g][at[g]++] = Math.abs(weights.get(o, i));
      }
    }
    for (float[] group : out) {
      Arrays.sort(group);
    }
    return out;
  }

  private static float scale(float[] magnitudes, WeightSpec spec, int group) {
    float largest = magnitudes[magnitudes.length - 1];
    if (largest == 0) {
      return 1;
    }
    for (int steps = 1; steps <= -spec.least(); steps++) {
      float scale = BlockScales.storable(spec, (double) largest / steps);
      if (fits(magnitudes, scale, TOLERANCE * largest)) {
        return scale;
      }
    }
    throw new IllegalArgumentException(
        "its weights are multiples of no scale (group "
            + group
            + "): they were never integers of "
            + spec.bits()
            + " bits, so there is nothing to recover");
  }

  private static boolean fits(float[] magnitudes, float scale, double tolerance) {
    float before = -1;
    for (float m : magnitudes) {
      if (m != before && Math.abs(Math.rint(m / scale) * scale - m) > tolerance) {
        return false;
      }
      before = m;
    }
    return true;
  }
}
