// Lowers CAST and SELECT.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Op;
import dev.sinter.graph.Shape;
import java.util.List;

/** To the native ops `cast` and `select`. */
final class Choices {
  private static final List<String> TYPES = List.of("f32", "s8", "u8", "s16", "s32", "s64", "bool");
  private static final int RANK = 6;

  private Choices() {}

  static void cast(Lowering l, int index, Op op) {
    Value from = l.value(op.input(0));
    String in = l.type(index, op.input(0));
    String out = l.type(index, op.output(0));
    String label = "CAST " + l.shape(op.input(0)) + " " + in + " to " + out;
    long count = l.shape(op.input(0)).elements();
    cast(l, index, label, in, out, count, from, l.define(op.output(0)));
  }

  static void cast(
      Lowering l,
      int index,
      String label,
      String in,
      String out,
      long count,
      Value from,
      Value to) {
    l.add(
        new Step("cast", index, label, "u8", "u8")
            .set("from", TYPES.indexOf(in))
            .set("to", TYPES.indexOf(out))
            .set("count", Math.toIntExact(count))
            .slot(from)
            .slot(to)
            .work((double) count));
  }

  /** SELECT: a condition of rank 1 chooses whole rows; else, and in SELECT_V2, all broadcast. */
  static void select(Lowering l, int index, Op op, boolean rows) {
    Shape out = l.shape(op.output(0));
    Shape condition = l.shape(op.input(0));
    if (rows && condition.rank() == 1 && out.rank() > 1) {
      int[] dims = new int[out.rank()];
      java.util.Arrays.fill(dims, 1);
      dims[0] = condition.dim(0);
      condition = Shape.of(dims);
    }
    Shape[] shapes = {condition, l.shape(op.input(1)), l.shape(op.input(2))};
    // Dimensions that are alike for all three become one.
    int count = 0;
    long[] d = new long[out.rank()];
    long[][] strides = new long[3][out.rank()];
    long[][] own = new long[3][];
    for (int s = 0; s < 3; s++) {
      own[s] = Strided.strides(shapes[s]);
    }
    for (int k = 0; k < out.rank(); k++) {
      if (out.dim(k) == 1) {
        continue;
      }
      long[] now = new long[3];
      boolean joins = count > 0;
      for (int s = 0; s < 3; s++) {
        int at = k - (out.rank() - shapes[s].rank());
        now[s] = at < 0 || shapes[s].dim(at) == 1 ? 0 : own[s][at];
        joins &= count > 0 && strides[s][count - 1] == now[s] * out.dim(k);
      }
      if (joins) {
        count--;
        d[count] *= out.dim(k);
      } else {
        d[count] = out.dim(k);
      }
      for (int s = 0; s < 3; s++) {
        strides[s][count] = now[s];
      }
      count++;
    }
    if (count > RANK) {
      throw l.unsupported(index, "broadcasting over more than 6 dimensions");
    }
    Step step =
        new Step("select", index, op.kind().label() + " " + out, "bool", "u8", "u8", "u8")
            .set("element_bytes", Movements.bytes(l, index, op.output(0)));
    String[] names = {"condition_stride", "a_stride", "b_stride"};
    for (int k = 0; k < RANK; k++) {
      int i = k - (RANK - count);
      step.set("d" + k, i < 0 ? 1 : Math.toIntExact(d[i]));
      for (int s = 0; s < 3; s++) {
        step.set(names[s] + k, i < 0 ? 0 : Math.toIntExact(strides[s][i]));
      }
    }
    step.slot(l.value(op.input(0))).slot(l.value(op.input(1))).slot(l.value(op.input(2)));
    l.add(step.slot(l.define(op.output(0))).work((double) out.elements()));
  }
}
