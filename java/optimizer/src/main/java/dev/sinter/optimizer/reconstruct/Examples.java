// Inputs of calibration examples, kept in memory.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.reconstruct;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphException;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.data.SessionSlots;
import dev.sinter.runtime.Model;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Session;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Read once, however often the model runs. */
final class Examples {
  private static final long MOST_BYTES = 1L << 30;

  private final List<List<byte[]>> inputs = new ArrayList<>();

  /**
   * Reads the examples.
   *
   * @param graph the model
   * @param model the same, loaded
   * @param source where they come from
   */
  Examples(Graph graph, Model model, InputSource source) {
    InputSource.Feed feed = source.open(graph);
    try (Session session = model.newSession()) {
      long bytes = 0;
      for (int run = 0; run < feed.runs(); run++) {
        feed.fill(run, new SessionSlots(session));
        List<byte[]> example = new ArrayList<>();
        for (int i = 0; i < session.inputs().size(); i++) {
          if (session.inputs().get(i).type() == ElementType.STRING) {
            throw new GraphException(
                graph.name() + ": a model that takes strings cannot be reconstructed");
          }
          ByteBuffer memory = session.input(i).duplicate().clear();
          byte[] copy = new byte[memory.remaining()];
          memory.get(copy);
          bytes += copy.length;
          example.add(copy);
        }
        if (bytes > MOST_BYTES) {
          throw new GraphException(
              graph.name()
                  + ": "
                  + feed.runs()
                  + " calibration examples take more than 1 GB; a hundred are usually enough");
        }
        inputs.add(example);
      }
    }
  }

  int size() {
    return inputs.size();
  }

  void write(int example, Session session) {
    for (int i = 0; i < inputs.get(example).size(); i++) {
      session.input(i).duplicate().clear().put(inputs.get(example).get(i));
    }
  }

  /**
   * Runs an example.
   *
   * @param outer which input of the model is asked for; -1: the result is
   * @param into gets the values
   */
  void read(int example, Session session, int outer, float[] into) {
    write(example, session);
    if (outer >= 0) {
      ByteBuffer memory = session.input(outer).duplicate().order(ByteOrder.nativeOrder()).clear();
      memory.asFloatBuffer().get(into);
      return;
    }
    session.run();
    session.getOutput(0, into);
  }

  /** Loads a model for one thread. */
  static Model load(Graph graph) {
    return Model.load(graph, Options.builder().threads(1).build());
  }
}
