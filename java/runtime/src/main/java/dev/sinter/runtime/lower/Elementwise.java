// Ops that work on each element by itself.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import java.util.function.IntUnaryOperator;

/** Lowers ADD, the relu family, QUANTIZE and DEQUANTIZE. */
final class Elementwise {
  private Elementwise() {}

  /** Whether the vector rows of `add` take a sum. */
  static boolean addsFast(Lowering l, int index, Op op) {
    String type = l.type(index, op.input(0));
    return type.equals("f32") || type.equals("s8");
  }

  static void add(Lowering l, int index, Op op, OpKind.Binary binary) {
    Activation activation = l.activation(index, binary.activation());
    if (!Numbers.isClamp(activation)) {
      throw l.unsupported(index, "the fused activation " + activation);
    }
    int a = op.input(0);
    int b = op.input(1);
    int output = l.outputTensor(index);
    String type = l.type(index, a);
    if (!(type.equals("f32") || type.equals("s8"))
        || !type.equals(l.type(index, b))
        || !type.equals(l.type(index, output))) {
      throw l.unsupported(index, "the mix of types");
    }
    for (int t : new int[] {a, b, output}) {
      l.requireQuantized(index, t);
    }
    Broadcast shape = Broadcast.of(l.shape(a), l.shape(b), l.shape(output));
    if (shape == null) {
      throw l.unsupported(index, "broadcasting over more than 6 dimensions");
    }
    Step step = new Step("add", index, "ADD " + l.shape(a) + " + " + l.shape(b), type, type, type);
    step.setAll("d", shape.dims())
        .setAll("a_stride", shape.aStrides())
        .setAll("b_stride", shape.bStrides())
        .set("a_scale", l.scale(a))
        .set("a_zero_point", l.zeroPoint(a))
        .set("b_scale", l.scale(b))
        .set("b_zero_point", l.zeroPoint(b))
        .set("out_scale", l.scale(output))
        .set("out_zero_point", l.zeroPoint(output));
    if (isDelegated(l.scale(a) / l.scale(output)) && isDelegated(l.scale(b) / l.scale(output))) {
      Numbers.clamp(step, activation, l.quantization(output));
    } else {
      Numbers.clampBuiltin(step, activation, l.quantization(output));
    }
    Value left = l.value(a);
    Value right = l.value(b);
    l.add(
        step.slot(left)
            .slot(right)
            .slot(l.define(output))
            .work((double) l.shape(output).elements()));
  }

  /**
   * Whether XNNPACK takes an int8 sum with this ratio of scales; TFLite's own kernel has others.
   */
  static boolean isDelegated(float ratio) {
    return ratio >= 0x1p-10f && ratio < 0x1p8f;
  }

  static void activate(Lowering l, int index, Op op, OpKind.Activate activate) {
    float[] bounds =
        switch (activate.function()) {
          case RELU -> new float[] {0, Float.POSITIVE_INFINITY};
          case RELU6 -> new float[] {0, 6};
          case RELU_N1_TO_1 -> new float[] {-1, 1};
          case RELU_0_TO_1 -> new float[] {0, 1};
          default -> null;
        };
    boolean leaky = activate.function() == OpKind.Activate.Function.LEAKY_RELU;
    int in = op.input(0);
    int out = op.output(0);
    String type = l.type(index, in);
    if ((bounds == null && !leaky) || !type.equals(l.type(index, out))) {
      throw l.unsupported(index, "this function of " + type);
    }
    l.requireQuantized(index, in);
    l.requireQuantized(index, out);
    Quantization q = l.quantization(out);
    boolean real = type.equals("f32");
    if (!leaky && type.equals("s16")) {
      clampByTable(l, index, op, bounds);
      return;
    } else if (!real && !type.equals("s8") && !type.equals("u8")) {
      throw l.unsupported(index, "this function of " + type);
    }
    Shape shape = l.shape(in);
    Step step =
        new Step("relu", index, op.kind().label() + " " + shape, type, type)
            .set("kind", leaky ? 1 : 0)
            .set("count", Math.toIntExact(shape.elements()))
            .set("alpha", activate.alpha())
            .set("in_scale", l.scale(in))
            .set("in_zero_point", l.zeroPoint(in))
            .set("out_scale", l.scale(out))
            .set("out_zero_point", l.zeroPoint(out))
            .set("out_min", leaky || real ? Numbers.least(type) : least(bounds, q, type))
            .set("out_max", leaky || real ? Numbers.greatest(type) : most(bounds, q, type))
            .set("act_min", leaky ? Float.NEGATIVE_INFINITY : bounds[0])
            .set("act_max", leaky ? Float.POSITIVE_INFINITY : bounds[1]);
    Value from = l.value(in);
    l.add(step.slot(from).slot(l.define(out)).work((double) shape.elements()));
  }

  private static int least(float[] bounds, Quantization q, String type) {
    return Numbers.quantizeBuiltin(bounds[0], q, type);
  }

  private static int most(float[] bounds, Quantization q, String type) {
    return bounds[1] < 1e30f ? Numbers.quantizeBuiltin(bounds[1], q, type) : Numbers.greatest(type);
  }

  /** tfl.relu8 of 16 bits. */
  private static void clampByTable(Lowering l, int index, Op op, float[] bounds) {
    int in = op.input(0);
    int out = op.output(0);
    Tables.Factor factor = Tables.Factor.of(l.scale(in) / l.scale(out));
    int low = least(bounds, l.quantization(out), "s16");
    int high = most(bounds, l.quantization(out), "s16");
    int inZero = l.zeroPoint(in);
    int outZero = l.zeroPoint(out);
    IntUnaryOperator f = x -> Math.min(high, Math.max(low, factor.times(x - inZero) + outZero));
    Pointwise.lookup(l, index, op, "s16", Tables.words(f));
  }

  private static boolean quantizes(ElementType from, ElementType to) {
    return switch (from) {
      case FLOAT32 ->
          to == ElementType.FLOAT32
              || to == ElementType.INT8
              || to == ElementType.UINT8
              || to == ElementType.INT16;
      case INT8 -> to != ElementType.INT32;
      case UINT8 -> to == ElementType.FLOAT32 || to == ElementType.INT8 || to == ElementType.UINT8;
      case INT16 -> to != ElementType.UINT8;
      case INT32 -> to != ElementType.INT32 && to != ElementType.UINT8;
      default -> false;
    };
  }

  static void quantize(Lowering l, int index, Op op) {
    int in = op.input(0);
    int out = op.output(0);
    String from = l.type(index, in);
    String to = l.type(index, out);
    if (!quantizes(l.tensor(in).type(), l.tensor(out).type())) {
      throw l.unsupported(index, from + " -> " + to);
    }
    for (int t : new int[] {in, out}) {
      l.requireQuantized(index, t);
    }
    if (from.equals("f32") && to.equals("f32")) {
      l.alias(out, in);
      return;
    }
    Quantization q = l.quantization(out);
    Shape shape = l.shape(in);
    Step step =
        new Step("quantize", index, op.kind().label() + " " + shape, from, to)
            .set("count", Math.toIntExact(shape.elements()))
            .set("in_scale", from.equals("f32") ? 1f : l.scale(in))
            .set("in_zero_point", from.equals("f32") ? 0 : l.zeroPoint(in))
            .set("out_scale", to.equals("f32") ? 1f : q.scale())
            .set("out_zero_point", to.equals("f32") ? 0 : l.zeroPoint(out));
    Value source = l.value(in);
    l.add(step.slot(source).slot(l.define(out)).work((double) shape.elements()));
  }
}
