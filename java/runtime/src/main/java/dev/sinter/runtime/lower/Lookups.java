// Functions of 8 bits by table, where an op's own arithmetic is a function of each stored number.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;

/** Steps of the native op `lookup`. */
final class Lookups {
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
}
