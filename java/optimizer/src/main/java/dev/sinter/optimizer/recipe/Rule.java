// One rule of a recipe.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.recipe;

import java.util.regex.Pattern;

/**
 * One rule.
 *
 * @param number its place in the list, from 1
 * @param regex the expression as the recipe has it
 * @param pattern what it was translated to; looked for anywhere in an op's scope
 * @param operation name of a kind of op, or {@code *}
 * @param algorithm key of the algorithm, or {@code no_quantize}
 * @param config how ops shall compute
 * @param where further conditions
 */
public record Rule(
    int number,
    String regex,
    Pattern pattern,
    String operation,
    String algorithm,
    OpConfig config,
    Where where) {
  /** The algorithm that leaves ops as they are. */
  public static final String NO_QUANTIZE = "no_quantize";

  /** The operation that stands for all. */
  public static final String ALL = "*";

  /**
   * Further conditions, which AI Edge Quantizer does not know.
   *
   * @param minElements fewest weights (for ops without weights: numbers of the first result)
   * @param maxElements most of them
   * @param first counts for the first so many ops with weights of a subgraph alone; 0: for all
   * @param last counts for the last so many ops with weights of a subgraph alone; 0: for all
   * @param subgraph index of the subgraph, -1: all
   * @param signature key of the signature whose subgraph is meant; null: all
   */
  public record Where(
      long minElements, long maxElements, int first, int last, int subgraph, String signature) {
    /** No condition. */
    public static final Where ANYWHERE = new Where(0, Long.MAX_VALUE, 0, 0, -1, null);
  }

  /**
   * Tells whether the rule means all kinds of ops.
   *
   * @return true for {@code *}
   */
  public boolean isForAll() {
    return operation.equals(ALL);
  }

  /**
   * Names the rule in messages.
   *
   * @return number, expression and operation
   */
  public String describe() {
    return "rule " + number + " (regex '" + regex + "', operation " + operation + ")";
  }
}
