// One piece of a flow: a plan, then perhaps an op for the host.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.Shape;
import java.util.List;
import java.util.Map;

/** Immutable but for what follows it, which the flow guards. */
final class FlowNode {
  private final Program program;
  private final int from;
  private final int to;
  private final int[] inputs;
  private final int[] outputs;
  private final HostOp host;
  private final boolean whole;
  private final int[] asked;
  private final List<Shape> shapes;
  private final List<long[]> values;
  private final Map<Flow.Key, FlowNode> followers = new Flow.Kept();

  FlowNode(
      Program program,
      int from,
      int to,
      List<Integer> inputs,
      List<Integer> outputs,
      HostOp host,
      boolean whole,
      int[] asked,
      List<Shape> shapes,
      List<long[]> values) {
    this.program = program;
    this.from = from;
    this.to = to;
    this.inputs = inputs.stream().mapToInt(Integer::intValue).toArray();
    this.outputs = outputs.stream().mapToInt(Integer::intValue).toArray();
    this.host = host;
    this.whole = whole;
    this.asked = asked;
    this.shapes = shapes;
    this.values = values;
  }

  /** The plan of ops from..to, null if there are none. */
  Program program() {
    return program;
  }

  int from() {
    return from;
  }

  /** Behind the last op of the plan: the one that runs on the host, if one does. */
  int to() {
    return to;
  }

  int[] inputs() {
    return inputs;
  }

  int[] outputs() {
    return outputs;
  }

  /** What runs after the plan, or null. */
  HostOp host() {
    return host;
  }

  /** Tensors whose values decide what follows. */
  int[] asked() {
    return asked;
  }

  /** Shapes as far as they are known here. */
  List<Shape> shapes() {
    return shapes;
  }

  /** Values of small integer tensors as far as they are known here. */
  List<long[]> values() {
    return values;
  }

  /** Whether its plan is all there is: bindings are those of the subgraph. */
  boolean isWhole() {
    return whole && isLast() && program != null;
  }

  /** Whether nothing follows. */
  boolean isLast() {
    return host == null && asked.length == 0;
  }

  Map<Flow.Key, FlowNode> followers() {
    return followers;
  }

  void destroy() {
    Flow.destroy(program);
    followers.values().forEach(FlowNode::destroy);
    followers.clear();
  }
}
