// Which subgraphs ops call, and which are called from outside.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.rules;

import dev.sinter.graph.Graph;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Calls between the subgraphs of a model. */
public final class Calls {
  private Calls() {}

  /**
   * Tells whether ops call a subgraph.
   *
   * @param graph the model
   * @param subgraph its index
   * @return true for bodies, conditions, branches and the like
   */
  public static boolean isCalled(Graph graph, int subgraph) {
    return graph.subgraphs().stream()
        .flatMap(g -> g.ops().stream())
        .anyMatch(o -> o.kind() instanceof OpKind.Control c && c.subgraphs().contains(subgraph));
  }

  /**
   * Tells whether callers from outside run a subgraph.
   *
   * @param graph the model
   * @param subgraph its index
   * @return true for the main one and those of signatures
   */
  public static boolean isEntry(Graph graph, int subgraph) {
    return subgraph == 0 || graph.signatures().stream().anyMatch(s -> s.subgraph() == subgraph);
  }

  /**
   * Tells whether a subgraph says if a loop goes on.
   *
   * @param graph the model
   * @param subgraph its index
   * @return true for conditions of WHILE
   */
  public static boolean isCondition(Graph graph, int subgraph) {
    return graph.subgraphs().stream()
        .flatMap(g -> g.ops().stream())
        .anyMatch(
            o ->
                o.kind() instanceof OpKind.Control c
                    && c.form() == OpKind.Control.Form.WHILE
                    && c.subgraphs().get(0) == subgraph);
  }

  /**
   * Finds what a subgraph calls, directly or by others.
   *
   * @param graph the model
   * @param subgraph its index
   * @return itself, and those
   */
  public static Set<Integer> reach(Graph graph, int subgraph) {
    Set<Integer> out = new HashSet<>();
    List<Integer> todo = new ArrayList<>(List.of(subgraph));
    while (!todo.isEmpty()) {
      int s = todo.remove(todo.size() - 1);
      if (out.add(s)) {
        for (Op op : graph.subgraph(s).ops()) {
          if (op.kind() instanceof OpKind.Control c) {
            todo.addAll(c.subgraphs());
          }
        }
      }
    }
    return out;
  }
}
