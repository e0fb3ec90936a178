// What a search came to.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.search;

import java.util.Comparator;
import java.util.List;

/**
 * The outcome of a search.
 *
 * @param reference the float model itself
 * @param best the best trial within the budget; null if none was
 * @param closest the trial that came closest to the budget, the best one if there is one
 * @param trials everything that was measured on all examples, in its order
 * @param complete whether the search ended by itself, not by a cap
 */
public record SearchResult(
    Trial reference, Trial best, Trial closest, List<Trial> trials, boolean complete) {
  /**
   * Keeps an immutable copy of the trials.
   *
   * @param reference the float model itself
   * @param best the best trial within the budget
   * @param closest the trial that came closest
   * @param trials everything that was measured
   * @param complete whether the search ended by itself
   */
  public SearchResult {
    trials = List.copyOf(trials);
  }

  /**
   * Returns the trials that no other one beats in bytes, accuracy and time at once.
   *
   * @return Pareto's front, smallest file first
   */
  public List<Trial> pareto() {
    return trials.stream()
        .filter(t -> trials.stream().noneMatch(t::isDominatedBy))
        .sorted(
            Comparator.comparingLong(Trial::bytes)
                .thenComparingDouble(t -> -t.accuracy())
                .thenComparing(Trial::assignment))
        .toList();
  }
}
