// Lowers ops that only move values: transposes, slices, splits, tiles, blocks.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Slices;

/** All of them are the native op `strided` with other numbers. */
final class Movements {
  private Movements() {}

  /** Lowers an op by its name; false if it is none of these. */
  static boolean lower(Lowering l, int index, Op op, OpKind.Foreign f) {
    switch (f.name()) {
      case "STRIDED_SLICE" -> {
        int[] begin = ints(l, index, op.input(1));
        int[] end = ints(l, index, op.input(2));
        int[] strides = ints(l, index, op.input(3));
        Shape in = l.shape(op.input(0));
        slice(l, index, op, Slices.strided(in, begin, end, strides, Slices.Masks.of(f)));
      }
      case "SLICE" -> {
        int[] begin = ints(l, index, op.input(1));
        int[] size = ints(l, index, op.input(2));
        slice(l, index, op, Slices.plain(l.shape(op.input(0)), begin, size));
      }
      case "SPLIT" -> split(l, index, op, op.input(1), ints(l, index, op.input(0))[0]);
      case "SPLIT_V" -> split(l, index, op, op.input(0), ints(l, index, op.input(2))[0]);
      case "PACK" -> pack(l, index, op, f.number("axis"));
      case "UNPACK" -> unpack(l, index, op, f.number("axis"));
      case "TILE" -> tile(l, index, op);
      case "BROADCAST_TO" -> spread(l, index, op);
      case "REVERSE_V2" -> reverse(l, index, op);
      case "DEPTH_TO_SPACE" -> depthToSpace(l, index, op, f.number("block_size"));
      case "SPACE_TO_DEPTH" -> spaceToDepth(l, index, op, f.number("block_size"));
      case "SPACE_TO_BATCH_ND" -> spaceToBatch(l, index, op);
      case "BATCH_TO_SPACE_ND" -> batchToSpace(l, index, op);
      case "CAST" -> Choices.cast(l, index, op);
      case "SELECT" -> Choices.select(l, index, op, true);
      case "SELECT_V2" -> Choices.select(l, index, op, false);
      case "ARG_MAX" -> Folds.position(l, index, op, true);
      case "ARG_MIN" -> Folds.position(l, index, op, false);
      default -> {
        return false;
      }
    }
    return true;
  }

  /** The values of a small tensor, known now. */
  static int[] ints(Lowering l, int index, int tensor) {
    int[] values = Fusion.amounts(l.needed(index, tensor));
    if (values == null) {
      throw l.unsupported(index, "the type " + l.tensor(tensor).type() + " of its parameter");
    }
    return values;
  }

  /** Bytes of an element of a tensor whose elements are whole bytes. */
  static int bytes(Lowering l, int index, int tensor) {
    int bits = l.tensor(tensor).type().bits();
    if (bits != 8 && bits != 16 && bits != 32 && bits != 64) {
      throw l.unsupported(index, "moving values of type " + l.tensor(tensor).type());
    }
    return bits / 8;
  }

  private static int axis(int axis, int rank) {
    return axis < 0 ? axis + rank : axis;
  }

  private static String label(Lowering l, Op op, int input) {
    return op.kind().label() + " " + l.shape(input) + " -> " + l.shape(op.output(0));
  }

  static void transpose(Lowering l, int index, Op op) {
    int input = op.input(0);
    Shape in = l.shape(input);
    int[] order = ints(l, index, op.input(1));
    long[] strides = Strided.strides(in);
    Strided move = new Strided(bytes(l, index, input));
    long[] to = Strided.strides(l.shape(op.output(0)));
    for (int d = 0; d < order.length; d++) {
      int from = axis(order[d], in.rank());
      move.dim(in.dim(from), strides[from], to[d]);
    }
    Value source = l.value(input);
    move.add(l, index, label(l, op, input), source, l.define(op.output(0)));
  }

