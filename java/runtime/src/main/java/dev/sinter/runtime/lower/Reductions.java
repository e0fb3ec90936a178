// Lowers means, sums and quantized products over axes.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** To the native op `reduce`. */
final class Reductions {
  private static final int RANK = 6;

  private Reductions() {}

  /** Whether these rows take a reduction: all means, sums and products with scales, float sums. */
  static boolean takes(Lowering l, int index, Op op, OpKind.Reduce reduce) {
    String type = l.type(index, op.input(0));
    boolean small = type.equals("s8") || type.equals("u8") || type.equals("s16");
    return switch (reduce.function()) {
      case MEAN -> true;
      case SUM -> small || (type.equals("f32") && l.shape(op.input(0)).rank() <= RANK);
      case PROD -> type.equals("s8") || type.equals("s16");
      default -> false;
    };
  }

  static void reduce(Lowering l, int index, Op op, OpKind.Reduce reduce) {
    String type = l.type(index, op.input(0));
    if (type.equals("bool") || !type.equals(l.type(index, op.output(0)))) {
      throw l.unsupported(index, type + " -> " + l.type(index, op.output(0)));
    }
    boolean small = type.equals("s8") || type.equals("u8") || type.equals("s16");
    if (small) {
      l.requireQuantized(index, op.input(0));
      l.requireQuantized(index, op.output(0));
    }
    Shape in = l.shape(op.input(0));
    int[] axes = Movements.ints(l, index, op.input(1));
    if (in.rank() > RANK) {
      throw l.unsupported(index, "rank " + in.rank());
    }
    int[] dims = new int[RANK];
    Arrays.fill(dims, 1);
    int shift = RANK - in.rank();
    for (int i = 0; i < in.rank(); i++) {
      dims[shift + i] = in.dim(i);
    }
    int mask = 0;
    for (int axis : in.rank() == 0 ? new int[0] : axes) {
      mask |= 1 << (shift + (axis < 0 ? axis + in.rank() : axis));
    }
    Shape out = l.shape(op.output(0));
    if (in.elements() == 0
        && out.elements() > 0
        && reduce.function() == OpKind.Reduce.Function.MEAN) {
      // The mean of nothing: TFLite gives NaN, and 0 where there is none.
      ByteBuffer nothing = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      nothing.putFloat(0, type.equals("f32") ? Float.NaN : 0f);
      Sums.fill(l, index, op, nothing);
      return;
    }
    String label = op.kind().label() + " " + in + " over " + Arrays.toString(axes);
    int kind =
        switch (reduce.function()) {
          case SUM -> 1;
          case PROD -> 2;
          default -> 0;
        };
    Step step =
        new Step("reduce", index, label, type, type)
            .set("kind", kind)
            .setAll("d", dims)
            .set("axes", mask)
            .set("in_scale", l.scale(op.input(0)))
            .set("in_zero_point", small ? l.zeroPoint(op.input(0)) : 0)
            .set("out_scale", l.scale(op.output(0)))
            .set("out_zero_point", small ? l.zeroPoint(op.output(0)) : 0);
    Value from = l.value(op.input(0));
    l.add(step.slot(from).slot(l.define(op.output(0))).work((double) in.elements()));
  }
}
