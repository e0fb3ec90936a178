// A model loaded and ready to run, its inputs and outputs as real values.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import dev.sinter.graph.Graph;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Tensor;
import dev.sinter.optimizer.data.InputSlots;
import dev.sinter.optimizer.data.SessionSlots;
import dev.sinter.optimizer.data.TensorSpec;
import dev.sinter.runtime.Model;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Session;
import java.nio.ByteBuffer;
import java.util.List;

/** One session of a model of its own. */
final class ModelRun implements InputSlots, AutoCloseable {
  private final Graph graph;
  private final Model model;
  private final Session session;
  private final SessionSlots slots;

  private ModelRun(Graph graph, Model model, Session session) {
    this.graph = graph;
    this.model = model;
    this.session = session;
    this.slots = new SessionSlots(session);
  }

  static ModelRun open(Graph graph, Options options) {
    Model model = Model.load(graph, options);
    try {
      return new ModelRun(graph, model, model.newSession());
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  Graph graph() {
    return graph;
  }

  Session session() {
    return session;
  }

  @Override
  public List<TensorSpec> inputs() {
    return slots.inputs();
  }

  @Override
  public ByteBuffer input(int index) {
    return slots.input(index);
  }

  @Override
  public void setStrings(int index, ByteBuffer packed) {
    slots.setStrings(index, packed);
  }

  /** Runs on the inputs as they stand, as if for the first time. */
  void run() {
    session.resetState();
    session.run();
  }

  Tensor inputTensor(int index) {
    return graph.tensor(graph.inputs().get(index));
  }

  Shape outputShape(int index) {
    return session.outputs().get(index).shape();
  }

  /** The real values of an input. */
  float[] readInput(int index, float[] into) {
    Shape shape = session.inputs().get(index).shape();
    float[] out = sized(into, shape);
    RealValues.read(input(index), inputTensor(index), shape, out);
    return out;
  }

  /** The real values of an output of the last run; in {@code into} if that has their number. */
  float[] readOutput(int index, float[] into) {
    Shape shape = outputShape(index);
    float[] out = sized(into, shape);
    RealValues.read(
        session.output(index).duplicate().clear(),
        graph.tensor(graph.outputs().get(index)),
        shape,
        out);
    return out;
  }

  private static float[] sized(float[] into, Shape shape) {
    int n = Math.toIntExact(shape.elements());
    return into != null && into.length == n ? into : new float[n];
  }

  /** Stores real values in an input, by its own quantization. */
  void writeInput(int index, float[] values) {
    RealValues.write(values, input(index), inputTensor(index));
  }

  @Override
  public void close() {
    session.close();
    model.close();
  }
}
