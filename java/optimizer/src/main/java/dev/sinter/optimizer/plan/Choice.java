// Which rule counts for an op, and what it makes of it.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.plan;

import dev.sinter.graph.ElementType;
import dev.sinter.optimizer.decision.Mode;
import dev.sinter.optimizer.recipe.Rule;

/**
 * A choice for an op.
 *
 * @param op index in its subgraph
 * @param rule the rule that counts; null if none does
 * @param mode how the op shall compute
 * @param activations type of inputs and outputs if STATIC, else null
 * @param reason why it stays float, or which rule it follows
 * @param table whether it looks up rows of a constant, which alone decides on its scale
 */
record Choice(int op, Rule rule, Mode mode, ElementType activations, String reason, boolean table) {
  Choice left(String why) {
    return new Choice(op, rule, Mode.FLOAT, null, why, false);
  }

  boolean isStatic() {
    return mode == Mode.STATIC;
  }
}
