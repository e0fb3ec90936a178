// Fills input tensors with random values, the same for the same seed.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.data;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.HalfFloat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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
        case FLOAT32 -> out.putFloat((float) real(range));
        case FLOAT64 -> out.putDouble(real(range));
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
