// Brings ops into an order in which they can run.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import dev.sinter.graph.GraphException;
import dev.sinter.graph.Op;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Drops what nothing needs; the rest comes as before, after what it reads. */
final class OpOrder {
  private final List<Op> ops;
  private final Map<Integer, Op> producer = new HashMap<>();

  private OpOrder(List<Op> ops) {
    this.ops = ops;
    for (Op op : ops) {
      op.outputs().stream().filter(t -> t >= 0).forEach(t -> producer.put(t, op));
    }
  }

  /**
   * Sorts.
   *
   * @param ops ops in any order
   * @param outputs tensors that are needed; ops without outputs are, too
   * @return those that are needed
   */
  static List<Op> sort(List<Op> ops, List<Integer> outputs) {
    OpOrder order = new OpOrder(ops);
    Set<Op> needed = order.needed(outputs);
    List<Op> sorted = new ArrayList<>();
    Set<Op> done = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Op op : ops) {
      if (needed.contains(op)) {
        order.visit(op, done, sorted);
      }
    }
    return sorted;
  }

  private Set<Op> needed(List<Integer> outputs) {
    Deque<Op> todo = new ArrayDeque<>();
    outputs.stream().filter(producer::containsKey).forEach(t -> todo.add(producer.get(t)));
    ops.stream().filter(op -> op.outputs().isEmpty()).forEach(todo::add);
    Set<Op> needed = Collections.newSetFromMap(new IdentityHashMap<>());
    while (!todo.isEmpty()) {
      Op op = todo.pop();
      if (needed.add(op)) {
        op.inputs().stream().filter(producer::containsKey).forEach(t -> todo.add(producer.get(t)));
      }
    }
    return needed;
  }

  /** Depth first, without recursion: models can be thousands of ops deep. */
  private void visit(Op first, Set<Op> done, List<Op> sorted) {
    Deque<Op> stack = new ArrayDeque<>(List.of(first));
    Set<Op> open = Collections.newSetFromMap(new IdentityHashMap<>());
    while (!stack.isEmpty()) {
      Op op = stack.peek();
      if (done.contains(op)) {
        stack.pop();
        continue;
      }
      open.add(op);
      boolean ready = true;
      for (int t : op.inputs()) {
        Op p = producer.get(t);
        if (p != null && !done.contains(p)) {
          if (open.contains(p)) {
            throw new GraphException("ops read each other's results in a circle");
          }
          stack.push(p);
          ready = false;
        }
      }
      if (ready) {
        stack.pop();
        done.add(op);
        sorted.add(op);
      }
    }
  }
}
