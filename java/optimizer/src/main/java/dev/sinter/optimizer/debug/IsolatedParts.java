// One model in which every part runs alone, side by side with the others.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphEditor;
import dev.sinter.graph.Op;
import dev.sinter.graph.Storage;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Cuts a model at all borders of its parts at once: each part is copied, reads inputs of the new
 * model instead of what others compute, and gives an output. One run of it runs every part alone,
 * with no more work than a run of the whole model.
 */
final class IsolatedParts {
  /**
   * One input of the new model.
   *
   * @param tensor the tensor of the original model that it stands for
   * @param fed a number that tells apart inputs for one tensor that get different values
   */
  record Slot(int tensor, int fed) {}

  /**
   * A part to be copied.
   *
   * @param ops ops in the order in which they run
   * @param inputs what it reads from outside, as many as {@code fed}
   * @param fed which values each of them gets
   * @param output what it gives; read directly where no op is left
   */
  record Piece(List<Integer> ops, List<Integer> inputs, List<Integer> fed, int output) {}

  final Graph graph;
  final List<Slot> slots;

  private IsolatedParts(Graph graph, List<Slot> slots) {
    this.graph = graph;
    this.slots = slots;
  }

  /**
   * Makes the model.
   *
   * @param model the original
   * @param pieces each with at least one op
   * @return a model with one input per different slot and one output per piece, in their order
   */
  static IsolatedParts of(Graph model, List<Piece> pieces) {
    Subgraph main = model.main();
    GraphEditor e = stripped(model).edit();
    for (int i = main.ops().size() - 1; i >= 0; i--) {
      e.removeOp(i);
    }
    for (Op op : main.ops()) { // DENSIFY and DEQUANTIZE of constants: all parts share them
      if (op.outputs().stream().allMatch(t -> t >= 0 && main.isConstant(t))) {
        e.addOp(op);
      }
    }
    Map<Slot, Integer> inputs = new LinkedHashMap<>();
    List<Integer> outputs = new ArrayList<>();
    for (Piece piece : pieces) {
      Map<Integer, Integer> renamed = new HashMap<>();
      for (int i = 0; i < piece.inputs().size(); i++) {
        int t = piece.inputs().get(i);
        Slot slot = new Slot(t, piece.fed().get(i));
        renamed.put(t, inputs.computeIfAbsent(slot, s -> e.addTensor(fresh(main.tensor(t)))));
      }
      for (int i : piece.ops()) {
        Op op = main.ops().get(i);
        for (int t : op.outputs()) {
          if (t >= 0) {
            renamed.put(t, e.addTensor(fresh(main.tensor(t))));
          }
        }
        for (int t : op.inputs()) {
          if (t >= 0 && main.tensor(t).isVariable()) { // a state of its own
            renamed.computeIfAbsent(t, v -> e.addTensor(main.tensor(v).withSource(null)));
          }
        }
        e.addOp(
            op.withInputs(op.inputs().stream().map(t -> renamed.getOrDefault(t, t)).toList())
                .withOutputs(op.outputs().stream().map(t -> renamed.getOrDefault(t, t)).toList()));
      }
      outputs.add(renamed.get(piece.output()));
    }
    e.setInputs(List.copyOf(inputs.values())).setOutputs(outputs);
    return new IsolatedParts(e.build(), List.copyOf(inputs.keySet()));
  }

  private static Tensor fresh(Tensor t) {
    return t.withStorage(Storage.NONE).withSource(null);
  }

  /** The same model without signatures and metadata, which name tensors that a cut moves. */
  static Graph stripped(Graph g) {
    return Graph.of(g.name(), g.description(), g.subgraphs(), List.of(), List.of(), g.source());
  }

  /** The same model with other outputs, by index; everything still runs. */
  static Graph withOutputs(Graph g, List<Integer> tensors) {
    return stripped(g).edit().setOutputs(tensors).build();
  }
}
