// Lowers what brings rows to a common measure: softmax, log-softmax, the Euclidean norm.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** To the native ops `softmax`, `softmax16` and `normalize`. */
final class Norms {
  private static final int L2 = 0;
  private static final int LOG_SOFTMAX = 1;

  private Norms() {}

  static void softmax(Lowering l, int index, Op op, OpKind.Softmax softmax) {
    int input = op.input(0);
    int output = op.output(0);
    String type = l.type(index, input);
    String result = l.type(index, output);
    l.requireQuantized(index, input);
    l.requireQuantized(index, output);
    Shape in = l.shape(input);
    boolean unsigned = type.equals("u8");
    boolean wide = result.equals("s16");
    if (!(type.equals("f32") || type.equals("s8") || unsigned || type.equals("s16"))
        || !(type.equals(result) || (wide && !type.equals("f32")))) {
      throw l.unsupported(index, type + " -> " + result);
    }
    Value from = l.value(input);
    if (type.equals("s16")) {
      wide(l, index, in, softmax.beta(), input, from, l.define(output));
      return;
    }
    if (unsigned) {
      // The same numbers 128 lower: only distances count.
      Value signed = l.temporary(from.name() + " signed", from.bytes());
      shift(l, index, in, "u8", "s8", 0, -128, from, signed);
      from = signed;
    }
    int zero = l.zeroPoint(output);
    if (!unsigned || wide) {
      narrow(l, index, in, softmax.beta(), input, output, result, zero, from, l.define(output));
      return;
    }
    // The result's zero is 128 lower, too.
    Value signed = l.temporary(l.tensor(output).name() + " signed", from.bytes());
    narrow(l, index, in, softmax.beta(), input, output, "s8", zero - 128, from, signed);
    shift(l, index, in, "s8", "u8", -128, 0, signed, l.define(output));
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

  private static int depth(Shape shape) {
    return shape.rank() == 0 ? 1 : shape.dim(-1);
  }

  private static int rows(Shape shape) {
    int depth = depth(shape);
    return depth == 0 ? 0 : Math.toIntExact(shape.elements() / depth);
  }

  private static void narrow(
      Lowering l,
      int index,
      Shape in,
      float beta,
      int input,
      int output,
      String result,
      int zero,
      Value from,
      Value to) {
    l.add(
        new Step("softmax", index, "SOFTMAX " + in, result.equals("f32") ? "f32" : "s8", result)
            .set("rows", rows(in))
            .set("depth", depth(in))
            .set("beta", beta)
            .set("in_scale", l.scale(input))
            .set("out_scale", l.scale(output))
            .set("out_zero_point", zero)
            .slot(from)
            .slot(to)
            .work((double) in.elements()));
  }

  private static void wide(
      Lowering l, int index, Shape in, float beta, int input, Value from, Value to) {
    ByteBuffer tables = ByteBuffer.allocate(2 * 4 * Tables.ENTRIES).order(ByteOrder.LITTLE_ENDIAN);
    Tables.lines(tables, -10, 0, Math::exp);
    Tables.lines(tables, 0, 1, x -> 1 / (1 + x));
    l.add(
        new Step("softmax16", index, "SOFTMAX " + in, "s16", "s32", "s16")
            .set("rows", rows(in))
            .set("depth", depth(in))
            .set("beta", beta)
            .set("in_scale", l.scale(input))
            .slot(from)
            .slot(l.literal("tables of op " + index, tables.flip()))
            .slot(to)
            .work((double) in.elements()));
  }

  static void logSoftmax(Lowering l, int index, Op op) {
    String type = sameType(l, index, op);
    if (type.equals("f32")) {
      logSoftmaxOfFloats(l, index, op);
      return;
    }
    int most = Numbers.greatest(type);
    if (l.scale(op.output(0)) != 16f / 256 || l.zeroPoint(op.output(0)) != most) {
      throw l.unsupported(index, "a result with another scale than 1/16 and zero point " + most);
    }
    normalize(l, index, op, LOG_SOFTMAX, type);
  }

  /** x / max(norm, 1e-6), over the last dimension. */
  static void l2Normalization(Lowering l, int index, Op op, OpKind.L2Normalization kind) {
    String type = sameType(l, index, op);
    if (kind.activation() != Activation.NONE) {
      throw l.unsupported(index, "the fused activation " + kind.activation());
    }
    int middle = type.equals("u8") ? 128 : 0;
    if (!type.equals("f32")
        && (l.scale(op.output(0)) != 1f / 128 || l.zeroPoint(op.output(0)) != middle)) {
      throw l.unsupported(index, "a result with another scale than 1/128 and zero point " + middle);
    }
    normalize(l, index, op, L2, type);
  }

  private static String sameType(Lowering l, int index, Op op) {
    String type = l.type(index, op.input(0));
    String result = l.type(index, op.output(0));
    if (!(type.equals("f32") || type.equals("s8") || type.equals("u8")) || !type.equals(result)) {
      throw l.unsupported(index, type + " -> " + result);
    }
    l.requireQuantized(index, op.input(0));
    l.requireQuantized(index, op.output(0));
    return type;
  }

  private static void normalize(Lowering l, int index, Op op, int function, String type) {
    Shape in = l.shape(op.input(0));
    Value from = l.value(op.input(0));
    l.add(
        new Step("normalize", index, op.kind().label() + " " + in, type, type)
            .set("function", function)
            .set("rows", rows(in))
            .set("depth", depth(in))
            .set("in_scale", l.scale(op.input(0)))
            .set("in_zero_point", l.zeroPoint(op.input(0)))
            .slot(from)
            .slot(l.define(op.output(0)))
            .work((double) in.elements()));
  }

  /** log(softmax(x)) = x - max - log(sum(exp(x - max))), over the last dimension. */
  private static void logSoftmaxOfFloats(Lowering l, int index, Op op) {
    Shape shape = l.shape(op.input(0));
    boolean[] last = last(shape);
    Shape rows = shape.rank() == 0 ? shape : shape.withDim(shape.rank() - 1, 1);
    Value x = l.value(op.input(0));
    Value largest = l.temporary("largest", 4 * rows.elements());
    Value shifted = l.temporary("shifted", 4 * shape.elements());
    Value powers = l.temporary("powers", 4 * shape.elements());
    Value sums = l.temporary("sums", 4 * rows.elements());
    Value logs = l.temporary("logarithms", 4 * rows.elements());
    String label = op.kind().label();
    Folds.fold(l, index, label, Folds.MAX, "f32", "f32", shape, last, x, largest);
    binary(l, index, label, 1, shape, rows, x, largest, shifted);
    Pointwise.real(l, index, label, 5, shape, shifted, powers);
    Folds.fold(l, index, label, Folds.SUM, "f32", "f32", shape, last, powers, sums);
    Pointwise.real(l, index, label, 6, rows, sums, logs);
    binary(l, index, label, 1, shape, rows, shifted, logs, l.define(op.output(0)));
  }

  private static boolean[] last(Shape shape) {
    boolean[] last = new boolean[shape.rank()];
    if (last.length > 0) {
      last[last.length - 1] = true;
    }
    return last;
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
            .setUnscaled()
            .slot(left)
            .slot(right)
            .slot(to)
            .work((double) a.elements()));
  }
}
