// Tensors and ops in the order in which they run.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A subgraph: tensors, ops in the order in which they run, inputs and outputs. Immutable and
 * checked when made.
 */
public final class Subgraph {
  private final String name;
  private final List<Tensor> tensors;
  private final List<Op> ops;
  private final List<Integer> inputs;
  private final List<Integer> outputs;
  private final Source source;
  private final int[] producer;
  private volatile List<List<Integer>> consumers;

  private Subgraph(
      String name,
      List<Tensor> tensors,
      List<Op> ops,
      List<Integer> inputs,
      List<Integer> outputs,
      Source source) {
    this.name = name;
    this.tensors = List.copyOf(tensors);
    this.ops = List.copyOf(ops);
    this.inputs = List.copyOf(inputs);
    this.outputs = List.copyOf(outputs);
    this.source = source;
    producer = new int[this.tensors.size()];
    Arrays.fill(producer, -1);
    check(inputs, false, "input list");
    check(outputs, false, "output list");
    for (int i = 0; i < this.ops.size(); i++) {
      Op op = this.ops.get(i);
      check(op.inputs(), true, "inputs of op", i);
      check(op.outputs(), true, "outputs of op", i);
      check(op.intermediates(), true, "intermediates of op", i);
      for (int o : op.outputs()) {
        if (o >= 0) {
          producer[o] = i;
        }
      }
    }
  }

  /**
   * Makes a subgraph.
   *
   * @param name its name, may be empty
   * @param tensors the tensors
   * @param ops the ops in the order in which they run
   * @param inputs tensor indices
   * @param outputs tensor indices
   * @param source what the reader remembers, null if it was built
   * @return the subgraph
   * @throws GraphException if an index leads nowhere
   */
  public static Subgraph of(
      String name,
      List<Tensor> tensors,
      List<Op> ops,
      List<Integer> inputs,
      List<Integer> outputs,
      Source source) {
    return new Subgraph(name, tensors, ops, inputs, outputs, source);
  }

  private void check(List<Integer> indices, boolean optional, String where, Object... op) {
    for (int t : indices) {
      if (t < (optional ? -1 : 0) || t >= tensors.size()) {
        throw new GraphException(
            "Subgraph '"
                + name
                + "': "
                + where
                + (op.length > 0
                    ? " " + op[0] + " (" + ops.get((int) op[0]).kind().label() + ")"
                    : "")
                + " names tensor "
                + t
                + ", but there are "
                + tensors.size()
                + "; the file is damaged");
      }
    }
  }

  /**
   * Returns the name.
   *
   * @return the name, may be empty
   */
  public String name() {
    return name;
  }

  /**
   * Returns the tensors.
   *
   * @return all tensors, by index
   */
  public List<Tensor> tensors() {
    return tensors;
  }

  /**
   * Returns a tensor.
   *
   * @param index its index
   * @return the tensor
   */
  public Tensor tensor(int index) {
    return tensors.get(index);
  }

  /**
   * Returns the ops.
   *
   * @return the ops in the order in which they run
   */
  public List<Op> ops() {
    return ops;
  }

  /**
   * Returns the inputs.
   *
   * @return tensor indices
   */
  public List<Integer> inputs() {
    return inputs;
  }

  /**
   * Returns the outputs.
   *
   * @return tensor indices
   */
  public List<Integer> outputs() {
    return outputs;
  }

  /**
   * Returns what the reader remembers.
   *
   * @return null for a subgraph that was built
   */
  public Source source() {
    return source;
  }

  /**
   * Finds the op that writes a tensor.
   *
   * @param tensor its index
   * @return index of the op, -1 if none does
   */
  public int producer(int tensor) {
    return producer[tensor];
  }

  /**
   * Finds the ops that read a tensor.
   *
   * @param tensor its index
   * @return indices of ops, ascending, each once
   */
  public List<Integer> consumers(int tensor) {
    if (consumers == null) {
      List<List<Integer>> all = new ArrayList<>();
      for (int i = 0; i < tensors.size(); i++) {
        all.add(new ArrayList<>(2));
      }
      for (int i = 0; i < ops.size(); i++) {
        for (int t : ops.get(i).inputs()) {
          if (t >= 0) {
            List<Integer> c = all.get(t);
            if (c.isEmpty() || c.get(c.size() - 1) != i) {
              c.add(i);
            }
          }
        }
      }
      all.replaceAll(List::copyOf);
      consumers = List.copyOf(all);
    }
    return consumers.get(tensor);
  }

  /**
   * Finds a tensor by name.
   *
   * @param tensorName the name
   * @return its index
   * @throws GraphException if no tensor, or more than one, has this name
   */
  public int indexOf(String tensorName) {
    int found = -1;
    for (int i = 0; i < tensors.size(); i++) {
      if (tensors.get(i).name().equals(tensorName)) {
        if (found >= 0) {
          throw new GraphException(
              "Tensors "
                  + found
                  + " and "
                  + i
                  + " are both named '"
                  + tensorName
                  + "'; use the index");
        }
        found = i;
      }
    }
    if (found < 0) {
      throw new GraphException(
          "No tensor is named '" + tensorName + "' in subgraph '" + name + "'");
    }
    return found;
  }

  /**
   * Tells whether the values of a tensor are known before running: stored, or made from stored ones
   * by DENSIFY or DEQUANTIZE.
   *
   * @param tensor its index
   * @return true if {@link #constant} gives them
   */
  public boolean isConstant(int tensor) {
    return Constants.root(this, tensor) >= 0;
  }

  /**
   * Gives the values of a constant; sees through DENSIFY and DEQUANTIZE of constants.
   *
   * @param tensor its index
   * @return type, shape and values in dense form
   * @throws GraphException if it is no constant, or what is stored contradicts itself
   */
  public Constant.Dense constant(int tensor) {
    return Constants.dense(this, tensor);
  }

  /**
   * Gives the constant behind a tensor in the form in which it is stored; sees through DENSIFY and
   * DEQUANTIZE.
   *
   * @param tensor its index
   * @return the stored form
   * @throws GraphException if it is no constant
   */
  public Constant storedForm(int tensor) {
    return tensors.get(Constants.requireRoot(this, tensor)).stored();
  }

  /**
   * Names an op for messages.
   *
   * @param op its index
   * @return kind, index and the name of its first output
   */
  public String describe(int op) {
    Op o = ops.get(op);
    String out =
        o.outputs().isEmpty() || o.outputs().get(0) < 0
            ? ""
            : " '" + tensor(o.outputs().get(0)).name() + "'";
    return o.kind().label() + " #" + op + out;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Subgraph subgraph
        && name.equals(subgraph.name)
        && tensors.equals(subgraph.tensors)
        && ops.equals(subgraph.ops)
        && inputs.equals(subgraph.inputs)
        && outputs.equals(subgraph.outputs);
  }

  @Override
  public int hashCode() {
    return name.hashCode() * 31 + ops.size();
  }

  @Override
  public String toString() {
    return "subgraph '" + name + "', " + ops.size() + " ops, " + tensors.size() + " tensors";
  }
}
