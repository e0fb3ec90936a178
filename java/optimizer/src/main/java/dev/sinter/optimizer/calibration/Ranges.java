// Ranges by tensor.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.calibration;

/** Knows the ranges of a float model's tensors. */
@FunctionalInterface
public interface Ranges {
  /** Knows nothing. */
  Ranges NONE = (subgraph, tensor, bits) -> null;

  /**
   * Returns the range of a tensor.
   *
   * @param subgraph index of its subgraph
   * @param tensor its index there
   * @param bits bits of the integers that shall stand for it: more of them need no narrow range
   * @return the range, or null if it was not observed
   */
  Range of(int subgraph, int tensor, int bits);
}
