// Examples that the caller's code gives.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.data;

import dev.sinter.graph.Graph;
import java.util.Collection;
import java.util.Iterator;

/** Inputs from an iterable: one is held at a time. */
final class IterableSource<T> implements InputSource {
  /** Writes one input of an example. */
  interface Writer<T> {
    void write(T example, int input, InputSlots to);
  }

  private final Iterable<? extends T> examples;
  private final int inputs;
  private final Writer<T> writer;

  /**
   * Makes a source.
   *
   * @param inputs how many inputs the examples fill; -1: all
   */
  IterableSource(Iterable<? extends T> examples, int inputs, Writer<T> writer) {
    this.examples = examples;
    this.inputs = inputs;
    this.writer = writer;
  }

  static void checkSize(TensorSpec input, int room, int given) {
    if (room != given) {
      throw new MisfitException(
          "an example of " + given + " for the input " + input + ", which takes " + room, null);
    }
  }

  @Override
  public Feed open(Graph graph) {
    if (inputs >= 0 && graph.inputs().size() != inputs) {
      throw new MisfitException(
          "the model has " + graph.inputs().size() + " inputs, examples fill " + inputs, null);
    }
    int runs = count();
    Iterator<? extends T> next = examples.iterator();
    return new Feed() {
      @Override
      public int runs() {
        return runs;
      }

      @Override
      public void fill(int run, InputSlots... all) {
        T example = next.next();
        for (int i = 0; i < all[0].inputs().size(); i++) {
          writer.write(example, i, all[0]);
          InputSource.copy(i, all);
        }
      }
    };
  }

  private int count() {
    if (examples instanceof Collection<?> all) {
      return all.size();
    }
    int count = 0;
    for (Iterator<? extends T> i = examples.iterator(); i.hasNext(); i.next()) {
      count++;
    }
    return count;
  }
}
