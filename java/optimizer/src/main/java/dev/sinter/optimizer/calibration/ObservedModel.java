// A float model whose inner tensors can be read while it runs.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.calibration;

import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphEditor;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Subgraph;
import dev.sinter.optimizer.data.SessionSlots;
import dev.sinter.optimizer.data.Signatures;
import dev.sinter.runtime.Model;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Session;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One subgraph of a model, loaded with some of its tensors as outputs. Nothing is fused across an
 * output, so what is read is what the float model computes.
 */
public final class ObservedModel implements AutoCloseable {
  private final Graph graph;
  private final Model model;
  private final Session session;
  private final Map<Integer, Integer> outputs = new HashMap<>();
  private final Map<Integer, Integer> inputs = new HashMap<>();

  /**
   * Loads a model.
   *
   * @param whole the model
   * @param subgraph index of the subgraph that runs
   * @param tensors indices, in that subgraph, of tensors to be read: inputs, or results of ops
   * @param options how it is run
   * @throws dev.sinter.runtime.SinterException if it cannot be run
   */
  public ObservedModel(Graph whole, int subgraph, Set<Integer> tensors, Options options) {
    Graph g = unique(Signatures.withMain(whole, subgraph));
    Subgraph main = g.main();
    for (int i = 0; i < main.inputs().size(); i++) {
      inputs.put(main.inputs().get(i), i);
    }
    List<Integer> wanted = new ArrayList<>();
    for (int t : tensors) {
      if (!inputs.containsKey(t) && !main.isConstant(t)) {
        outputs.put(t, wanted.size());
        wanted.add(t);
      }
    }
    if (wanted.isEmpty()) {
      wanted.addAll(main.outputs());
    }
    graph = g.withOutputs(wanted.stream().map(t -> main.tensor(t).name()).toList());
    model = Model.load(graph, options);
    try {
      session = model.newSession();
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /** Tensors are outputs by name, so names must differ; indices stay. */
  private static Graph unique(Graph g) {
    GraphEditor e = g.edit();
    Set<String> names = new HashSet<>();
    g.tensors().forEach(t -> names.add(t.name()));
    Set<String> seen = new HashSet<>();
    for (int t = 0; t < g.tensors().size(); t++) {
      String name = g.tensor(t).name();
      if (!seen.add(name) || name.isEmpty()) {
        String other = name + "#" + t;
        while (!names.add(other)) {
          other += "#";
        }
        e.rename(t, other);
      }
    }
    return e.build();
  }

  /**
   * Returns the graph that runs.
   *
   * @return its main subgraph's inputs are those to be filled
   */
  public Graph graph() {
    return graph;
  }

  /**
   * Returns the inputs, to be filled before {@link #run}.
   *
   * @return the inputs
   */
  public SessionSlots inputs() {
    return new SessionSlots(session);
  }

  /** Runs on what the inputs hold; states start anew. */
  public void run() {
    run(true);
  }

  /**
   * Runs on what the inputs hold.
   *
   * @param anew whether states start anew, or go on from the last run
   */
  public void run(boolean anew) {
    if (anew) {
      session.resetState();
    }
    session.run();
  }

  /** States start anew. */
  public void resetState() {
    session.resetState();
  }

  /**
   * Returns the shape that a tensor had in the last run.
   *
   * @param tensor index in the original subgraph
   * @return its shape
   */
  public Shape shape(int tensor) {
    Integer output = outputs.get(tensor);
    return output != null
        ? session.outputs().get(output).shape()
        : session.inputs().get(inputs.get(tensor)).shape();
  }

  /**
   * Returns the values of a tensor after a run.
   *
   * @param tensor index in the original subgraph
   * @return a direct buffer in native order, valid until the next run
   * @throws IllegalArgumentException if it is none of those that were asked for
   */
  public ByteBuffer values(int tensor) {
    Integer output = outputs.get(tensor);
    Integer input = inputs.get(tensor);
    if (output == null && input == null) {
      throw new IllegalArgumentException("tensor " + tensor + " is not observed");
    }
    ByteBuffer b = output != null ? session.output(output) : session.input(input);
    return b.duplicate().order(ByteOrder.nativeOrder()).clear();
  }

  @Override
  public void close() {
    session.close();
    model.close();
  }
}
