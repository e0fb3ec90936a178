// What putting back one layer alone gave.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import java.util.List;

/**
 * One candidate of the ranking, tried on the compressed model with nothing else left out.
 *
 * @param layers places in the report
 * @param noise noise of the outputs with them left out
 * @param errorChange change of the outputs' noise, relative: -0.4 for 40 % less
 */
public record Trial(List<Integer> layers, double noise, double errorChange) {
  /**
   * Keeps an immutable copy of the list.
   *
   * @param layers places in the report
   * @param noise noise of the outputs with them left out
   * @param errorChange relative change of the outputs' noise
   */
  public Trial {
    layers = List.copyOf(layers);
  }
}
