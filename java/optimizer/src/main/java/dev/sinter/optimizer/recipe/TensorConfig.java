// How a recipe wants tensors of a kind stored.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.recipe;

import dev.sinter.optimizer.weights.WeightSpec;
import java.util.Map;

/**
 * A wish for weights or activations.
 *
 * @param bits bits of a number
 * @param symmetric whether zero points are 0
 * @param granularity TENSOR, CHANNEL or BLOCK
 * @param block weights that share a scale if the granularity is BLOCK, else 0
 * @param isFloat whether numbers stay floats, of fewer bits
 * @param parameters for the algorithm
 */
public record TensorConfig(
    int bits,
    boolean symmetric,
    WeightSpec.Granularity granularity,
    int block,
    boolean isFloat,
    Map<String, Object> parameters) {
  /**
   * Keeps a copy of the map.
   *
   * @param bits bits of a number
   * @param symmetric whether zero points are 0
   * @param granularity how many share a scale
   * @param block weights that share a scale, or 0
   * @param isFloat whether numbers stay floats
   * @param parameters for the algorithm
   */
  public TensorConfig {
    parameters = Map.copyOf(parameters);
  }

  /**
   * Returns the form of weights.
   *
   * @return the form
   * @throws IllegalArgumentException if weights cannot have so many bits
   */
  public WeightSpec spec() {
    return new WeightSpec(bits, symmetric, granularity, block);
  }
}
