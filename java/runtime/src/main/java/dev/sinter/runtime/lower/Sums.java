// Lowers sums of many tensors, running sums, and tensors of one value.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.GraphException;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;

/** ADD_N, CUMSUM and ZEROS_LIKE. */
final class Sums {
  private Sums() {}

  /** ADD_N: one addition after the other, as TFLite adds. */
  static void addAll(Lowering l, int index, Op op) {
    String type = l.type(index, op.input(0));
    if (!type.equals("f32") && !type.equals("s32")) {
      throw l.unsupported(index, type);
    }
    Shape shape = l.shape(op.input(0));
    int count = op.inputs().size();
    Value[] terms = new Value[count];
    for (int i = 0; i < count; i++) {
      if (!type.equals(l.type(index, op.input(i))) || !shape.equals(l.shape(op.input(i)))) {
        throw l.unsupported(index, "terms of several types or shapes");
      }
      terms[i] = l.value(op.input(i));
    }
    if (count == 1) {
      l.alias(op.output(0), op.input(0));
      return;
    }
    Value sum = terms[0];
    for (int i = 1; i < count; i++) {
      Value next =
          i == count - 1
              ? l.define(op.output(0))
              : l.temporary(l.tensor(op.output(0)).name() + " of " + (i + 1), sum.bytes());
      l.add(sum(index, shape, type).slot(sum).slot(terms[i]).slot(next));
      sum = next;
    }
  }

  /** The addition of two tensors of a shape, without its slots. */
  private static Step sum(int index, Shape shape, String type) {
    boolean real = type.equals("f32");
    Broadcast same = Broadcast.of(shape, shape, shape);
    Step step = new Step(real ? "add" : "binary", index, "ADD_N " + shape, type, type, type);
    if (!real) {
      step.set("function", 0);
    }
    return step.setAll("d", same.dims())
        .setAll("a_stride", same.aStrides())
        .setAll("b_stride", same.bStrides())
        .setUnscaled()
        .set("out_min", Integer.MIN_VALUE)
        .set("out_max", Integer.MAX_VALUE)
        .work((double) shape.elements());
  }

  /** CUMSUM. */
  static void running(Lowering l, int index, Op op, OpKind.Foreign f) {
    String type = l.type(index, op.input(0));
    if (!(type.equals("f32") || type.equals("s32") || type.equals("s64"))
        || !type.equals(l.type(index, op.output(0)))) {
      throw l.unsupported(index, type);
    }
    Shape shape = l.shape(op.input(0));
    int given = Movements.ints(l, index, op.input(1))[0];
    int axis = given < 0 ? given + shape.rank() : given;
    if (axis < 0 || axis >= shape.rank()) {
      throw new GraphException("axis " + given + " is outside of rank " + shape.rank());
    }
    Value from = l.value(op.input(0));
    l.add(
        new Step("cumsum", index, "CUMSUM " + shape + " along " + axis, type, type)
            .set("outer", Math.toIntExact(shape.elements(0, axis)))
            .set("depth", shape.dim(axis))
            .set("inner", Math.toIntExact(shape.elements(axis + 1, shape.rank())))
            .set("exclusive", f.number("exclusive"))
            .set("reverse", f.number("reverse"))
            .slot(from)
            .slot(l.define(op.output(0)))
            .work((double) shape.elements()));
  }

  /** ZEROS_LIKE. */
  static void zerosLike(Lowering l, int index, Op op) {
    fill(l, index, op, ByteBuffer.allocate(8));
  }

  /** Gives an op's result one value everywhere: the first bytes of a buffer. */
  static void fill(Lowering l, int index, Op op, ByteBuffer value) {
    int output = op.output(0);
    Shape shape = l.shape(output);
    Value source = l.literal("value of op " + index, value);
    new Strided(Movements.bytes(l, index, output))
        .dim(shape.elements(), 0, 1)
        .add(l, index, op.kind().label() + " " + shape, source, l.define(output));
  }
}
