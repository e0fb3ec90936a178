// Where the values come from that a model is compared on.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.data;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;

/** Inputs for any model. */
public interface InputSource {
  /** Inputs for one model, run after run. */
  interface Feed {
    /**
     * Returns how many runs there are inputs for.
     *
     * @return at least 1
     */
    int runs();

    /**
     * Writes the inputs of a run; called for run 0, 1, 2 and so on.
     *
     * @param run which one
     * @param all whose inputs are written, all alike
     * @throws MisfitException if the inputs do not fit the model
     * @throws IllegalArgumentException if an input is of a type that has no such values
     */
    void fill(int run, InputSlots... all);
  }

  /**
   * Looks at a model.
   *
   * @param graph the model
   * @return its inputs
   * @throws MisfitException if the inputs do not fit the model
   */
  Feed open(Graph graph);

  /**
   * Gives the others what the first has in an input.
   *
   * @param input which input
   * @param all the first and the others
   */
  static void copy(int input, InputSlots... all) {
    for (int p = 1; p < all.length; p++) {
      all[p].input(input).clear().put(all[0].input(input).clear());
    }
  }

  /**
   * Gives all the same strings.
   *
   * @param input which input
   * @param packed the strings as {@link dev.sinter.graph.Strings} packs them
   * @param all who gets them
   */
  static void setStrings(int input, ByteBuffer packed, InputSlots... all) {
    for (InputSlots one : all) {
      one.setStrings(input, packed.duplicate());
    }
  }

  /**
   * Examples of a model with one float input.
   *
   * @param examples as many numbers each as the input takes; iterated anew each time a model is run
   *     over them, which may be several times
   * @return the source
   */
  static InputSource ofFloats(Iterable<float[]> examples) {
    return new IterableSource<>(
        examples,
        1,
        (x, input, slots) -> {
          if (slots.inputs().get(0).type() != ElementType.FLOAT32) {
            throw new MisfitException("floats do not fit the input " + slots.inputs().get(0), null);
          }
          FloatBuffer to = slots.input(0).order(ByteOrder.nativeOrder()).asFloatBuffer();
          IterableSource.checkSize(slots.inputs().get(0), to.capacity(), x.length);
          to.put(x);
        });
  }

  /**
   * Examples of any model.
   *
   * @param examples a buffer per input in their order, in native byte order, from position to
   *     limit; iterated anew each time a model is run over them, which may be several times
   * @return the source
   */
  static InputSource ofBuffers(Iterable<? extends List<ByteBuffer>> examples) {
    return new IterableSource<>(
        examples,
        -1,
        (x, input, slots) -> {
          TensorSpec spec = slots.inputs().get(input);
          if (x.size() != slots.inputs().size()) {
            throw new MisfitException(
                "an example has "
                    + x.size()
                    + " buffers, the model "
                    + slots.inputs().size()
                    + " inputs",
                null);
          }
          if (spec.type() == ElementType.STRING) {
            slots.setStrings(input, x.get(input));
            return;
          }
          ByteBuffer to = slots.input(input).clear();
          IterableSource.checkSize(spec, to.capacity(), x.get(input).remaining());
          to.put(x.get(input).duplicate());
        });
  }

  /**
   * Random values.
   *
   * @param runs how many runs
   * @param seed equal seeds give equal values
   * @return the source
   */
  static InputSource random(int runs, long seed) {
    return graph -> {
      List<InputRange> ranges = InputRange.of(graph);
      List<byte[]> words = RandomInputs.words(graph);
      RandomInputs random = new RandomInputs(seed);
      return new Feed() {
        @Override
        public int runs() {
          return runs;
        }

        @Override
        public void fill(int run, InputSlots... all) {
          for (int i = 0; i < ranges.size(); i++) {
            TensorSpec spec = all[0].inputs().get(i);
            if (spec.type() == ElementType.STRING) {
              setStrings(i, random.strings(spec.shape().elements(), words), all);
            } else {
              random.fill(all[0].input(i), spec.type(), ranges.get(i));
              copy(i, all);
            }
          }
        }
      };
    };
  }
}