  private static void slice(Lowering l, int index, Op op, Slices s) {
    int input = op.input(0);
    long[] strides = Strided.strides(l.shape(input));
    Shape taken = Shape.of(s.count().stream().mapToInt(Integer::intValue).toArray());
    long[] to = Strided.strides(taken);
    Strided move = new Strided(bytes(l, index, input));
    for (int d = 0; d < strides.length; d++) {
      move.in(s.start().get(d) * strides[d])
          .dim(s.count().get(d), s.step().get(d) * strides[d], to[d]);
    }
    Value source = l.value(input);
    move.add(l, index, label(l, op, input), source, l.define(op.output(0)));
  }

  private static void split(Lowering l, int index, Op op, int input, int axis) {
    Shape in = l.shape(input);
    int a = axis(axis, in.rank());
    long inner = in.elements(a + 1, in.rank());
    long start = 0;
    Value source = l.value(input);
    for (int output : op.outputs()) {
      long size = l.shape(output).dim(a);
      new Strided(bytes(l, index, input))
          .in(start * inner)
          .dim(in.elements(0, a), in.dim(a) * inner, size * inner)
          .dim(size * inner, 1, 1)
          .add(l, index, label(l, op, input), source, l.define(output));
      start += size;
    }
  }

  private static void pack(Lowering l, int index, Op op, int axis) {
    Shape out = l.shape(op.output(0));
    int a = axis(axis, out.rank());
    long inner = out.elements(a + 1, out.rank());
    Value[] sources = new Value[op.inputs().size()];
    for (int i = 0; i < sources.length; i++) {
      sources[i] = l.value(op.input(i));
    }
    Value target = l.define(op.output(0));
    for (int i = 0; i < sources.length; i++) {
      new Strided(bytes(l, index, op.output(0)))
          .out(i * inner)
          .dim(out.elements(0, a), inner, sources.length * inner)
          .dim(inner, 1, 1)
          .add(l, index, label(l, op, op.input(i)), sources[i], target);
    }
  }

  private static void unpack(Lowering l, int index, Op op, int axis) {
    Shape in = l.shape(op.input(0));
    int a = axis(axis, in.rank());
    long inner = in.elements(a + 1, in.rank());
    Value source = l.value(op.input(0));
    for (int i = 0; i < op.outputs().size(); i++) {
      new Strided(bytes(l, index, op.input(0)))
          .in(i * inner)
          .dim(in.elements(0, a), in.dim(a) * inner, inner)
          .dim(inner, 1, 1)
          .add(l, index, label(l, op, op.input(0)), source, l.define(op.output(i)));
    }
  }

  private static void tile(Lowering l, int index, Op op) {
    Shape in = l.shape(op.input(0));
    Shape out = l.shape(op.output(0));
    long[] from = Strided.strides(in);
    long[] to = Strided.strides(out);
    Strided move = new Strided(bytes(l, index, op.input(0)));
    for (int d = 0; d < in.rank(); d++) {
      int size = in.dim(d);
      move.dim(size == 0 ? 0 : out.dim(d) / size, 0, to[d] * size).dim(size, from[d], to[d]);
    }
    Value source = l.value(op.input(0));
    move.add(l, index, label(l, op, op.input(0)), source, l.define(op.output(0)));
  }

  private static void spread(Lowering l, int index, Op op) {
    Shape in = l.shape(op.input(0));
    Shape out = l.shape(op.output(0));
    long[] from = Strided.strides(in);
    long[] to = Strided.strides(out);
    Strided move = new Strided(bytes(l, index, op.input(0)));
    for (int d = 0; d < out.rank(); d++) {
      int source = d - (out.rank() - in.rank());
      move.dim(out.dim(d), source < 0 || in.dim(source) == 1 ? 0 : from[source], to[d]);
    }
    Value source = l.value(op.input(0));
    move.add(l, index, label(l, op, op.input(0)), source, l.define(op.output(0)));
  }

  private static void reverse(Lowering l, int index, Op op) {
    Shape in = l.shape(op.input(0));
    long[] strides = Strided.strides(in);
    boolean[] backwards = new boolean[in.rank()];
    for (int axis : ints(l, index, op.input(1))) {
      backwards[axis(axis, in.rank())] = true;
    }
    Strided move = new Strided(bytes(l, index, op.input(0)));
    for (int d = 0; d < in.rank(); d++) {
      if (backwards[d]) {
        move.in(Math.max(0, in.dim(d) - 1) * strides[d]).dim(in.dim(d), -strides[d], strides[d]);
      } else {
        move.dim(in.dim(d), strides[d], strides[d]);
      }
    }
    Value source = l.value(op.input(0));
    move.add(l, index, label(l, op, op.input(0)), source, l.define(op.output(0)));
  }

