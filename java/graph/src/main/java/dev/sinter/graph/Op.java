// One op of a graph.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.util.List;
import java.util.Objects;

/**
 * One op: what it does, and the indices, within its subgraph, of the tensors it reads and writes.
 *
 * @param kind what it does
 * @param inputs tensors read, -1 for an optional one that is not there
 * @param outputs tensors written
 * @param intermediates tensors that describe values inside the op (calibrated LSTMs)
 * @param location index in the file the op came from, -1 if it was added
 * @param source what the reader remembers, null if it was built
 */
public record Op(
    OpKind kind,
    List<Integer> inputs,
    List<Integer> outputs,
    List<Integer> intermediates,
    int location,
    Source source) {

  /**
   * Keeps immutable copies.
   *
   * @param kind what it does
   * @param inputs tensors read, -1 for an optional one that is not there
   * @param outputs tensors written
   * @param intermediates tensors that describe values inside the op (calibrated LSTMs)
   * @param location index in the file the op came from, -1 if it was added
   * @param source what the reader remembers, null if it was built
   */
  public Op {
    Objects.requireNonNull(kind);
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    intermediates = List.copyOf(intermediates);
  }

  /**
   * Makes an op that comes from no file.
   *
   * @param kind what it does
   * @param inputs tensors read, -1 for an optional one that is not there
   * @param outputs tensors written
   * @return the op
   */
  public static Op of(OpKind kind, List<Integer> inputs, List<Integer> outputs) {
    return new Op(kind, inputs, outputs, List.of(), -1, null);
  }

  /**
   * Returns one input.
   *
   * @param i which
   * @return its tensor index, -1 if it is not there
   */
  public int input(int i) {
    return i < inputs.size() ? inputs.get(i) : -1;
  }

  /**
   * Returns one output.
   *
   * @param i which
   * @return its tensor index
   */
  public int output(int i) {
    return outputs.get(i);
  }

  /**
   * Tells whether an optional input is there.
   *
   * @param i which
   * @return true if it is
   */
  public boolean hasInput(int i) {
    return input(i) >= 0;
  }

  /**
   * Changes what the op does.
   *
   * @param newKind the new kind
   * @return a changed copy
   */
  public Op withKind(OpKind newKind) {
    return new Op(newKind, inputs, outputs, intermediates, location, source);
  }

  /**
   * Changes what is read.
   *
   * @param newInputs tensor indices
   * @return a changed copy
   */
  public Op withInputs(List<Integer> newInputs) {
    return new Op(kind, newInputs, outputs, intermediates, location, source);
  }

  /**
   * Changes what is written.
   *
   * @param newOutputs tensor indices
   * @return a changed copy
   */
  public Op withOutputs(List<Integer> newOutputs) {
    return new Op(kind, inputs, newOutputs, intermediates, location, source);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Op op
        && kind.equals(op.kind)
        && inputs.equals(op.inputs)
        && outputs.equals(op.outputs)
        && intermediates.equals(op.intermediates);
  }

  @Override
  public int hashCode() {
    return Objects.hash(kind, inputs, outputs);
  }
}
