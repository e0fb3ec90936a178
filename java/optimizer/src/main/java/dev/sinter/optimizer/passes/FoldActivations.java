// Activations that stand alone go into the op before them.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.passes;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphEditor;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import java.util.ArrayList;
import java.util.List;

/**
 * RELU, RELU6 and RELU_N1_TO_1 that alone read what a layer, sum or product without an activation
 * writes become that op's own, so that its result is never quantized with the range it had before.
 */
public final class FoldActivations implements GraphPass {
  /** Makes one. */
  public FoldActivations() {}

  @Override
  public String name() {
    return "fold_activations";
  }

  @Override
  public Result apply(Graph graph) {
    List<String> done = new ArrayList<>();
    Graph g = graph;
    for (Graph next = step(g, done); next != null; next = step(g, done)) {
      g = next;
    }
    return new Result(g, done);
  }

  private static Graph step(Graph g, List<String> done) {
    for (int i = 0; i < g.ops().size(); i++) {
      Op op = g.ops().get(i);
      if (op.outputs().size() != 1
          || Neighbours.activation(op.kind()) != Activation.NONE
          || g.tensor(op.output(0)).type() != ElementType.FLOAT32) {
        continue;
      }
      int reader = Neighbours.onlyReader(g, op.output(0));
      if (reader < 0 || !(g.ops().get(reader).kind() instanceof OpKind.Activate a)) {
        continue;
      }
      Activation own =
          switch (a.function()) {
            case RELU -> Activation.RELU;
            case RELU6 -> Activation.RELU6;
            case RELU_N1_TO_1 -> Activation.RELU_N1_TO_1;
            default -> null;
          };
      if (own == null) {
        continue;
      }
      int result = g.ops().get(reader).output(0);
      List<String> origin = new ArrayList<>(g.tensor(op.output(0)).origin());
      origin.addAll(g.tensor(result).origin());
      GraphEditor editor = g.edit();
      editor.replaceTensor(result, g.tensor(result).withOrigin(origin));
      editor.replaceOp(
          i, op.withKind(Neighbours.with(op.kind(), own)).withOutputs(List.of(result)));
      editor.removeOp(reader);
      done.add(own + " '" + g.tensor(result).name() + "' into " + op.kind().label());
      return editor.build();
    }
    return null;
  }
}
