// Functions of 8 bits by table, where an op's own arithmetic is a function of each stored number.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;

/** Steps of the native op `lookup`, and what TFLite computes of the stored numbers. */
final class Lookups {
  private static final int SHIFT = 8;

  private Lookups() {}

  /** Looks each number of a tensor up, into a place of its own. */
  static Value map(Lowering l, int index, String label, Shape shape, Value from, ByteBuffer table) {
    Value to = l.temporary(from.name() + " by table", from.bytes());
    l.add(
        new Step("lookup", index, label + " " + shape, "u8", "u8", "u8")
            .set("count", Math.toIntExact(shape.elements()))
            .set("entries", 256)
            .slot(from)
            .slot(l.literal("table of op " + index, table))
            .slot(to)
            .work((double) shape.elements()));
    return to;
  }

  /**
   * How TFLite orders the stored numbers of a quantized tensor: as positions, equal ones for those
   * that it takes for equal; null if it tells all of them apart.
   */
  static int[] positions(String type, int zeroPoint, float scale) {
    int least = Numbers.least(type);
    int[] positions = new int[Numbers.greatest(type) - least + 1];
    boolean merged = false;
    for (int i = 1; i < positions.length; i++) {
      boolean same =
          compared(least + i, zeroPoint, scale) == compared(least + i - 1, zeroPoint, scale);
      positions[i] = positions[i - 1] + (same ? 0 : 1);
      merged |= same;
    }
    return merged ? positions : null;
  }

  /**
   * What TFLite compares instead of a stored number: 256 times its distance to the zero point times
   * the scale, in whole numbers, so that neighbours become equal where the scale is small.
   */
  private static int compared(int stored, int zeroPoint, float scale) {
    int exponent = Math.getExponent(scale) + 1;
    long multiplier = Math.round(scale / Math.pow(2, exponent) * (1L << 31));
    if (multiplier == 1L << 31) {
      multiplier /= 2;
      exponent++;
    }
    if (exponent < -31) {
      return 0;
    }
    long product = ((long) (stored - zeroPoint) << SHIFT) * multiplier;
    long high = (product + (product >= 0 ? 1L << 30 : 1 - (1L << 30))) / (1L << 31);
    int right = -exponent;
    if (right <= 0) {
      return (int) high;
    }
    long rest = high & ((1L << right) - 1);
    long half = ((1L << right) - 1) / 2 + (high < 0 ? 1 : 0);
    return (int) ((high >> right) + (rest > half ? 1 : 0));
  }
}
