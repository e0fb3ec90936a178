// Ops that gather many values into one: pools, means, softmax.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Padding;
import dev.sinter.graph.Shape;
import java.util.Arrays;
import java.util.List;

/** Lowers the pools, MEAN, SOFTMAX and LOCAL_RESPONSE_NORMALIZATION. */
final class Windows {
  private static final int RANK = 6;

  private Windows() {}

  private static String sameType(Lowering l, int index, Op op) {
    String type = l.type(index, op.input(0));
    boolean known =
        type.equals("f32")
            || type.equals("s8")
            || (type.equals("u8") && op.kind() instanceof OpKind.Softmax);
    if (!known || !type.equals(l.type(index, op.output(0)))) {
      throw l.unsupported(index, type + " -> " + l.type(index, op.output(0)));
    }
    l.requireQuantized(index, op.input(0));
    l.requireQuantized(index, op.output(0));
    return type;
  }

  static void pool(Lowering l, int index, Op op, OpKind.Pool pool) {
    String type = l.type(index, op.input(0));
    if (!List.of("f32", "s8", "u8", "s16").contains(type)
        || !type.equals(l.type(index, op.output(0)))) {
      throw l.unsupported(index, type + " -> " + l.type(index, op.output(0)));
    }
    l.requireQuantized(index, op.input(0));
    l.requireQuantized(index, op.output(0));
    boolean roots = pool.mode() == OpKind.Pool.Mode.L2;
    if ((roots && !type.equals("f32")) || !Numbers.isClamp(pool.activation())) {
      throw l.unsupported(index, pool.mode() + " pooling with activation " + pool.activation());
    }
    int input = op.input(0);
    int output = op.output(0);
    if (!type.equals("f32")
        && (l.scale(input) != l.scale(output) || l.zeroPoint(input) != l.zeroPoint(output))) {
      throw l.unsupported(index, "pooling with different quantization of input and output");
    }
    Shape in = l.shape(input);
    Shape out = l.shape(output);
    Padding.Extent y = pool.padding().along(in.dim(1), pool.height(), pool.strideH(), 1);
    Padding.Extent x = pool.padding().along(in.dim(2), pool.width(), pool.strideW(), 1);
    Step step =
        new Step(
                roots ? "l2_pool" : "pool",
                index,
                op.kind().label() + " " + in + " -> " + out,
                type,
                type)
            .set("batch", in.dim(0))
            .set("in_h", in.dim(1))
            .set("in_w", in.dim(2))
            .set("channels", in.dim(3))
            .set("out_h", out.dim(1))
            .set("out_w", out.dim(2))
            .set("kernel_h", pool.height())
            .set("kernel_w", pool.width())
            .set("stride_h", pool.strideH())
            .set("stride_w", pool.strideW())
            .set("pad_top", y.before())
            .set("pad_left", x.before());
    if (!roots) {
      step.set("kind", pool.mode() == OpKind.Pool.Mode.MAX ? 1 : 0);
    }
    if (pool.mode() == OpKind.Pool.Mode.MAX) {
      Numbers.clamp(step, pool.activation(), l.quantization(output));
    } else {
      Numbers.clampBuiltin(step, pool.activation(), l.quantization(output));
    }
    Value from = l.value(input);
    l.add(
        step.slot(from)
            .slot(l.define(output))
            .work((double) out.elements() * pool.height() * pool.width()));
  }

