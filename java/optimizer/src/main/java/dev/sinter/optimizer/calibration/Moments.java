// Moments of layers' inputs, by op.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.calibration;

import dev.sinter.optimizer.weights.InputMoments;

/** Knows what the inputs of a float model's layers look like together. */
@FunctionalInterface
public interface Moments {
  /** Knows nothing. */
  Moments NONE = (subgraph, op) -> null;

  /**
   * Returns the moments of a layer's input rows.
   *
   * @param subgraph index of its subgraph
   * @param op its index there
   * @return the moments, or null if they were not collected
   */
  InputMoments of(int subgraph, int op);
}
