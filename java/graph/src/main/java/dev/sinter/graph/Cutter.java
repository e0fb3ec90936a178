// The two transforms for looking inside a model: other outputs, and a part of it.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Other outputs, and parts. */
final class Cutter {
  /** Ops that do something besides writing their outputs. */
  private static final Set<String> EFFECTS =
      Set.of("ASSIGN_VARIABLE", "HASHTABLE_IMPORT", "VAR_HANDLE", "HASHTABLE", "CALL_ONCE");

  private Cutter() {}

  static Graph withOutputs(Graph g, List<String> names) {
    return part(g, g.inputs(), indices(g, names), true);
  }

  static Graph cut(Graph g, List<String> inputNames, List<String> outputNames) {
    return part(g, indices(g, inputNames), indices(g, outputNames), false);
  }

  private static List<Integer> indices(Graph g, List<String> names) {
    return names.stream().map(g.main()::indexOf).toList();
  }

  private static Graph part(
      Graph g, List<Integer> inputs, List<Integer> outputs, boolean keepEffects) {
    if (outputs.isEmpty()) {
      throw new GraphException(g.name() + ": name at least one output");
    }
    Subgraph main = g.main();
    BitSet needed = new BitSet();
    Deque<Integer> todo = new ArrayDeque<>(outputs);
    BitSet seen = new BitSet();
    Set<String> missing = new TreeSet<>();
    for (int i = 0; i < main.ops().size(); i++) {
      OpKind kind = main.ops().get(i).kind();
      if (keepEffects
          && (EFFECTS.contains(kind.label()) || main.ops().get(i).outputs().isEmpty())) {
        needed.set(i);
        todo.addAll(main.ops().get(i).inputs());
      }
    }
    while (!todo.isEmpty()) {
      int t = todo.pop();
      if (t < 0 || seen.get(t)) {
        continue;
      }
      seen.set(t);
      if (inputs.contains(t)) {
        continue;
      }
      int p = main.producer(t);
      if (p < 0) {
        if (main.inputs().contains(t)) {
          missing.add(main.tensor(t).name());
        }
        continue;
      }
      needed.set(p);
      todo.addAll(main.ops().get(p).inputs());
    }
    if (!missing.isEmpty()) {
      throw new GraphException(
          g.name() + ": the outputs also need " + missing + "; add them to the inputs of the cut");
    }
    GraphEditor e = g.edit();
    for (int i = main.ops().size() - 1; i >= 0; i--) {
      if (!needed.get(i)) {
        e.removeOp(i);
      }
    }
    Set<Integer> in = new LinkedHashSet<>(inputs);
    return e.setInputs(List.copyOf(in)).setOutputs(outputs).fitSignatures().build();
  }
}
