// What becomes of a tensor between ops that compute in integers.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.decision;

import java.util.List;

/**
 * Scale and zero point of an activation, or of a constant beside it. A tensor has at most one for
 * INT8 and one for INT16; which is used is up to the ops at its ends.
 *
 * @param tensor index in its subgraph
 * @param name its name
 * @param origin the names it had in the file it came from
 * @param scale how its integers stand for real numbers
 */
public record TensorDecision(int tensor, String name, List<String> origin, Affine scale) {
  /**
   * Keeps a copy of the list.
   *
   * @param tensor index in its subgraph
   * @param name its name
   * @param origin the names it had in the file it came from
   * @param scale how its integers stand for real numbers
   */
  public TensorDecision {
    origin = List.copyOf(origin);
  }
}
