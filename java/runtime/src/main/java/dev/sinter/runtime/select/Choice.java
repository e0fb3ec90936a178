// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.select;

import dev.sinter.runtime.catalogue.Row;
import java.util.List;

/**
 * The row chosen for a step.
 *
 * @param row the kernel
 * @param cycles what it is expected to cost
 * @param refusals rows expected to be faster, and why they were not taken
 * @param note why dense or sparse was chosen, for weights with zeros; else null
 */
public record Choice(Row row, double cycles, List<Refusal> refusals, String note) {
  /**
   * A faster row that cannot be used here.
   *
   * @param row its name
   * @param reason why not
   */
  public record Refusal(String row, String reason) {}
}
