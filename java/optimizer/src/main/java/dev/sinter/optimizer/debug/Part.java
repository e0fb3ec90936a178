// A piece of both models between values that both have.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import dev.sinter.graph.Op;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What computes one value, in both models, from values that both have: usually one op each. Ops
 * whose results the other model lacks belong to the part of what is made of them; QUANTIZE and
 * DEQUANTIZE are parts of the compressed model alone.
 *
 * @param op op of the compressed model that gives the value, -1 for an input of the model
 * @param tensor the value in the compressed model
 * @param reference the value in the reference
 * @param how how the two were found
 * @param ops ops of the compressed model, ascending, {@code op} the last
 * @param inputs values that these take, tensors of the compressed model
 * @param referenceOps ops of the reference, ascending; none for ops that pass values on
 * @param referenceInputs values that these take, tensors of the reference
 * @param isolated whether it can be run alone: it takes no state, strings or handles
 */
record Part(
    int op,
    int tensor,
    int reference,
    ModelMatch.How how,
    List<Integer> ops,
    List<Integer> inputs,
    List<Integer> referenceOps,
    List<Integer> referenceInputs,
    boolean isolated) {
  private static final Set<String> STATEFUL =
      Set.of("VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "CALL_ONCE", "CALL");

  Part {
    ops = List.copyOf(ops);
    inputs = List.copyOf(inputs);
    referenceOps = List.copyOf(referenceOps);
    referenceInputs = List.copyOf(referenceInputs);
  }

  /** The parts of a match in the order in which the compressed model computes them. */
  static List<Part> of(ModelMatch match) {
    Subgraph g = match.compressed().main();
    List<Part> parts = new ArrayList<>();
    for (int t : g.inputs()) {
      ModelMatch.Pair p = match.ofCompressed(t);
      List<Integer> none = List.of();
      parts.add(new Part(-1, t, p.reference(), p.how(), none, none, none, none, false));
    }
    for (int i = 0; i < g.ops().size(); i++) {
      for (int t : g.ops().get(i).outputs()) {
        ModelMatch.Pair p = match.ofCompressed(t);
        boolean told =
            t >= 0
                && p != null
                && RealValues.isNumber(g.tensor(t).type())
                && (RealValues.isReal(g.tensor(t)) || g.outputs().contains(t));
        if (told && match.theirs.isLive(t)) {
          parts.add(part(match, i, t, p));
        }
      }
    }
    return parts;
  }

  private static Part part(ModelMatch match, int op, int tensor, ModelMatch.Pair p) {
    Walk theirs = new Walk(match.compressed().main(), t -> match.ofCompressed(t) != null);
    theirs.from(op);
    Walk ours = new Walk(match.reference().main(), t -> match.ofReference(t) != null);
    if (match.theirs.root(tensor) == tensor) {
      int producer = match.reference().main().producer(p.reference());
      if (producer >= 0) {
        ours.from(producer);
      }
    }
    return new Part(
        op,
        tensor,
        p.reference(),
        p.how(),
        List.copyOf(theirs.ops),
        List.copyOf(theirs.inputs),
        List.copyOf(ours.ops),
        List.copyOf(ours.inputs),
        theirs.isolated && ours.isolated);
  }

  private interface Boundary {
    boolean has(int tensor);
  }

  /** Goes back from an op to values that both models have. */
  private static final class Walk {
    private final Subgraph g;
    private final Boundary boundary;
    private final Set<Integer> ops = new TreeSet<>();
    private final Set<Integer> inputs = new LinkedHashSet<>();
    private boolean isolated = true;

    Walk(Subgraph g, Boundary boundary) {
      this.g = g;
      this.boundary = boundary;
    }

    void from(int first) {
      Deque<Integer> todo = new ArrayDeque<>(List.of(first));
      Set<Integer> seen = new HashSet<>();
      while (!todo.isEmpty()) {
        int index = todo.pop();
        if (!ops.add(index)) {
          continue;
        }
        Op op = g.ops().get(index);
        isolated &= !STATEFUL.contains(op.kind().label());
        for (int t : op.inputs()) {
          if (t < 0 || g.isConstant(t) || !seen.add(t)) {
            continue;
          }
          Tensor x = g.tensor(t);
          int producer = g.producer(t);
          // Whole numbers without a scale are indices, shapes and masks: what computes them comes
          // along, so that shapes are known beforehand where they are in the model.
          if (g.inputs().contains(t) || (boundary.has(t) && RealValues.isReal(x))) {
            isolated &= RealValues.isNumber(x.type());
            inputs.add(t);
          } else if (producer >= 0) {
            todo.add(producer);
          } else {
            isolated &= RealValues.isNumber(x.type());
          }
        }
      }
    }
  }
}
