// A run of ops to be lowered together, with all shapes known.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Subgraph;
import dev.sinter.runtime.SinterException;
import dev.sinter.runtime.Status;
import java.util.List;
import java.util.Map;

/**
 * Ops next to each other in a subgraph that become one plan: all of a network that needs the host
 * nowhere, or what stands between two ops that do.
 *
 * @param name of the model, for messages
 * @param graph the subgraph
 * @param shapes a shape per tensor; known for all that these ops touch
 * @param from the first op
 * @param to behind the last op
 * @param inputs tensors that are there before; the plan's input bindings
 * @param outputs tensors that are asked for; the plan's output bindings
 */
public record Part(
    String name,
    Subgraph graph,
    List<Shape> shapes,
    int from,
    int to,
    List<Integer> inputs,
    List<Integer> outputs) {

  /** All of a model's main subgraph. */
  public static Part whole(Graph graph, Map<Integer, Shape> inputShapes) {
    Subgraph main = graph.main();
    try {
      return new Part(
          graph.name(),
          main,
          graph.inferShapes(inputShapes),
          0,
          main.ops().size(),
          main.inputs(),
          main.outputs());
    } catch (GraphException e) {
      throw new SinterException(Status.UNSUPPORTED, graph.name() + ": " + e.getMessage(), e);
    }
  }

  /** Whether an op is one of these. */
  boolean has(int op) {
    return op >= from && op < to;
  }
}
