// What all sessions of a model share while it runs in pieces.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.Graph;
import dev.sinter.graph.Op;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Signature;
import dev.sinter.graph.Subgraph;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A graph with its target, options and weights, and a flow per subgraph. */
final class Prepared {
  private final Graph graph;
  private final Target target;
  private final OpenDevice device;
  private final Options options;
  private final Program.Store store;
  private final Map<Integer, Flow> flows = new HashMap<>();

  private volatile boolean closed;

  Prepared(Graph graph, Target target, OpenDevice device, Options options, Program.Store store) {
    this.graph = graph;
    this.target = target;
    this.device = device;
    this.options = options;
    this.store = store;
  }

  String name() {
    return graph.name();
  }

  Graph graph() {
    return graph;
  }

  Target target() {
    return target;
  }

  /** The device beside the processor, or why there is none. */
  OpenDevice device() {
    return device;
  }

  Options options() {
    return options;
  }

  Program.Store store() {
    return store;
  }

  /** The flow of a subgraph. */
  Flow flow(int subgraph) {
    synchronized (store) {
      Flow flow = flows.get(subgraph);
      if (flow == null) {
        flow = new Flow(this, subgraph);
        flows.put(subgraph, flow);
      }
      return flow;
    }
  }

  /** What runs an op in Java; null if kernels do. */
  HostOp hostOp(Subgraph g, int index) {
    Op op = g.ops().get(index);
    CustomOp custom = options.customOps().get(op.kind().label());
    if (custom != null) {
      return HostOp.of(custom);
    }
    HostOp strings = StringOps.of(g, op);
    return strings != null ? strings : HostOps.of(op);
  }

  /** The signature of a key. */
  Signature signature(String key) {
    for (Signature s : graph.signatures()) {
      if (s.key().equals(key)) {
        return s;
      }
    }
    throw new SinterException(
        Status.INVALID_ARGUMENT,
        name()
            + ": there is no signature '"
            + key
            + "'; there are "
            + graph.signatures().stream().map(Signature::key).toList());
  }

  /**
   * The names of inputs or outputs by position; a tensor that a signature does not name keeps its
   * own.
   */
  List<String> names(Signature signature, boolean outputs) {
    Subgraph g = graph.subgraph(signature.subgraph());
    List<String> names = new ArrayList<>();
    for (int t : outputs ? g.outputs() : g.inputs()) {
      String name = g.tensor(t).name();
      for (Signature.Binding b : outputs ? signature.outputs() : signature.inputs()) {
        name = b.tensor() == t ? b.name() : name;
      }
      names.add(name);
    }
    return names;
  }

  /** Shapes by position instead of by name. */
  Map<Integer, Shape> positions(Signature signature, Map<String, Shape> shapes) {
    List<String> names = names(signature, false);
    Map<Integer, Shape> positions = new LinkedHashMap<>();
    for (Map.Entry<String, Shape> e : shapes.entrySet()) {
      int position = names.indexOf(e.getKey());
      if (position < 0) {
        throw new SinterException(
            Status.INVALID_ARGUMENT,
            name() + ": there is no input '" + e.getKey() + "'; there are " + names);
      }
      positions.put(position, e.getValue());
    }
    return positions;
  }

  /** The shapes of all inputs of a subgraph. */
  List<Shape> shapes(int subgraph, Map<Integer, Shape> inputShapes) {
    Subgraph g = graph.subgraph(subgraph);
    List<Shape> shapes = new ArrayList<>();
    for (int t : g.inputs()) {
      shapes.add(g.tensor(t).shape());
    }
    for (Map.Entry<Integer, Shape> e : inputShapes.entrySet()) {
      int position = e.getKey();
      if (position < 0 || position >= shapes.size()) {
        throw new SinterException(
            Status.INVALID_ARGUMENT,
            name() + ": there is no input " + position + " of " + shapes.size());
      }
      Shape old = shapes.get(position);
      if (!e.getValue().isKnown() || (old.rank() > 0 && old.rank() != e.getValue().rank())) {
        throw new SinterException(
            Status.INVALID_ARGUMENT,
            name()
                + ": input "
                + g.tensor(g.inputs().get(position))
                + " cannot have the shape "
                + e.getValue());
      }
      shapes.set(position, e.getValue());
    }
    for (int i = 0; i < shapes.size(); i++) {
      if (!shapes.get(i).isKnown()) {
        throw new SinterException(
            Status.INVALID_ARGUMENT,
            name()
                + ": the file does not fix the shape of input "
                + g.tensor(g.inputs().get(i))
                + "; give it to newSession");
      }
    }
    return shapes;
  }

  /** Fails when the model was closed: nothing can be made any more. */
  void requireOpen() {
    if (closed) {
      throw new SinterException(Status.INVALID_HANDLE, name() + ": the model is closed");
    }
  }

  /** Native memory of all plans; the caller holds the store. */
  void destroy() {
    closed = true;
    flows.values().forEach(Flow::destroy);
    flows.clear();
  }
}
