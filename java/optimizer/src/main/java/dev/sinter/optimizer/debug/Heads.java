// Outputs, and what the softmaxes that make them are given.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import dev.sinter.graph.Graph;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A softmax squashes errors: on examples of which a model is sure, all of them come out near 0 and
 * 1, whatever happened before. Models are therefore compared by what goes into it as well, less the
 * mean of each row, which a softmax does not see; the same for logistic functions.
 */
final class Heads {
  private final List<Integer> outputs = new ArrayList<>(); // whose head counts, too
  private final List<Integer> rows = new ArrayList<>(); // length of a row; 0: as it is

  /** Looks for heads that both models have. */
  Heads(Graph reference, Graph compressed) {
    Set<Integer> seen = new HashSet<>();
    for (int o = 0; o < reference.outputs().size(); o++) {
      Op ours = head(reference.main(), reference.outputs().get(o));
      Op theirs = head(compressed.main(), compressed.outputs().get(o));
      if (ours != null
          && theirs != null
          && ours.kind().getClass() == theirs.kind().getClass()
          && !reference.outputs().contains(ours.input(0))
          && !compressed.outputs().contains(theirs.input(0))
          && seen.add(ours.input(0))) {
        Tensor t = reference.tensor(ours.input(0));
        boolean softmax = ours.kind() instanceof OpKind.Softmax;
        outputs.add(o);
        rows.add(softmax && t.shape().rank() > 0 ? t.shape().dim(t.shape().rank() - 1) : 0);
      }
    }
  }

  /** The softmax or logistic function that makes a tensor; null if none does. */
  private static Op head(Subgraph g, int tensor) {
    int t = tensor;
    while (g.producer(t) >= 0) {
      Op op = g.ops().get(g.producer(t));
      if (op.kind() instanceof OpKind.Quantize
          || op.kind() instanceof OpKind.Dequantize
          || op.kind() instanceof OpKind.Reshape) {
        t = op.input(0);
        continue;
      }
      boolean squashes =
          op.kind() instanceof OpKind.Softmax || op.kind().label().equals("LOGISTIC");
      return squashes && g.producer(op.input(0)) >= 0 ? op : null;
    }
    return null;
  }

  /** A model whose outputs are its own and, behind them, what goes into the heads. */
  Graph open(Graph g) {
    if (outputs.isEmpty()) {
      return g;
    }
    List<Integer> all = new ArrayList<>(g.outputs());
    for (int o : outputs) {
      all.add(head(g.main(), g.outputs().get(o)).input(0));
    }
    return IsolatedParts.withOutputs(g, all);
  }

  /** Takes out of an output of an opened model what its head does not see. */
  void centre(int output, int ownOutputs, float[] values) {
    int row = output < ownOutputs ? 0 : rows.get(output - ownOutputs);
    for (int from = 0; row > 0 && from + row <= values.length; from += row) {
      double mean = 0;
      for (int i = from; i < from + row; i++) {
        mean += values[i] / row;
      }
      for (int i = from; i < from + row; i++) {
        values[i] -= (float) mean;
      }
    }
  }
}
