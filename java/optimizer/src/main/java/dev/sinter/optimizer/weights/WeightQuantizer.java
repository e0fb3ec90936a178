// An algorithm that turns weights into integers.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.weights;

/** Chooses scales and stored values for a layer's weights; the same for the same question. */
public interface WeightQuantizer {
  /**
   * Returns its name in recipes.
   *
   * @return such as {@code min_max_uniform_quantize}, {@code MSE}, {@code OCTAV}, {@code GPTQ}
   */
  String name();

  /**
   * Says whether it needs to know the layer's inputs.
   *
   * @return true if {@code inputs} may not be null
   */
  boolean needsInputs();

  /**
   * Quantizes.
   *
   * @param weights finite numbers
   * @param spec the form of the result
   * @param inputs what is known about the layer's inputs, or null
   * @return scales, all above 0, and stored values within spec.least() and spec.most()
   */
  QuantizedWeights quantize(FloatMatrix weights, WeightSpec spec, InputMoments inputs);
}
