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
          byte[] copy = copy(session.input(i));
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

  /** Values of an input of the model, one per example. */
  byte[][] input(int index) {
    return inputs.stream().map(e -> e.get(index)).toArray(byte[][]::new);
  }

  static byte[] copy(ByteBuffer memory) {
    ByteBuffer all = memory.duplicate().clear();
    byte[] copy = new byte[all.remaining()];
    all.get(copy);
    return copy;
  }

  int size() {
    return inputs.size();
  }

  /** Loads a model for one thread. */
  static Model load(Graph graph) {
    return Model.load(graph, Options.builder().threads(1).build());
  }
}
