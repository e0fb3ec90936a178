// Ops that move values without computing.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Lowers PAD, PADV2 and CONCATENATION. */
final class Moves {
  private static final int RANK = 6;

  private Moves() {}

  static void pad(Lowering l, int index, Op op, OpKind.Pad pad) {
    if (pad.mode() != OpKind.Pad.Mode.ZERO && pad.mode() != OpKind.Pad.Mode.CONSTANT_VALUE) {
      Movements.mirror(l, index, op, pad);
      return;
    }
    int[] amounts = Movements.ints(l, index, op.input(1));
    Value from = l.value(op.input(0));
    Value to = l.define(op.output(0));
    border(
        l, index, op.input(0), amounts, l.shape(op.output(0)), border(l, index, op, pad), from, to);
  }

  /** Puts a border that stands for zero around a tensor. */
  static void border(
      Lowering l, int index, int input, int[] amounts, Shape out, Value from, Value to) {
    int zero = l.tensor(input).type().isFloat() ? 0 : l.zeroPoint(input);
    border(l, index, input, amounts, out, zero, from, to);
  }

  private static void border(
      Lowering l, int index, int input, int[] amounts, Shape out, int value, Value from, Value to) {
    Shape in = l.shape(input);
    if (in.rank() > RANK) {
      throw l.unsupported(index, "padding of rank " + in.rank());
    }
    Step step =
        new Step("pad", index, "PAD " + in + " -> " + out, "u8", "u8")
            .set("element_bytes", Movements.bytes(l, index, input))
            .set("value", value);
    int[] dims = new int[RANK];
    Arrays.fill(dims, 1);
    int[] before = new int[RANK];
    int[] after = new int[RANK];
    int shift = RANK - in.rank();
    for (int i = 0; i < in.rank(); i++) {
      dims[shift + i] = in.dim(i);
      before[shift + i] = amounts[2 * i];
      after[shift + i] = amounts[2 * i + 1];
    }
    step.setAll("d", dims).setAll("before", before).setAll("after", after);
    l.add(step.slot(from).slot(to).work((double) out.elements()));
  }

  /** The bits of the value around the input: zero, the zero point, or the third input. */
  private static int border(Lowering l, int index, Op op, OpKind.Pad pad) {
    ElementType type = l.tensor(op.input(0)).type();
    if (pad.mode() == OpKind.Pad.Mode.ZERO) {
      return type.isFloat() ? 0 : l.zeroPoint(op.input(0));
    }
    ByteBuffer bytes =
        l.needed(index, op.input(2)).values().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    return switch (type.bits()) {
      case 8 -> bytes.get(0);
      case 16 -> bytes.getShort(0);
      case 32 -> bytes.getInt(0);
      default -> {
        long value = bytes.getLong(0);
        if (value != (int) value) {
          throw l.unsupported(index, "the 64-bit padding value " + value);
        }
        yield (int) value;
      }
    };
  }

  static void concat(Lowering l, int index, Op op, OpKind.Concat concat) {
    if (concat.activation() != Activation.NONE) {
      throw l.unsupported(index, "the fused activation " + concat.activation());
    }
    int output = op.output(0);
    Shape out = l.shape(output);
    int axis = concat.axis() < 0 ? concat.axis() + out.rank() : concat.axis();
    int bits = l.tensor(output).type().bits();
    if (bits == 0 || bits % 8 != 0) {
      throw l.unsupported(index, "concatenation of " + l.tensor(output).type());
    }
    long rows = out.elements(0, axis);
    long stride = out.elements(axis, out.rank()) * bits / 8;
    Quantization q = l.quantization(output);
    Value[] from = new Value[op.inputs().size()];
    for (int i = 0; i < from.length; i++) {
      from[i] = l.value(op.input(i));
    }
    Value to = l.define(output);
    long offset = 0;
    for (int i = 0; i < from.length; i++) {
      int input = op.input(i);
      Shape in = l.shape(input);
      if (q.isQuantized()
          && (l.scale(input) != l.scale(output) || l.zeroPoint(input) != l.zeroPoint(output))) {
        from[i] = requantized(l, index, input, output, from[i]);
      }
      long bytes = in.elements(axis, in.rank()) * bits / 8;
      l.add(
          Lowering.copy(
              index,
              "CONCATENATION " + in + " into " + out,
              from[i],
              to,
              rows,
              bytes,
              0,
              bytes,
              offset,
              stride));
      offset += bytes;
    }
  }

  private static Value requantized(Lowering l, int index, int input, int output, Value from) {
    String type = l.type(index, output);
    Shape shape = l.shape(input);
    if (type.equals("u8")) {
      // TFLite's own arithmetic, in floats: each stored number has one result.
      float scale = l.scale(input) * (1f / l.scale(output));
      float bias = -l.zeroPoint(input) * scale;
      int zero = l.zeroPoint(output);
      ByteBuffer table =
          Tables.bytes(
              type, x -> Math.max(0, Math.min(255, (int) Tables.round(x * scale + bias) + zero)));
      return Lookups.map(l, index, "CONCATENATION requantizes", shape, from, table);
    }
    Value to = l.temporary(from.name() + " requantized", from.bytes());
    l.add(
        new Step("quantize", index, "CONCATENATION requantizes " + shape, type, type)
            .set("count", Math.toIntExact(shape.elements()))
            .set("in_scale", l.scale(input))
            .set("in_zero_point", l.zeroPoint(input))
            .set("out_scale", l.scale(output))
            .set("out_zero_point", l.zeroPoint(output))
            .slot(from)
            .slot(to)
            .work((double) shape.elements()));
    return to;
  }
}
