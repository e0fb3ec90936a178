// A model: subgraphs, signatures and metadata; immutable.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.util.List;
import java.util.Map;

/**
 * A whole model. Immutable: transformations give new graphs. The methods about tensors and ops
 * speak of the main subgraph, the first; others are reached through {@link #subgraph}.
 */
public final class Graph {
  private final String name;
  private final String description;
  private final List<Subgraph> subgraphs;
  private final List<Signature> signatures;
  private final List<Metadata> metadata;
  private final Source source;

  private Graph(
      String name,
      String description,
      List<Subgraph> subgraphs,
      List<Signature> signatures,
      List<Metadata> metadata,
      Source source) {
    this.name = name;
    this.description = description;
    this.subgraphs = List.copyOf(subgraphs);
    this.signatures = List.copyOf(signatures);
    this.metadata = List.copyOf(metadata);
    this.source = source;
    if (this.subgraphs.isEmpty()) {
      throw new GraphException(name + ": the model has no subgraph; the file is damaged or empty");
    }
    for (Signature s : this.signatures) {
      if (s.subgraph() < 0 || s.subgraph() >= this.subgraphs.size()) {
        throw new GraphException(
            name
                + ": signature '"
                + s.key()
                + "' names subgraph "
                + s.subgraph()
                + " of "
                + this.subgraphs.size());
      }
      int n = this.subgraphs.get(s.subgraph()).tensors().size();
      for (List<Signature.Binding> side : List.of(s.inputs(), s.outputs())) {
        for (Signature.Binding b : side) {
          if (b.tensor() < 0 || b.tensor() >= n) {
            throw new GraphException(
                name
                    + ": signature '"
                    + s.key()
                    + "' names tensor "
                    + b.tensor()
                    + " of "
                    + n
                    + " as '"
                    + b.name()
                    + "'");
          }
        }
      }
    }
    for (Subgraph g : this.subgraphs) {
      for (Op op : g.ops()) {
        if (op.kind() instanceof OpKind.Control) {
          for (int s : ((OpKind.Control) op.kind()).subgraphs()) {
            if (s < 0 || s >= this.subgraphs.size()) {
              throw new GraphException(
                  name
                      + ": op "
                      + op.kind().label()
                      + " runs subgraph "
                      + s
                      + ", but there are "
                      + this.subgraphs.size());
            }
          }
        }
      }
    }
  }

  /**
   * Makes a graph.
   *
   * @param name names it in messages: the file, or what the builder was told
   * @param description what the file says about itself, may be empty
   * @param subgraphs at least one, the first being the main one
   * @param signatures named entries
   * @param metadata named blocks of bytes
   * @param source what the reader remembers, null if it was built
   * @return the graph
   * @throws GraphException if an index leads nowhere
   */
  public static Graph of(
      String name,
      String description,
      List<Subgraph> subgraphs,
      List<Signature> signatures,
      List<Metadata> metadata,
      Source source) {
    return new Graph(name, description, subgraphs, signatures, metadata, source);
  }

  /**
   * Starts a model in code.
   *
   * @param name its name
   * @return a builder
   */
  public static GraphBuilder builder(String name) {
    return new GraphBuilder(name);
  }

  /**
   * Returns what names the model in messages.
   *
   * @return the file or the builder's name
   */
  public String name() {
    return name;
  }

  /**
   * Returns what the file says about itself.
   *
   * @return the description, may be empty
   */
  public String description() {
    return description;
  }

  /**
   * Returns all subgraphs.
   *
   * @return at least one
   */
  public List<Subgraph> subgraphs() {
    return subgraphs;
  }

  /**
   * Returns a subgraph.
   *
   * @param index its index, 0 being the main one
   * @return the subgraph
   */
  public Subgraph subgraph(int index) {
    return subgraphs.get(index);
  }

  /**
   * Returns the main subgraph.
   *
   * @return the first subgraph
   */
  public Subgraph main() {
    return subgraphs.get(0);
  }

  /**
   * Returns the named entries.
   *
   * @return signatures in the order of the file
   */
  public List<Signature> signatures() {
    return signatures;
  }

