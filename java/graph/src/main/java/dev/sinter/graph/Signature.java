// A named entry of a model, and its named inputs and outputs.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.util.List;
import java.util.Objects;

/**
 * A named way to call a subgraph.
 *
 * @param key name of the signature
 * @param subgraph index of the subgraph it calls
 * @param inputs names of inputs
 * @param outputs names of outputs
 * @param source what the reader remembers, null if it was built
 */
public record Signature(
    String key, int subgraph, List<Binding> inputs, List<Binding> outputs, Source source) {
  /**
   * A name for a tensor.
   *
   * @param name the name callers use
   * @param tensor index in the subgraph
   * @param source what the reader remembers, null if it was built
   */
  public record Binding(String name, int tensor, Source source) {
    @Override
    public boolean equals(Object o) {
      return o instanceof Binding binding && name.equals(binding.name) && tensor == binding.tensor;
    }

    @Override
    public int hashCode() {
      return Objects.hash(name, tensor);
    }
  }

  /**
   * Keeps immutable copies.
   *
   * @param key name of the signature
   * @param subgraph index of the subgraph it calls
   * @param inputs names of inputs
   * @param outputs names of outputs
   * @param source what the reader remembers, null if it was built
   */
  public Signature {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Signature signature
        && key.equals(signature.key)
        && subgraph == signature.subgraph
        && inputs.equals(signature.inputs)
        && outputs.equals(signature.outputs);
  }

  @Override
  public int hashCode() {
    return Objects.hash(key, subgraph);
  }
}
