// Small integer tensors whose values follow from shapes and constants: the ops with which models
// compute shapes.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** Values known before running. */
final class ShapeValues {
  private static final int MAX_ELEMENTS = 1024;

  private final Subgraph g;
  private final long[][] values;

  ShapeValues(Subgraph g) {
    this.g = g;
    values = new long[g.tensors().size()][];
  }

  List<long[]> all() {
    return Collections.unmodifiableList(Arrays.asList(values));
  }

  /** Takes over values known from before. */
  void know(List<long[]> known) {
    for (int t = 0; known != null && t < values.length; t++) {
      values[t] = known.get(t);
    }
  }

  /** Values of a tensor, null if they are not known. */
  long[] get(int t) {
    if (values[t] != null) {
      return values[t];
    }
    Tensor x = g.tensor(t);
    boolean integer = x.type() == ElementType.INT32 || x.type() == ElementType.INT64;
    if (!integer || g.producer(t) >= 0 || !g.isConstant(t) || x.shape().elements() > MAX_ELEMENTS) {
      return null;
    }
    ByteBuffer b = g.constant(t).values();
    long[] v = new long[(int) x.shape().elements()];
    for (int i = 0; i < v.length; i++) {
      v[i] = x.type() == ElementType.INT32 ? b.getInt(4 * i) : b.getLong(8 * i);
    }
    return v;
  }

  /** Sets the output shapes of ops that only this class knows; tells whether it did. */
  boolean shapes(Op op, Shape[] shapes) {
    if (!(op.kind() instanceof OpKind.Foreign) || op.outputs().size() != 1 || op.output(0) < 0) {
      return false;
    }
    Shape in = op.hasInput(0) ? shapes[op.input(0)] : null;
    if (in == null) {
      return false;
    }
    OpKind.Foreign f = (OpKind.Foreign) op.kind();
    int out = op.output(0);
    switch (f.name()) {
      case "SHAPE" -> {
        shapes[out] = Shape.of(in.rank());
        return true;
      }
      case "CAST" -> {
        shapes[out] = in;
        return true;
      }
      case "PACK" -> {
        int axis = number(f, "axis");
        int n = in.rank() + 1;
        axis = axis < 0 ? axis + n : axis;
        if (axis < 0 || axis >= n) {
          return false;
        }
        int[] dims = new int[n];
        for (int d = 0; d < n; d++) {
          dims[d] = d == axis ? op.inputs().size() : in.dim(d < axis ? d : d - 1);
        }
        shapes[out] = Shape.of(dims);
        return true;
      }
      case "STRIDED_SLICE" -> {
        long[] picked = in.rank() == 1 ? slice(op, f, in.dim(0)) : null;
        if (picked == null) {
          return false;
        }
        shapes[out] =
            (number(f, "shrink_axis_mask") & 1) != 0 ? Shape.SCALAR : Shape.of(picked.length);
        return true;
      }
      case "GATHER" -> {
        Shape at = op.hasInput(1) ? shapes[op.input(1)] : null;
        if (in.rank() != 1 || at == null || number(f, "batch_dims") != 0) {
          return false;
        }
        shapes[out] = at;
        return true;
      }
      default -> {
        return false;
      }
    }
  }

  /** Computes the output of an op, if that is possible; its shapes are known by now. */
  void evaluate(Op op, Shape[] shapes) {
    if (op.outputs().size() != 1 || op.output(0) < 0 || !op.hasInput(0)) {
      return;
    }
    int out = op.output(0);
    ElementType type = g.tensor(out).type();
    boolean integer = type == ElementType.INT32 || type == ElementType.INT64;
    if (!integer || shapes[out] == null || shapes[out].elements() > MAX_ELEMENTS) {
      return;
    }
    long[] v = compute(op, shapes);
    if (v != null && v.length == shapes[out].elements()) {
      values[out] = v;
    }
  }

  private long[] compute(Op op, Shape[] shapes) {
    OpKind k = op.kind();
    if (k instanceof OpKind.Reshape
        || (k instanceof OpKind.Move move && move.movement() != OpKind.Move.Movement.TRANSPOSE)) {
      return get(op.input(0));
    }
    if (k instanceof OpKind.Concat) {
      return shapes[op.output(0)].rank() == 1 ? join(op) : null;
    }
    if (k instanceof OpKind.Binary binary) {
      return binary(op, binary);
    }
    if (k instanceof OpKind.Reduce reduce) {
      return reduce(op, reduce, shapes);
    }
    if (!(k instanceof OpKind.Foreign f)) {
      return null;
    }

    long[] x;
    switch (f.name()) {
      case "SHAPE" -> {
        return Arrays.stream(shapes[op.input(0)].toArray()).asLongStream().toArray();
      }
      case "RANK" -> {
        return new long[] {shapes[op.input(0)].rank()};
      }
      case "CAST" -> {
        return get(op.input(0));
      }
      case "PACK" -> {
        return shapes[op.output(0)].rank() == 1 ? join(op) : null;
      }
      case "STRIDED_SLICE" -> {
        x = get(op.input(0));
        long[] at = x == null || shapes[op.input(0)].rank() != 1 ? null : slice(op, f, x.length);
        return at == null ? null : pick(x, at);
      }
      case "GATHER" -> {
        x = get(op.input(0));
        long[] at = op.hasInput(1) ? get(op.input(1)) : null;
        return x == null || at == null || shapes[op.input(0)].rank() != 1 ? null : pick(x, at);
      }
      default -> {
        return null;
      }
    }
  }

