// In which form values cross where ops call subgraphs.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.decision;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.OpKind.Control.Form;
import dev.sinter.graph.Subgraph;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What the parts of decisions say about inputs and outputs, seen from the ops that call. */
final class CallForms {
  private final Graph graph;
  private final Decisions decisions;

  /**
   * Checks that all that an op calls agrees.
   *
   * @param graph the float model
   * @param decisions about it
   */
  CallForms(Graph graph, Decisions decisions) {
    this.graph = graph;
    this.decisions = decisions;
    for (Decisions.Part p : decisions.subgraphs()) {
      if (p.subgraph() >= 0 && p.subgraph() < graph.subgraphs().size()) {
        Subgraph g = graph.subgraph(p.subgraph());
        check(p.subgraph(), "input", p.inputs(), g, g.inputs());
        check(p.subgraph(), "output", p.outputs(), g, g.outputs());
      }
    }
    for (int s = 0; s < graph.subgraphs().size(); s++) {
      for (int i = 0; i < graph.subgraph(s).ops().size(); i++) {
        Op op = graph.subgraph(s).ops().get(i);
        if (op.kind() instanceof OpKind.Control c && !agree(c)) {
          throw new GraphException(
              "decisions on the subgraphs "
                  + c.subgraphs()
                  + " that "
                  + graph.subgraph(s).describe(i)
                  + " calls do not agree on which inputs and outputs are integers");
        }
      }
    }
  }

  private static void check(
      int subgraph, String what, Map<Integer, Affine> forms, Subgraph g, List<Integer> tensors) {
    for (int at : forms.keySet()) {
      if (at < 0
          || at >= tensors.size()
          || g.tensor(tensors.get(at)).type() != ElementType.FLOAT32
          || g.isConstant(tensors.get(at))) {
        throw new GraphException(
            "a decision is about "
                + what
                + " "
                + at
                + " of subgraph "
                + subgraph
                + ", which has no such float");
      }
    }
  }

  private boolean agree(OpKind.Control c) {
    if (c.subgraphs().isEmpty() || c.form() == Form.CALL_ONCE) {
      return true;
    }
    Decisions.Part first = decisions.part(c.subgraphs().get(0));
    Decisions.Part last = decisions.part(c.subgraphs().get(c.subgraphs().size() - 1));
    boolean same = Objects.equals(first.inputs(), last.inputs());
    return c.form() == Form.WHILE
        ? same && last.inputs().equals(last.outputs()) && first.outputs().isEmpty()
        : same && first.outputs().equals(last.outputs());
  }

  /** All parts, also empty ones of subgraphs without decisions: they may call others. */
  List<Decisions.Part> parts() {
    List<Decisions.Part> out = new ArrayList<>(decisions.subgraphs());
    for (int s = 0; s < graph.subgraphs().size(); s++) {
      int index = s;
      boolean known = out.stream().anyMatch(p -> p.subgraph() == index);
      boolean calls =
          graph.subgraph(s).ops().stream()
              .anyMatch(o -> o.kind() instanceof OpKind.Control c && hasForms(c));
      if (!known && calls) {
        out.add(decisions.part(s));
      }
    }
    return out;
  }

  private boolean hasForms(OpKind.Control c) {
    return c.subgraphs().stream()
        .anyMatch(
            s -> !decisions.part(s).inputs().isEmpty() || !decisions.part(s).outputs().isEmpty());
  }

  /** The form that an op's operand has in what it calls; null for float. */
  Affine operand(Op op, int slot) {
    if (!(op.kind() instanceof OpKind.Control c) || c.subgraphs().isEmpty()) {
      return null;
    }
    int first = c.form() == Form.IF ? 1 : 0;
    return decisions.part(c.subgraphs().get(0)).inputs().get(slot - first);
  }

  /** The form that an op's result has in what it calls; null for float. */
  Affine result(Op op, int slot) {
    if (!(op.kind() instanceof OpKind.Control c) || c.subgraphs().isEmpty()) {
      return null;
    }
    return decisions.part(c.subgraphs().get(c.subgraphs().size() - 1)).outputs().get(slot);
  }
}
