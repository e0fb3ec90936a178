// Scales from the weights' second moment, by AI Edge Quantizer's constants.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.weights;

/**
 * The AI Edge Quantizer's {@code MSE}: a scale is a constant times the root of the mean square of
 * its weights, the constant being the one that is best for normally distributed ones. There are
 * constants for 4 and 8 bits; weights have no zero point. Scales that would be wider than the range
 * of the weights are not used.
 */
public final class MseWeights implements WeightQuantizer {
  private static final float OF_4_BITS = 0.37755f;
  private static final float OF_8_BITS = 0.05408f;

  /** Makes one. */
  public MseWeights() {}

  @Override
  public String name() {
    return "MSE";
  }

  @Override
  public boolean needsInputs() {
    return false;
  }

  @Override
  public QuantizedWeights quantize(FloatMatrix weights, WeightSpec spec, InputMoments inputs) {
    if (!spec.symmetric() || (spec.bits() != 4 && spec.bits() != 8)) {
      throw new IllegalArgumentException(
          "MSE has constants for symmetric weights of 4 and 8 bits, not for "
              + (spec.symmetric() ? "symmetric" : "asymmetric")
              + " ones of "
              + spec.bits()
              + "; MSE_SEARCH takes any");
    }
    float constant = spec.bits() == 4 ? OF_4_BITS : OF_8_BITS;
    return ScaleGrid.chosen(
            weights,
            spec,
            (slice, grid) -> {
              double squares = 0;
              for (int i = grid.from(slice); i < grid.to(slice); i++) {
                squares += (double) weights.values()[i] * weights.values()[i];
              }
              int count = grid.to(slice) - grid.from(slice);
              float scale = constant * (float) Math.sqrt(squares / count);
              return squares == 0 ? grid.scales[slice] : scale;
            })
        .round();
  }
}
