// Lowers reductions, and what is made of them: positions of the largest, log-softmax, norms.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** To the native op `fold`, with `unary` and `binary` around it. */
final class Folds {
  private static final int RANK = 4;
  private static final int SUM = 0;
  private static final int MAX = 2;

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
        || l.scale(in) != l.scale(out)
        || l.zeroPoint(in) != l.zeroPoint(out)) {
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

  /** log(softmax(x)) = x - max - log(sum(exp(x - max))), over the last dimension. */
  static void logSoftmax(Lowering l, int index, Op op) {
    Shape shape = requireFloat(l, index, op);
    boolean[] last = last(shape);
    Shape rows = shape.rank() == 0 ? shape : shape.withDim(shape.rank() - 1, 1);
    Value x = l.value(op.input(0));
    Value largest = l.temporary("largest", 4 * rows.elements());
    Value shifted = l.temporary("shifted", 4 * shape.elements());
    Value powers = l.temporary("powers", 4 * shape.elements());
    Value sums = l.temporary("sums", 4 * rows.elements());
    Value logs = l.temporary("logarithms", 4 * rows.elements());
    String label = op.kind().label();
    fold(l, index, label, MAX, "f32", "f32", shape, last, x, largest);
    binary(l, index, label, 1, shape, rows, x, largest, shifted);
    unary(l, index, label, 5, shape, shifted, powers);
    fold(l, index, label, SUM, "f32", "f32", shape, last, powers, sums);
    unary(l, index, label, 6, rows, sums, logs);
    binary(l, index, label, 1, shape, rows, shifted, logs, l.define(op.output(0)));
  }

  /** x / sqrt(max(sum of squares, 1e-6)), over the last dimension. */
  static void l2Normalization(Lowering l, int index, Op op, OpKind.L2Normalization kind) {
    Shape shape = requireFloat(l, index, op);
    if (kind.activation() != Activation.NONE) {
      throw l.unsupported(index, "the fused activation " + kind.activation());
    }
    boolean[] last = last(shape);
    Shape rows = shape.rank() == 0 ? shape : shape.withDim(shape.rank() - 1, 1);
    Value x = l.value(op.input(0));
    Value squares = l.temporary("squares", 4 * shape.elements());
    Value sums = l.temporary("sums", 4 * rows.elements());
    Value bounded = l.temporary("bounded sums", 4 * rows.elements());
    Value norms = l.temporary("norms", 4 * rows.elements());
    ByteBuffer least = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(1e-6f).flip();
    String label = op.kind().label();
    unary(l, index, label, 2, shape, x, squares);
    fold(l, index, label, SUM, "f32", "f32", shape, last, squares, sums);
    binary(l, index, label, 4, rows, Shape.SCALAR, sums, l.literal("least", least), bounded);
    unary(l, index, label, 7, rows, bounded, norms);
    binary(l, index, label, 3, shape, rows, x, norms, l.define(op.output(0)));
  }

  private static Shape requireFloat(Lowering l, int index, Op op) {
    String type = l.type(index, op.input(0));
    if (!type.equals("f32")) {
      throw l.unsupported(index, type);
    }
    return l.shape(op.input(0));
  }

  private static boolean[] last(Shape shape) {
    boolean[] last = new boolean[shape.rank()];
    if (last.length > 0) {
      last[last.length - 1] = true;
    }
    return last;
  }

  private static void unary(
      Lowering l, int index, String label, int function, Shape shape, Value from, Value to) {
    l.add(
        new Step("unary", index, label, "f32", "f32")
            .set("function", function)
            .set("count", Math.toIntExact(shape.elements()))
            .set("alpha", 0f)
            .set("in_scale", 0f)
            .set("out_scale", 0f)
            .slot(from)
            .slot(to)
            .work((double) shape.elements()));
  }

  private static void binary(
      Lowering l,
      int index,
      String label,
      int function,
      Shape a,
      Shape b,
      Value left,
      Value right,
      Value to) {
    Broadcast shape = Broadcast.of(a, b, a);
    l.add(
        new Step("binary", index, label, "f32", "f32", "f32")
            .set("function", function)
            .setAll("d", shape.dims())
            .setAll("a_stride", shape.aStrides())
            .setAll("b_stride", shape.bStrides())
            .set("a_scale", 0f)
            .set("a_zero_point", 0)
            .set("b_scale", 0f)
            .set("b_zero_point", 0)
            .set("out_scale", 0f)
            .set("out_zero_point", 0)
            .set("out_min", 0)
            .set("out_max", 0)
            .set("act_min", Float.NEGATIVE_INFINITY)
            .set("act_max", Float.POSITIVE_INFINITY)
            .slot(left)
            .slot(right)
            .slot(to)
            .work((double) a.elements()));
  }

  private static void fold(
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
