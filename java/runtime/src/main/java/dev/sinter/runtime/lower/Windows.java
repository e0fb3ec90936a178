// Ops over windows: pools, local response normalization.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.DelegateOptions;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Padding;
import dev.sinter.graph.Shape;
import java.util.List;

/** Lowers the pools, also those that tell places, and LOCAL_RESPONSE_NORMALIZATION. */
final class Windows {
  private Windows() {}

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
    String label = op.kind().label() + " " + in + " -> " + out;
    Step step =
        windows(new Step(roots ? "l2_pool" : "pool", index, label, type, type), in, out, pool)
            .set("stride_h", pool.strideH())
            .set("stride_w", pool.strideW());
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

  /** MediaPipe's MaxPoolingWithArgmax2D: the places are int32, whatever the file calls them. */
  static void placed(Lowering l, int index, Op op, OpKind.Foreign kind) {
    OpKind.Pool pool = DelegateOptions.pool(kind);
    requireFloats(l, index, op.input(0), op.output(0));
    Shape in = l.shape(op.input(0));
    Shape out = l.shape(op.output(0));
    String label = kind.label() + " " + in + " -> " + out;
    Value from = l.value(op.input(0));
    l.add(
        windows(new Step("argmax_pool", index, label, "f32", "f32", "s32"), in, out, pool)
            .slot(from)
            .slot(l.define(op.output(0)))
            .slot(l.define(op.output(1)))
            .work((double) in.elements()));
  }

  /** MediaPipe's MaxUnpooling2D. */
  static void unpool(Lowering l, int index, Op op, OpKind.Foreign kind) {
    OpKind.Pool pool = DelegateOptions.pool(kind);
    requireFloats(l, index, op.input(0), op.output(0));
    Shape in = l.shape(op.input(0));
    if (!l.shape(op.input(1)).equals(in) || l.tensor(op.input(1)).type().bits() != 32) {
      throw l.unsupported(index, "places " + l.shape(op.input(1)) + " for values " + in);
    }
    Value values = l.value(op.input(0));
    Value places = l.value(op.input(1));
    l.add(
        images(new Step("unpool", index, kind.label() + " " + in, "f32", "s32", "f32"), in, pool)
            .slot(values)
            .slot(places)
            .slot(l.define(op.output(0)))
            .work((double) l.shape(op.output(0)).elements()));
  }

  private static Step images(Step step, Shape in, OpKind.Pool pool) {
    return step.set("batch", in.dim(0))
        .set("in_h", in.dim(1))
        .set("in_w", in.dim(2))
        .set("channels", in.dim(3))
        .set("kernel_h", pool.height())
        .set("kernel_w", pool.width());
  }

  private static Step windows(Step step, Shape in, Shape out, OpKind.Pool pool) {
    Padding.Extent y = pool.padding().along(in.dim(1), pool.height(), pool.strideH(), 1);
    Padding.Extent x = pool.padding().along(in.dim(2), pool.width(), pool.strideW(), 1);
    return images(step, in, pool)
        .set("out_h", out.dim(1))
        .set("out_w", out.dim(2))
        .set("pad_top", y.before())
        .set("pad_left", x.before());
  }

  private static void requireFloats(Lowering l, int index, int input, int output) {
    if (!l.type(index, input).equals("f32") || !l.type(index, output).equals("f32")) {
      throw l.unsupported(index, l.type(index, input) + " -> " + l.type(index, output));
    }
  }
}