  private static long[] pick(long[] x, long[] at) {
    long[] v = new long[at.length];
    for (int i = 0; i < v.length; i++) {
      if (at[i] < 0 || at[i] >= x.length) {
        return null;
      }
      v[i] = x[(int) at[i]];
    }
    return v;
  }

  private long[] join(Op op) {
    long[] all = new long[0];
    for (int t : op.inputs()) {
      long[] x = t < 0 ? null : get(t);
      if (x == null) {
        return null;
      }
      int n = all.length;
      all = Arrays.copyOf(all, n + x.length);
      System.arraycopy(x, 0, all, n, x.length);
    }
    return all;
  }

  private long[] binary(Op op, OpKind.Binary b) {
    long[] x = get(op.input(0));
    long[] y = op.hasInput(1) ? get(op.input(1)) : null;
    if (x == null || y == null || (x.length != y.length && x.length != 1 && y.length != 1)) {
      return null;
    }
    long[] v = new long[x.length == 1 ? y.length : x.length];
    for (int i = 0; i < v.length; i++) {
      long p = x[x.length == 1 ? 0 : i];
      long q = y[y.length == 1 ? 0 : i];
      switch (b.function()) {
        case ADD -> v[i] = p + q;
        case SUB -> v[i] = p - q;
        case MUL -> v[i] = p * q;
        case MAXIMUM -> v[i] = Math.max(p, q);
        case MINIMUM -> v[i] = Math.min(p, q);
        case FLOOR_DIV -> {
          if (q == 0) {
            return null;
          }
          v[i] = Math.floorDiv(p, q);
        }
        default -> {
          return null;
        }
      }
    }
    return v;
  }

  private long[] reduce(Op op, OpKind.Reduce r, Shape[] shapes) {
    long[] x = get(op.input(0));
    if (x == null || shapes[op.input(0)].rank() != 1) {
      return null;
    }
    return switch (r.function()) {
      case PROD -> new long[] {Arrays.stream(x).reduce(1, (a, b) -> a * b)};
      case SUM -> new long[] {Arrays.stream(x).sum()};
      default -> null;
    };
  }

  /** Positions that a slice of a vector takes, null if they are not known. */
  private long[] slice(Op op, OpKind.Foreign f, int n) {
    long[] begin = op.hasInput(1) ? get(op.input(1)) : null;
    long[] end = op.hasInput(2) ? get(op.input(2)) : null;
    long[] stride = op.hasInput(3) ? get(op.input(3)) : null;
    if (begin == null
        || end == null
        || stride == null
        || begin.length != 1
        || end.length != 1
        || stride.length != 1
        || stride[0] == 0
        || number(f, "ellipsis_mask") != 0
        || number(f, "new_axis_mask") != 0) {
      return null;
    }
    long step = stride[0];
    long from = begin[0] < 0 ? begin[0] + n : begin[0];
    if ((number(f, "shrink_axis_mask") & 1) != 0) {
      return from < 0 || from >= n ? null : new long[] {from};
    }
    long to = end[0] < 0 ? end[0] + n : end[0];
    if ((number(f, "offset") & 1) != 0) {
      to = from + end[0];
    }
    if ((number(f, "begin_mask") & 1) != 0) {
      from = step > 0 ? 0 : n - 1;
    }
    if ((number(f, "end_mask") & 1) != 0) {
      to = step > 0 ? n : -1;
    }
    from = Math.max(step > 0 ? 0 : -1, Math.min(from, step > 0 ? n : n - 1));
    to = Math.max(step > 0 ? 0 : -1, Math.min(to, step > 0 ? n : n - 1));
    long count = Math.max(0, (to - from + step - Long.signum(step)) / step);
    long[] at = new long[(int) Math.min(count, n)];
    for (int i = 0; i < at.length; i++) {
      at[i] = from + i * step;
    }
    return at;
  }

  private static int number(OpKind.Foreign f, String attribute) {
    Object v = f.attributes().get(attribute);
    return v instanceof Boolean b
        ? (b ? 1 : 0)
        : v instanceof Number number ? number.intValue() : 0;
  }
}
