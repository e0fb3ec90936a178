// Examples that are there, and are numbers.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.data;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * Passes examples on, and refuses those from which nothing can be learned: none at all, or with
 * floats that are no numbers or infinite.
 *
 * @param source where they come from
 */
public record FiniteSource(InputSource source) implements InputSource {
  @Override
  public Feed open(Graph graph) {
    Feed feed = source.open(graph);
    if (feed.runs() == 0) {
      throw new MisfitException(graph.name() + ": there are no examples to calibrate with", null);
    }
    return new Feed() {
      @Override
      public int runs() {
        return feed.runs();
      }

      @Override
      public void fill(int run, InputSlots... all) {
        feed.fill(run, all);
        if (all.length > 0) {
          check(graph, run, all[0]);
        }
      }
    };
  }

  private static void check(Graph graph, int run, InputSlots slots) {
    List<TensorSpec> specs = slots.inputs();
    for (int i = 0; i < specs.size(); i++) {
      if (specs.get(i).type() != ElementType.FLOAT32) {
        continue;
      }
      FloatBuffer values =
          slots.input(i).duplicate().order(ByteOrder.nativeOrder()).clear().asFloatBuffer();
      for (int k = 0; k < values.capacity(); k++) {
        float v = values.get(k);
        if (Float.isNaN(v) || Float.isInfinite(v)) {
          throw new MisfitException(
              graph.name()
                  + ": input '"
                  + specs.get(i).name()
                  + "' holds "
                  + v
                  + " at element "
                  + k
                  + " of example "
                  + run
                  + " (counted from 0), from which no range follows: look at that example",
              null);
        }
      }
    }
  }
}