  private static void depthToSpace(Lowering l, int index, Op op, int block) {
    Shape in = l.shape(op.input(0));
    Shape out = l.shape(op.output(0));
    long[] from = Strided.strides(in);
    long[] to = Strided.strides(out);
    long depth = out.dim(3);
    Value source = l.value(op.input(0));
    new Strided(bytes(l, index, op.input(0)))
        .dim(in.dim(0), from[0], to[0])
        .dim(in.dim(1), from[1], block * to[1])
        .dim(block, block * depth, to[1])
        .dim(in.dim(2), from[2], block * to[2])
        .dim(block, depth, to[2])
        .dim(depth, 1, 1)
        .add(l, index, label(l, op, op.input(0)), source, l.define(op.output(0)));
  }

  private static void spaceToDepth(Lowering l, int index, Op op, int block) {
    Shape in = l.shape(op.input(0));
    Shape out = l.shape(op.output(0));
    long[] from = Strided.strides(in);
    long[] to = Strided.strides(out);
    long depth = in.dim(3);
    Value source = l.value(op.input(0));
    new Strided(bytes(l, index, op.input(0)))
        .dim(in.dim(0), from[0], to[0])
        .dim(out.dim(1), block * from[1], to[1])
        .dim(out.dim(2), block * from[2], to[2])
        .dim(block, from[1], block * depth)
        .dim(block, from[2], depth)
        .dim(depth, 1, 1)
        .add(l, index, label(l, op, op.input(0)), source, l.define(op.output(0)));
  }

  /** With padding: a border is put around the input first. */
  private static void spaceToBatch(Lowering l, int index, Op op) {
    int input = op.input(0);
    int[] block = ints(l, index, op.input(1));
    int[] paddings = ints(l, index, op.input(2));
    Shape in = l.shape(input);
    Shape out = l.shape(op.output(0));
    int[] amounts = new int[2 * in.rank()];
    int[] padded = in.toArray();
    boolean pads = false;
    for (int i = 0; i < block.length; i++) {
      amounts[2 + 2 * i] = paddings[2 * i];
      amounts[3 + 2 * i] = paddings[2 * i + 1];
      padded[1 + i] += paddings[2 * i] + paddings[2 * i + 1];
      pads |= paddings[2 * i] + paddings[2 * i + 1] > 0;
    }
    Shape whole = Shape.of(padded);
    Value source = l.value(input);
    if (pads) {
      Value border =
          l.temporary(source.name() + " padded", whole.elements() * bytes(l, index, input));
      Moves.border(l, index, input, amounts, whole, source, border);
      source = border;
    }
    long[] from = Strided.strides(whole);
    long[] to = Strided.strides(out);
    Strided move = new Strided(bytes(l, index, input));
    long batch = (long) in.dim(0) * to[0];
    // The blocks' positions count in the batch, the first one slowest.
    long[] position = new long[block.length];
    for (int i = block.length - 1; i >= 0; i--) {
      position[i] = batch;
      batch *= block[i];
    }
    for (int i = 0; i < block.length; i++) {
      move.dim(block[i], from[1 + i], position[i]);
    }
    move.dim(in.dim(0), from[0], to[0]);
    for (int i = 0; i < block.length; i++) {
      move.dim(out.dim(1 + i), block[i] * from[1 + i], to[1 + i]);
    }
    long rest = in.elements(1 + block.length, in.rank());
    move.dim(rest, 1, 1);
    move.add(l, index, label(l, op, input), source, l.define(op.output(0)));
  }