  /**
   * Returns the named blocks of bytes.
   *
   * @return metadata in the order of the file
   */
  public List<Metadata> metadata() {
    return metadata;
  }

  /**
   * Returns what the reader remembers.
   *
   * @return null for a graph that was built
   */
  public Source source() {
    return source;
  }

  /**
   * Returns the tensors of the main subgraph.
   *
   * @return all tensors, by index
   */
  public List<Tensor> tensors() {
    return main().tensors();
  }

  /**
   * Returns a tensor of the main subgraph.
   *
   * @param index its index
   * @return the tensor
   */
  public Tensor tensor(int index) {
    return main().tensor(index);
  }

  /**
   * Returns the ops of the main subgraph.
   *
   * @return the ops in the order in which they run
   */
  public List<Op> ops() {
    return main().ops();
  }

  /**
   * Returns the inputs of the main subgraph.
   *
   * @return tensor indices
   */
  public List<Integer> inputs() {
    return main().inputs();
  }

  /**
   * Returns the outputs of the main subgraph.
   *
   * @return tensor indices
   */
  public List<Integer> outputs() {
    return main().outputs();
  }

  /**
   * See {@link Subgraph#constant}.
   *
   * @param tensor index in the main subgraph
   * @return type, shape and values in dense form
   */
  public Constant.Dense constant(int tensor) {
    return main().constant(tensor);
  }

  /**
   * See {@link Subgraph#storedForm}.
   *
   * @param tensor index in the main subgraph
   * @return the stored form
   */
  public Constant storedForm(int tensor) {
    return main().storedForm(tensor);
  }

  /**
   * Infers the shapes of the main subgraph.
   *
   * @param inputShapes shapes for some inputs, by position in {@link #inputs()}; the others keep
   *     the file's
   * @return a shape for every tensor, by index
   * @throws GraphException if shapes do not fit, or an op stands in the way
   */
  public List<Shape> inferShapes(Map<Integer, Shape> inputShapes) {
    return ShapeInference.infer(main(), inputShapes);
  }

  /**
   * Gives the same model with other outputs; what they do not need is dropped.
   *
   * @param names names of tensors of the main subgraph
   * @return the new graph
   * @throws GraphException if a name is unknown
   */
  public Graph withOutputs(List<String> names) {
    return Cutter.withOutputs(this, names);
  }

  /**
   * Cuts out the part of the main subgraph between some tensors.
   *
   * @param inputNames tensors that become the inputs
   * @param outputNames tensors that become the outputs
   * @return the new graph
   * @throws GraphException if a name is unknown, or the outputs need more inputs than are named
   */
  public Graph cut(List<String> inputNames, List<String> outputNames) {
    return Cutter.cut(this, inputNames, outputNames);
  }

  /**
   * Starts changing the main subgraph.
   *
   * @return an editor
   */
  public GraphEditor edit() {
    return new GraphEditor(this, 0);
  }

  /**
   * Starts changing a subgraph.
   *
   * @param subgraph its index
   * @return an editor
   */
  public GraphEditor edit(int subgraph) {
    return new GraphEditor(this, subgraph);
  }

  /**
   * Gives the same model with other metadata.
   *
   * @param newMetadata all blocks the new graph has
   * @return the new graph
   */
  public Graph withMetadata(List<Metadata> newMetadata) {
    return new Graph(name, description, subgraphs, signatures, newMetadata, source);
  }

  /**
   * Gives the same model with another description.
   *
   * @param newDescription the text
   * @return the new graph
   */
  public Graph withDescription(String newDescription) {
    return new Graph(name, newDescription, subgraphs, signatures, metadata, source);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Graph graph
        && description.equals(graph.description)
        && subgraphs.equals(graph.subgraphs)
        && signatures.equals(graph.signatures)
        && metadata.equals(graph.metadata);
  }

  @Override
  public int hashCode() {
    return description.hashCode() * 31 + subgraphs.size();
  }

  @Override
  public String toString() {
    return name + ": " + subgraphs;
  }
}
