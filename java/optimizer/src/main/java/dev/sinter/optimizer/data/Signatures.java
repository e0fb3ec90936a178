// Makes one of a model's signatures its main entry, so that any runtime runs it.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.data;

import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphEditor;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Signature;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.graph.tflite.TfliteWriter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Chooses among signatures. */
public final class Signatures {
  private Signatures() {}

  /**
   * Returns the file that runs a signature: its subgraph is the first, its inputs and outputs have
   * the names they have there.
   *
   * @param name what to call the file in messages
   * @param file the contents of a .tflite file
   * @param key key of the signature; null for the file as it is
   * @return the contents of such a file
   * @throws GraphException if the file has no such signature
   */
  public static byte[] select(String name, byte[] file, String key) {
    if (key == null) {
      return file;
    }
    Graph graph = TfliteReader.read(name, ByteBuffer.wrap(file));
    for (Signature s : graph.signatures()) {
      if (s.key().equals(key)) {
        return TfliteWriter.toBytes(entry(withMain(graph, s.subgraph()), s));
      }
    }
    throw new GraphException(
        name
            + ": there is no signature '"
            + key
            + "'; "
            + (graph.signatures().isEmpty()
                ? "the model has none: leave --signature out"
                : "there are " + graph.signatures().stream().map(Signature::key).toList()));
  }

  /**
   * Gives the graph with a subgraph in the place of the main one, and the main one in its place.
   *
   * @param graph the model
   * @param subgraph index of the subgraph that shall be the main one
   * @return the new graph; tensors and ops keep their indices within their subgraphs
   */
  public static Graph withMain(Graph graph, int subgraph) {
    if (subgraph == 0) {
      return graph;
    }
    List<Subgraph> subgraphs = new ArrayList<>();
    for (Subgraph g : graph.subgraphs()) {
      List<Op> ops = g.ops().stream().map(o -> remapped(o, subgraph)).toList();
      subgraphs.add(Subgraph.of(g.name(), g.tensors(), ops, g.inputs(), g.outputs(), g.source()));
    }
    Collections.swap(subgraphs, 0, subgraph);
    List<Signature> signatures = new ArrayList<>();
    for (Signature s : graph.signatures()) {
      signatures.add(
          new Signature(
              s.key(), swapped(s.subgraph(), subgraph), s.inputs(), s.outputs(), s.source()));
    }
    return Graph.of(
        graph.name(), graph.description(), subgraphs, signatures, graph.metadata(), graph.source());
  }

  private static int swapped(int index, int other) {
    return index == 0 ? other : index == other ? 0 : index;
  }

  private static Op remapped(Op op, int other) {
    if (!(op.kind() instanceof OpKind.Control)) {
      return op;
    }
    OpKind.Control c = (OpKind.Control) op.kind();
    List<Integer> subgraphs = c.subgraphs().stream().map(s -> swapped(s, other)).toList();
    return op.withKind(new OpKind.Control(c.form(), subgraphs, c.name()));
  }

  /** The first subgraph with the names of a signature, and no signatures. */
  private static Graph entry(Graph graph, Signature s) {
    GraphEditor e = graph.edit();
    Set<String> names = new HashSet<>();
    for (List<Signature.Binding> side : List.of(s.inputs(), s.outputs())) {
      for (Signature.Binding b : side) {
        if (names.add(b.name())) {
          e.rename(b.tensor(), b.name());
        }
      }
    }
    Graph renamed = e.build();
    return Graph.of(
        renamed.name(),
        renamed.description(),
        renamed.subgraphs(),
        List.of(),
        renamed.metadata(),
        renamed.source());
  }
}