  static void mean(Lowering l, int index, Op op) {
    String type = sameType(l, index, op);
    if (!l.isConstant(op.input(1))) {
      throw l.unsupported(index, "axes that are computed at run time");
    }
    Shape in = l.shape(op.input(0));
    int[] axes = Fusion.amounts(l.constantDense(op.input(1)));
    if (in.rank() > RANK || axes == null) {
      throw l.unsupported(index, "rank " + in.rank());
    }
    int[] dims = new int[RANK];
    Arrays.fill(dims, 1);
    int shift = RANK - in.rank();
    for (int i = 0; i < in.rank(); i++) {
      dims[shift + i] = in.dim(i);
    }
    int mask = 0;
    for (int axis : axes) {
      mask |= 1 << (shift + (axis < 0 ? axis + in.rank() : axis));
    }
    Step step =
        new Step("reduce", index, "MEAN " + in + " over " + Arrays.toString(axes), type, type)
            .set("kind", 0)
            .setAll("d", dims)
            .set("axes", mask)
            .set("in_scale", l.scale(op.input(0)))
            .set("in_zero_point", l.zeroPoint(op.input(0)))
            .set("out_scale", l.scale(op.output(0)))
            .set("out_zero_point", l.zeroPoint(op.output(0)));
    Value from = l.value(op.input(0));
    l.add(step.slot(from).slot(l.define(op.output(0))).work((double) in.elements()));
  }

  static void softmax(Lowering l, int index, Op op, OpKind.Softmax softmax) {
    String type = sameType(l, index, op);
    Shape in = l.shape(op.input(0));
    Value from = l.value(op.input(0));
    int output = op.output(0);
    if (!type.equals("u8")) {
      softmax(l, index, in, softmax.beta(), type, op.input(0), output, from, l.define(output));
      return;
    }
    // The same numbers 128 lower: only distances count, and the result's zero is 128 lower too.
    Value signed = l.temporary(from.name() + " signed", from.bytes());
    Value result = l.temporary(l.tensor(output).name() + " signed", from.bytes());
    shift(l, index, in, "u8", "s8", 0, -128, from, signed);
    softmax(l, index, in, softmax.beta(), "s8", op.input(0), output, signed, result);
    shift(l, index, in, "s8", "u8", -128, 0, result, l.define(output));
  }

  private static void shift(
      Lowering l,
      int index,
      Shape shape,
      String type,
      String to,
      int zero,
      int newZero,
      Value from,
      Value result) {
    l.add(
        new Step("quantize", index, "SOFTMAX " + type + " as " + to, type, to)
            .set("count", Math.toIntExact(shape.elements()))
            .set("in_scale", 1f)
            .set("in_zero_point", zero)
            .set("out_scale", 1f)
            .set("out_zero_point", newZero)
            .slot(from)
            .slot(result)
            .work((double) shape.elements()));
  }

  private static void softmax(
      Lowering l,
      int index,
      Shape in,
      float beta,
      String type,
      int input,
      int output,
      Value from,
      Value to) {
    int depth = in.rank() == 0 ? 1 : in.dim(-1);
    long rows = depth == 0 ? 0 : in.elements() / depth;
    int zero = l.tensor(output).type() == ElementType.UINT8 ? -128 : 0;
    l.add(
        new Step("softmax", index, "SOFTMAX " + in, type, type)
            .set("rows", Math.toIntExact(rows))
            .set("depth", depth)
            .set("beta", beta)
            .set("in_scale", l.scale(input))
            .set("out_scale", l.scale(output))
            .set("out_zero_point", l.zeroPoint(output) + zero)
            .slot(from)
            .slot(to)
            .work((double) in.elements()));
  }

  static void responses(Lowering l, int index, Op op, OpKind.Foreign kind) {
    Shape shape = l.shape(op.input(0));
    if (shape.rank() != 4
        || !l.type(index, op.input(0)).equals("f32")
        || !l.type(index, op.output(0)).equals("f32")) {
      throw l.unsupported(index, "this rank or type");
    }
    Value from = l.value(op.input(0));
    l.add(
        new Step("lrn", index, kind.label() + " " + shape, "f32", "f32")
            .set("rows", Math.toIntExact(shape.elements(0, 3)))
            .set("depth", shape.dim(3))
            .set("radius", Numbers.attribute(kind, "radius").intValue())
            .set("bias", Numbers.attribute(kind, "bias").floatValue())
            .set("alpha", Numbers.attribute(kind, "alpha").floatValue())
            .set("beta", Numbers.attribute(kind, "beta").floatValue())
            .slot(from)
            .slot(l.define(op.output(0)))
            .work((double) shape.elements()));
  }
}
