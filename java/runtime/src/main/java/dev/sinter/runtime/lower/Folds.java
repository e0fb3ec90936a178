// Lowers reductions without scales, and positions of the largest.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import java.util.ArrayList;
import java.util.List;

/** To the native op `fold`. */
final class Folds {
  private static final int RANK = 4;
  static final int SUM = 0;
  static final int MAX = 2;

  private Folds() {}

  static void reduce(Lowering l, int index, Op op, OpKind.Reduce reduce) {
    int in = op.input(0);
    int out = op.output(0);
    Shape shape = l.shape(in);
    int[] axes = Movements.ints(l, index, op.input(1));
    boolean[] folded = new boolean[shape.rank()];
    for (int axis : axes) {
      folded[axis < 0 ? axis + shape.rank() : axis] = true;
    }
    String type = l.type(index, in);
    int function =
        switch (reduce.function()) {
          case SUM -> SUM;
          case PROD -> 1;
          case MAX -> MAX;
          case MIN -> 3;
          case ANY -> 4;
          case ALL -> 5;
          case MEAN -> -1;
        };
    boolean small = type.equals("s8") || type.equals("u8") || type.equals("s16");
    if (function < 0
        || (small && function < MAX)
        || !type.equals(l.type(index, out))
        || (small && (l.scale(in) != l.scale(out) || l.zeroPoint(in) != l.zeroPoint(out)))) {
      throw l.unsupported(index, reduce.label() + " of " + type);
    }
    Value from = l.value(in);
    fold(l, index, op.kind().label(), function, type, type, shape, folded, from, l.define(out));
  }

  static void position(Lowering l, int index, Op op, boolean largest) {
    int in = op.input(0);
    Shape shape = l.shape(in);
    int axis = Movements.ints(l, index, op.input(1))[0];
    boolean[] folded = new boolean[shape.rank()];
    folded[axis < 0 ? axis + shape.rank() : axis] = true;
    String type = l.type(index, in);
    type = type.equals("bool") ? "u8" : type;
    boolean known =
        type.equals("f32") || type.equals("s8") || type.equals("u8") || type.equals("s32");
    String result = l.type(index, op.output(0));
    if (!known || !(result.equals("s32") || result.equals("s64"))) {
      throw l.unsupported(index, "positions among " + type + " as " + result);
    }
    Value from = l.value(in);
    Value to = l.define(op.output(0));
    long count = l.shape(op.output(0)).elements();
    Value narrow = result.equals("s32") ? to : l.temporary(to.name() + " narrow", 4 * count);
    fold(l, index, op.kind().label(), largest ? 6 : 7, type, "s32", shape, folded, from, narrow);
    if (result.equals("s64")) {
      Choices.cast(l, index, op.kind().label(), "s32", "s64", count, narrow, to);
    }
  }

  static void fold(
      Lowering l,
      int index,
      String label,
      int function,
      String type,
      String result,
      Shape shape,
      boolean[] folded,
      Value from,
      Value to) {
    long[] strides = Strided.strides(shape);
    List<long[]> kept = new ArrayList<>();
    List<long[]> gone = new ArrayList<>();
    for (int d = 0; d < folded.length; d++) {
      List<long[]> side = folded[d] ? gone : kept;
      long[] before = side.isEmpty() ? null : side.get(side.size() - 1);
      if (shape.dim(d) == 1) {
        continue;
      }
      if (before != null && before[1] == shape.dim(d) * strides[d]) {
        before[0] *= shape.dim(d);
        before[1] = strides[d];
      } else {
        side.add(new long[] {shape.dim(d), strides[d]});
      }
    }
    if (kept.size() > RANK || gone.size() > RANK) {
      throw l.unsupported(index, "a reduction over " + gone.size() + " separate dimensions");
    }
    Step step =
        new Step("fold", index, label + " " + shape, type, result).set("function", function);
    set(step, "kept", kept);
    set(step, "folded", gone);
    l.add(step.slot(from).slot(to).work((double) shape.elements()));
  }

  private static void set(Step step, String name, List<long[]> dims) {
    for (int k = 0; k < RANK; k++) {
      int i = k - (RANK - dims.size());
      step.set(name + k, i < 0 ? 1 : Math.toIntExact(dims.get(i)[0]))
          .set(name + "_stride" + k, i < 0 ? 0 : Math.toIntExact(dims.get(i)[1]));
    }
  }
}