  /** With crops: what is cropped is moved too, to a place of its own, then cut out. */
  private static void batchToSpace(Lowering l, int index, Op op) {
    int input = op.input(0);
    int[] block = ints(l, index, op.input(1));
    int[] crops = ints(l, index, op.input(2));
    Shape in = l.shape(input);
    Shape out = l.shape(op.output(0));
    int[] wholeDims = out.toArray();
    boolean cropped = false;
    for (int i = 0; i < block.length; i++) {
      wholeDims[1 + i] += crops[2 * i] + crops[2 * i + 1];
      cropped |= crops[2 * i] + crops[2 * i + 1] > 0;
    }
    Shape whole = Shape.of(wholeDims);
    int bytes = bytes(l, index, input);
    Value source = l.value(input);
    Value target = l.define(op.output(0));
    Value space =
        cropped ? l.temporary(source.name() + " whole", whole.elements() * bytes) : target;
    long[] from = Strided.strides(in);
    long[] to = Strided.strides(whole);
    long batch = (long) out.dim(0) * from[0];
    long[] position = new long[block.length];
    for (int i = block.length - 1; i >= 0; i--) {
      position[i] = batch;
      batch *= block[i];
    }
    Strided move = new Strided(bytes);
    for (int i = 0; i < block.length; i++) {
      move.dim(block[i], position[i], to[1 + i]);
    }
    move.dim(out.dim(0), from[0], to[0]);
    for (int i = 0; i < block.length; i++) {
      move.dim(in.dim(1 + i), from[1 + i], block[i] * to[1 + i]);
    }
    move.dim(out.elements(1 + block.length, out.rank()), 1, 1);
    move.add(l, index, label(l, op, input), source, space);
    if (cropped) {
      long[] cut = Strided.strides(out);
      Strided crop = new Strided(bytes);
      for (int d = 0; d < out.rank(); d++) {
        int first = d >= 1 && d <= block.length ? crops[2 * (d - 1)] : 0;
        crop.in(first * to[d]).dim(out.dim(d), to[d], cut[d]);
      }
      crop.add(l, index, label(l, op, input) + " crops", space, target);
    }
  }

  /** MIRROR_PAD: one dimension after the other, the last one into the output. */
  static void mirror(Lowering l, int index, Op op, OpKind.Pad pad) {
    int input = op.input(0);
    int[] amounts = ints(l, index, op.input(1));
    int bytes = bytes(l, index, input);
    int edge = pad.mode() == OpKind.Pad.Mode.REFLECT ? 1 : 0;
    Shape now = l.shape(input);
    Value source = l.value(input);
    int last = -1;
    for (int d = 0; d < now.rank(); d++) {
      last = amounts[2 * d] + amounts[2 * d + 1] > 0 ? d : last;
    }
    if (last < 0) {
      l.alias(op.output(0), input);
      return;
    }
    for (int d = 0; d <= last; d++) {
      int before = amounts[2 * d];
      int after = amounts[2 * d + 1];
      if (before + after == 0) {
        continue;
      }
      int size = now.dim(d);
      if (Math.max(before, after) > size - edge) {
        throw l.unsupported(index, "a mirror of " + Math.max(before, after) + " in " + now);
      }
      Shape next = now.withDim(d, before + size + after);
      Value target =
          d == last
              ? l.define(op.output(0))
              : l.temporary(source.name() + " mirrored", next.elements() * bytes);
      long outer = now.elements(0, d);
      long inner = now.elements(d + 1, now.rank());
      long step = size * inner;
      long wide = next.dim(d) * inner;
      String label = label(l, op, input);
      new Strided(bytes)
          .out(before * inner)
          .dim(outer, step, wide)
          .dim(step, 1, 1)
          .add(l, index, label, source, target);
      new Strided(bytes)
          .in((before - 1 + edge) * inner)
          .dim(outer, step, wide)
          .dim(before, -inner, inner)
          .dim(inner, 1, 1)
          .add(l, index, label, source, target);
      new Strided(bytes)
          .in((size - 1 - edge) * inner)
          .out((before + size) * inner)
          .dim(outer, step, wide)
          .dim(after, -inner, inner)
          .dim(inner, 1, 1)
          .add(l, index, label, source, target);
      source = target;
      now = next;
    }
  }
}
