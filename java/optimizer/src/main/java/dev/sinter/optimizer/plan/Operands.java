// Which inputs and outputs of an op are activations.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.plan;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Op;
import dev.sinter.graph.Subgraph;
import dev.sinter.optimizer.rules.OpRule;
import dev.sinter.optimizer.rules.OpRules;
import dev.sinter.optimizer.rules.StaticRecurrent;
import java.util.ArrayList;
import java.util.List;

/** Float operands that are neither weights with channels nor biases. */
final class Operands {
  private Operands() {}

  static boolean isData(Subgraph g, Op op, int slot, ElementType activations) {
    OpRule r = OpRules.of(g, op);
    int t = op.input(slot);
    if (StaticRecurrent.is(op) && slot > 0) {
      return false; // weights, biases and states, which have forms of their own
    }
    return t >= 0
        && g.tensor(t).type() == ElementType.FLOAT32
        && (r == null
            || (slot != r.bias() && (slot != r.weights() || !OpRules.weighs(g, op, activations))));
  }

  static List<Integer> slots(Subgraph g, Op op, ElementType activations) {
    List<Integer> out = new ArrayList<>();
    for (int slot = 0; slot < op.inputs().size(); slot++) {
      if (isData(g, op, slot, activations)) {
        out.add(slot);
      }
    }
    return out;
  }

  static List<Integer> data(Subgraph g, Op op, ElementType activations) {
    return slots(g, op, activations).stream().map(op::input).toList();
  }

  static List<Integer> results(Subgraph g, Op op) {
    return op.outputs().stream()
        .filter(t -> t >= 0 && g.tensor(t).type() == ElementType.FLOAT32)
        .toList();
  }
}
