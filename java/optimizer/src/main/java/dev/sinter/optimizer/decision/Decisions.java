// What shall become of a model: the value that recipes, calibration, search and debugger make.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.decision;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What shall become of a float model: per subgraph its ops and tensors, and in which form the whole
 * takes its inputs and gives its outputs. Immutable; {@link #apply} gives the new model, {@link
 * DecisionsJson} the form in a file.
 *
 * @param subgraphs by index; those left out stay float
 * @param inputs form of the model's inputs
 * @param outputs form of the model's outputs
 */
public record Decisions(List<Part> subgraphs, Border inputs, Border outputs) {
  /** Nothing changes. */
  public static final Decisions NONE = new Decisions(List.of(), Border.FLOAT, Border.FLOAT);

  /** In which form a model takes inputs or gives outputs. */
  public enum Border {
    /** As the float model does; quantized inside where need be. */
    FLOAT,
    /** Quantized, where the ops behind (before) it are. */
    QUANTIZED
  }

  /**
   * What becomes of a subgraph.
   *
   * @param subgraph its index
   * @param tensors scales of tensors
   * @param ops how ops compute
   * @param inputs of a subgraph that ops call: which inputs, by position, come as integers, and
   *     how; the others as floats
   * @param outputs the same of its outputs
   */
  public record Part(
      int subgraph,
      List<TensorDecision> tensors,
      List<OpDecision> ops,
      Map<Integer, Affine> inputs,
      Map<Integer, Affine> outputs) {
    /**
     * Keeps copies.
     *
     * @param subgraph its index
     * @param tensors scales of tensors
     * @param ops how ops compute
     * @param inputs which inputs come as integers
     * @param outputs which outputs go as integers
     */
    public Part {
      tensors = List.copyOf(tensors);
      ops = List.copyOf(ops);
      inputs = Collections.unmodifiableMap(new TreeMap<>(inputs));
      outputs = Collections.unmodifiableMap(new TreeMap<>(outputs));
    }

    /**
     * What becomes of a subgraph whose callers see floats.
     *
     * @param subgraph its index
     * @param tensors scales of tensors
     * @param ops how ops compute
     */
    public Part(int subgraph, List<TensorDecision> tensors, List<OpDecision> ops) {
      this(subgraph, tensors, ops, Map.of(), Map.of());
    }

    /**
     * Finds the scale of a tensor.
     *
     * @param tensor its index
     * @param type INT8 or INT16
     * @return the scale, or null
     */
    public Affine scale(int tensor, ElementType type) {
      for (TensorDecision t : tensors) {
        if (t.tensor() == tensor && t.scale().type() == type) {
          return t.scale();
        }
      }
      return null;
    }
  }

  /**
   * Keeps a copy of the list.
   *
   * @param subgraphs by index; those left out stay float
   * @param inputs form of the model's inputs
   * @param outputs form of the model's outputs
   */
  public Decisions {
    subgraphs = List.copyOf(subgraphs);
  }

  /**
   * Finds what becomes of a subgraph.
   *
   * @param subgraph its index
   * @return the decisions; empty lists if there are none
   */
  public Part part(int subgraph) {
    return subgraphs.stream()
        .filter(p -> p.subgraph() == subgraph)
        .findFirst()
        .orElse(new Part(subgraph, List.of(), List.of()));
  }

  /**
   * Finds what becomes of an op.
   *
   * @param subgraph index of its subgraph
   * @param op its index there
   * @return the decision; empty if none speaks of it
   */
  public Optional<OpDecision> op(int subgraph, int op) {
    return part(subgraph).ops().stream().filter(d -> d.op() == op).findFirst();
  }

  /**
   * Replaces the decision on an op; others stay.
   *
   * @param subgraph index of its subgraph
   * @param decision the new decision
   * @return a changed copy
   */
  public Decisions with(int subgraph, OpDecision decision) {
    List<OpDecision> ops = new ArrayList<>();
    boolean found = false;
    for (OpDecision d : part(subgraph).ops()) {
      found |= d.op() == decision.op();
      ops.add(d.op() == decision.op() ? decision : d);
    }
    if (!found) {
      ops.add(decision);
    }
    Part p = part(subgraph);
    return with(new Part(subgraph, p.tensors(), ops, p.inputs(), p.outputs()));
  }

  /**
   * Replaces the decisions on a subgraph.
   *
   * @param part the new decisions
   * @return a changed copy
   */
  public Decisions with(Part part) {
    List<Part> parts = new ArrayList<>(subgraphs);
    parts.removeIf(p -> p.subgraph() == part.subgraph());
    parts.add(part);
    parts.sort((a, b) -> Integer.compare(a.subgraph(), b.subgraph()));
    return new Decisions(parts, inputs, outputs);
  }

  /**
   * Sets the form of inputs and outputs.
   *
   * @param newInputs form of inputs
   * @param newOutputs form of outputs
   * @return a changed copy
   */
  public Decisions withBorders(Border newInputs, Border newOutputs) {
    return new Decisions(subgraphs, newInputs, newOutputs);
  }

  /**
   * Carries the decisions out.
   *
   * @param graph the float model that they are about; it stays as it is
   * @return the new model
   * @throws dev.sinter.graph.GraphException if they do not suit the model, naming op and tensor
   */
  public Graph apply(Graph graph) {
    return new DecisionApplier(graph, this).apply();
  }
}
