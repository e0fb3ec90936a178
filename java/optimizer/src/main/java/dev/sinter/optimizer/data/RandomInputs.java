// Fills input tensors with random values, the same for the same seed.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.data;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.HalfFloat;
import dev.sinter.graph.Strings;
import dev.sinter.graph.Subgraph;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Uniform random values within a range. */
public final class RandomInputs {
  private final SplittableRandom random;

  /**
   * Makes a source of values.
   *
   * @param seed equal seeds give equal values
   */
  public RandomInputs(long seed) {
    this.random = new SplittableRandom(seed);
  }

  /**
   * Makes strings: words that the model's own tables hold, or a few others.
   *
   * @param count how many
   * @param words what to choose from, see {@link #words}
   * @return packed as tensors hold them
   */
  public ByteBuffer strings(long count, List<byte[]> words) {
    List<byte[]> out = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      out.add(words.get(random.nextInt(words.size())));
    }
    return Strings.pack(out);
  }

  /**
   * Gathers words for inputs of strings: those in the constants of a model, and as many that are
   * not, the empty one and some beyond ASCII among them.
   *
   * @param graph the model
   * @return bytes of each word
   */
  public static List<byte[]> words(Graph graph) {
    List<byte[]> words = new ArrayList<>();
    for (Subgraph g : graph.subgraphs()) {
      for (int t = 0; t < g.tensors().size(); t++) {
        if (g.tensor(t).type() == ElementType.STRING && g.isConstant(t)) {
          words.addAll(Strings.unpack(g.constant(t).values()));
        }
      }
    }
    int own = words.size();
    for (int i = 0; i < Math.max(8, own); i++) {
      words.add(
          (i == 0 ? "" : (i % 3 == 0 ? "w\u00f6rd" : "word") + i).getBytes(StandardCharsets.UTF_8));
    }
    return words;
  }

  /**
   * Fills a whole buffer.
   *
   * @param values where to write to
   * @param type the type of the elements
   * @param range smallest and largest value
   * @throws IllegalArgumentException for types that have no numbers
   */
  public void fill(ByteBuffer values, ElementType type, InputRange range) {
    ByteBuffer out = values.duplicate().order(ByteOrder.nativeOrder()).clear();
    while (out.hasRemaining()) {
      switch (type) {
        case FLOAT32, COMPLEX64 -> out.putFloat((float) real(range));
        case FLOAT64, COMPLEX128 -> out.putDouble(real(range));
        case BFLOAT16 ->
            out.putShort((short) (Float.floatToRawIntBits((float) real(range)) >>> 16));
        case FLOAT16 -> out.putShort(HalfFloat.ofFloat((float) real(range)));
        case INT8, UINT8, BOOL -> out.put((byte) integer(range));
        case INT4, UINT4, INT2 -> out.put((byte) random.nextInt());
        case INT16, UINT16 -> out.putShort((short) integer(range));
        case INT32, UINT32 -> out.putInt((int) integer(range));
        case INT64, UINT64 -> out.putLong(integer(range));
        default ->
            throw new IllegalArgumentException("no random values for inputs of type " + type);
      }
    }
  }

  private double real(InputRange range) {
    return range.low() + random.nextDouble() * (range.high() - range.low());
  }

  private long integer(InputRange range) {
    return random.nextLong((long) range.low(), (long) range.high() + 1);
  }
}
