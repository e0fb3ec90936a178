// What all sessions of a model share while it runs in pieces.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.Graph;
import dev.sinter.graph.Op;
import dev.sinter.graph.Subgraph;
import java.util.HashMap;
import java.util.Map;

/** A graph with its target, options and weights, and a flow per subgraph. */
final class Prepared {
  private final Graph graph;
  private final Target target;
  private final Options options;
  private final Program.Store store;
  private final Map<Integer, Flow> flows = new HashMap<>();

  Prepared(Graph graph, Target target, Options options, Program.Store store) {
    this.graph = graph;
    this.target = target;
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
    return custom != null ? HostOp.of(custom) : HostOps.of(op);
  }

  /** Native memory of all plans; the caller holds the store. */
  void destroy() {
    flows.values().forEach(Flow::destroy);
    flows.clear();
  }
}
