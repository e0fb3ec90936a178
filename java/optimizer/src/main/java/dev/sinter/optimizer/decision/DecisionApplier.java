// Carries decisions out: a float graph becomes one with integers inside.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.decision;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Op;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import dev.sinter.graph.tflite.TfliteOps;
import dev.sinter.optimizer.rules.Calls;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Subgraph by subgraph; see {@link SubgraphApplier}. */
final class DecisionApplier {
  private final Graph graph;
  private final Decisions decisions;

  DecisionApplier(Graph graph, Decisions decisions) {
    this.graph = graph;
    this.decisions = decisions;
  }

  Graph apply() {
    Graph g = graph;
    StoredConstants constants = new StoredConstants();
    CallForms calls = new CallForms(graph, decisions);
    for (Decisions.Part part : calls.parts()) {
      int s = part.subgraph();
      if (s < 0 || s >= graph.subgraphs().size()) {
        throw new GraphException(
            graph.name()
                + ": decisions speak of subgraph "
                + s
                + " of "
                + graph.subgraphs().size());
      }
      Decisions.Part here = resolved(graph.subgraph(s), part);
      g =
          new SubgraphApplier(g, s, here, isEntry(s) ? decisions : Decisions.NONE, calls, constants)
              .apply();
    }
    return g;
  }

  /** Whether callers from outside fill this subgraph's inputs: others are called by ops. */
  private boolean isEntry(int subgraph) {
    return !Calls.isCalled(graph, subgraph) && Calls.isEntry(graph, subgraph);
  }

  /** The same decisions with the indices of this graph; names count where indices have moved. */
  private Decisions.Part resolved(Subgraph g, Decisions.Part part) {
    Map<String, Integer> tensors = new HashMap<>();
    for (int t = 0; t < g.tensors().size(); t++) {
      tensors.merge(g.tensor(t).name(), t, (a, b) -> -1);
    }
    List<TensorDecision> newTensors = new ArrayList<>();
    for (TensorDecision d : part.tensors()) {
      int t = d.tensor();
      if (t < 0 || t >= g.tensors().size() || !g.tensor(t).name().equals(d.name())) {
        t = tensors.getOrDefault(d.name(), -1);
      }
      if (t < 0) {
        throw new GraphException(
            graph.name()
                + ": a decision is about tensor '"
                + d.name()
                + "' (#"
                + d.tensor()
                + "), but the model has none, or several, of that name: the decisions were made for"
                + " another model");
      }
      newTensors.add(new TensorDecision(t, d.name(), d.origin(), d.scale()));
    }
    Map<String, Integer> ops = new HashMap<>();
    for (int i = 0; i < g.ops().size(); i++) {
      ops.merge(key(g, i), i, (a, b) -> -1);
    }
    List<OpDecision> newOps = new ArrayList<>();
    for (OpDecision d : part.ops()) {
      String key = d.kind() + " " + d.output();
      int i = d.op();
      if (i < 0 || i >= g.ops().size() || !key(g, i).equals(key)) {
        i = ops.getOrDefault(key, -1);
      }
      if (i < 0) {
        throw new GraphException(
            graph.name()
                + ": a decision is about op "
                + d.kind()
                + " #"
                + d.op()
                + " that gives '"
                + d.output()
                + "', which the model does not have: the decisions were made for another model");
      }
      newOps.add(
          new OpDecision(
              i,
              d.kind(),
              d.output(),
              d.mode(),
              d.activations(),
              d.inputs(),
              d.weights(),
              d.others(),
              d.reason()));
    }
    return new Decisions.Part(part.subgraph(), newTensors, newOps, part.inputs(), part.outputs());
  }

  private static String key(Subgraph g, int op) {
    return TfliteOps.name(g.ops().get(op).kind()) + " " + output(g, g.ops().get(op));
  }

  /** What a decision calls the first output of an op. */
  static String output(Subgraph g, Op op) {
    return op.outputs().isEmpty() || op.output(0) < 0 ? "" : g.tensor(op.output(0)).name();
  }

  /** Whether a tensor holds numbers that a STATIC op has quantized. */
  static boolean isReal(Tensor t) {
    return t.type() == ElementType.FLOAT32;
  }
}
