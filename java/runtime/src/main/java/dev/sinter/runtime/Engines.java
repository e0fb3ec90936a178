// What the engines of one session, of all its signatures and input shapes, share.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.GraphException;
import dev.sinter.graph.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Makes engines and releases them; variables are common to all that run in pieces. */
final class Engines {
  private final Prepared model;
  private final Options options;
  private final FlowRun run;
  private final List<PlanEngine> plans = new ArrayList<>();
  private boolean closed;

  Engines(Prepared model, Options options) {
    this.model = model;
    this.options = options;
    this.run = new FlowRun(model, options);
  }

  Prepared model() {
    return model;
  }

  Options options() {
    return options;
  }

  /**
   * Makes an engine.
   *
   * @param inputShapes shapes by position; the others keep the file's
   */
  Engine make(int subgraph, Map<Integer, Shape> inputShapes) {
    synchronized (model.store()) {
      model.requireOpen();
      if (closed) {
        throw new SinterException(Status.INVALID_HANDLE, model.name() + ": the session is closed");
      }
      try {
        List<Shape> shapes = model.shapes(subgraph, inputShapes);
        FlowNode root = model.flow(subgraph).root(shapes);
        if (!root.isWhole()) {
          return new FlowEngine(model, run, subgraph, shapes);
        }
        PlanEngine engine =
            new PlanEngine(
                model.name(), model.flow(subgraph).graph().name(), root.program(), options);
        plans.add(engine);
        return engine;
      } catch (GraphException e) {
        throw new SinterException(Status.INVALID_MODEL, model.name() + ": " + e.getMessage(), e);
      }
    }
  }

  /** Releases an engine that will not run any more. */
  void release(Engine engine) {
    synchronized (model.store()) {
      plans.remove(engine);
    }
    engine.release();
  }

  /** Releases all; runs on other threads are cancelled and waited for. */
  void close() {
    List<PlanEngine> open;
    synchronized (model.store()) {
      closed = true;
      open = List.copyOf(plans);
      plans.clear();
    }
    run.close();
    open.forEach(PlanEngine::release);
  }
}
