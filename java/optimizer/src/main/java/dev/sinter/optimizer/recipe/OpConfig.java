// How a recipe wants ops of a kind to compute.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.recipe;

import dev.sinter.optimizer.decision.Mode;

/**
 * A wish for ops.
 *
 * @param activations wish for inputs and outputs; null: they stay float
 * @param weights wish for weights; null: they stay
 * @param integer whether to compute in integers
 * @param explicitDequantize whether weights are expanded by an op of their own
 * @param skipChecks whether to follow even where no kernel is known
 * @param minWeightElements ops with fewer weights are left alone
 */
public record OpConfig(
    TensorConfig activations,
    TensorConfig weights,
    boolean integer,
    boolean explicitDequantize,
    boolean skipChecks,
    long minWeightElements) {
  /** Nothing is wanted. */
  public static final OpConfig NONE = new OpConfig(null, null, false, false, false, 0);

  /**
   * Returns how ops shall compute.
   *
   * @return the mode; null for what no runtime offers: computing in float on integer weights that
   *     nothing expands
   */
  public Mode mode() {
    if (weights == null && activations == null) {
      return Mode.FLOAT;
    }
    if (integer) {
      return activations != null ? Mode.STATIC : Mode.DYNAMIC;
    }
    return explicitDequantize ? Mode.WEIGHT_ONLY : null;
  }
}
