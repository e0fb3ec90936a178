// Ops that spread values out, or fold windows of any rank.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;
import java.util.List;

/** In Java: few models have them. */
final class WindowOps {
  private WindowOps() {}

  /** DILATE: values with gaps between them, which one value fills. */
  static void dilate(HostCall call) {
    Shape x = call.inputShape(0);
    long[] dilations = call.integers(1);
    int[] dims = x.toArray();
    if (dilations.length != dims.length) {
      throw call.failure(Status.INVALID_ARGUMENT, dilations.length + " dilations of " + x);
    }
    for (int d = 0; d < dims.length; d++) {
      if (dilations[d] < 1) {
        throw call.failure(Status.INVALID_ARGUMENT, "a dilation of " + dilations[d]);
      }
      dims[d] = dims[d] == 0 ? 0 : Math.toIntExact((dims[d] - 1) * dilations[d] + 1);
    }
    place(call, 2, dims, new long[dims.length], dilations);
  }

  /** Puts values into a result of `dims` that is filled with one: from `low` on, `step` apart. */
  private static void place(HostCall call, int filler, int[] dims, long[] low, long[] step) {
    Shape x = call.inputShape(0);
    int bytes = Elements.bytes(call, call.inputType(0));
    ByteBuffer in = call.input(0);
    ByteBuffer out = call.output(0, Shape.of(dims));
    Elements.fill(out, call.input(filler), bytes);
    int count = (int) x.elements();
    for (int i = 0; i < count; i++) {
      int rest = i;
      long to = 0;
      long stride = 1;
      boolean inside = true;
      for (int d = dims.length - 1; d >= 0; d--) {
        long at = low[d] + rest % x.dim(d) * step[d];
        inside &= at >= 0 && at < dims[d];
        to += at * stride;
        rest /= x.dim(d);
        stride *= dims[d];
      }
      if (inside) {
        out.put((int) to * bytes, in, i * bytes, bytes);
      }
    }
  }

  /** REDUCE_WINDOW: a fold over each window, which lies inside. */
  static void reduce(HostCall call) {
    Elements.Fold fold =
        switch (((OpKind.Foreign) call.op().kind()).number("reduce_function")) {
          case 1 -> Elements.Fold.SUM;
          case 2 -> Elements.Fold.PRODUCT;
          case 3 -> Elements.Fold.LEAST;
          case 4 -> Elements.Fold.MOST;
          case 5 -> Elements.Fold.ALL;
          case 6 -> Elements.Fold.ANY;
          default -> throw call.failure(Status.UNSUPPORTED, "this function");
        };
    Shape x = call.inputShape(0);
    long[] window = call.integers(2);
    long[] strides = call.integers(3);
    long[] dilations = call.integers(4);
    int rank = x.rank();
    if (window.length != rank || strides.length != rank || dilations.length != rank) {
      throw call.failure(Status.INVALID_ARGUMENT, "windows of rank " + window.length + " in " + x);
    }
    int[] dims = new int[rank];
    int[] sizes = new int[rank];
    for (int d = 0; d < rank; d++) {
      if (window[d] < 1 || strides[d] < 1 || dilations[d] < 1) {
        throw call.failure(Status.INVALID_ARGUMENT, "an empty window, or one that stays");
      }
      long reach = Math.addExact(Math.multiplyExact(window[d] - 1, dilations[d]), 1);
      dims[d] = reach > x.dim(d) ? 0 : (int) ((x.dim(d) - reach) / strides[d] + 1);
      sizes[d] = (int) Math.min(window[d], x.dim(d));
    }
    ElementType type = call.inputType(0);
    ByteBuffer in = call.input(0);
    Shape shape = Shape.of(dims);
    ByteBuffer out = call.output(0, shape);
    Elements.fill(out, call.input(1), Elements.bytes(call, type));
    int count = (int) shape.elements();
    int taps = (int) Shape.of(sizes).elements();
    for (int i = 0; i < count; i++) {
      for (int k = 0; k < taps; k++) {
        int place = i;
        int tap = k;
        long from = 0;
        long step = 1;
        for (int d = rank - 1; d >= 0; d--) {
          from += (place % dims[d] * strides[d] + tap % sizes[d] * dilations[d]) * step;
          place /= dims[d];
          tap /= sizes[d];
          step *= x.dim(d);
        }
        Elements.fold(call, type, fold, out, i, in, (int) from);
      }
    }
  }

  /** BUCKETIZE: how many boundaries are not above a value. */
  static void bucketize(HostCall call) {
    Object given = ((OpKind.Foreign) call.op().kind()).attributes().get("boundaries");
    List<?> list = given instanceof List<?> l ? l : List.of();
    float[] boundaries = new float[list.size()];
    for (int i = 0; i < boundaries.length; i++) {
      boundaries[i] = ((Number) list.get(i)).floatValue();
    }
    ByteBuffer in = call.input(0);
    ElementType type = call.inputType(0);
    Shape shape = call.inputShape(0);
    ByteBuffer out = call.output(0, shape);
    int count = (int) shape.elements();
    for (int i = 0; i < count; i++) {
      double value =
          switch (type) {
            case FLOAT32 -> in.getFloat(4 * i);
            case FLOAT64 -> in.getDouble(8 * i);
            // As C compares an integer with a float: as floats.
            case INT32 -> (float) in.getInt(4 * i);
            case INT64 -> (float) in.getLong(8 * i);
            default -> throw call.failure(Status.UNSUPPORTED, "values of type " + type);
          };
      int low = 0;
      int high = boundaries.length;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (value < boundaries[middle]) {
          high = middle;
        } else {
          low = middle + 1;
        }
      }
      out.putInt(4 * i, low);
    }
  }

  /** BROADCAST_ARGS: the shape to which two shapes broadcast. */
  static void shapes(HostCall call) {
    long[] a = call.integers(0);
    long[] b = call.integers(1);
    int rank = Math.max(a.length, b.length);
    boolean wide = call.outputType(0) == ElementType.INT64;
    ByteBuffer out = call.output(0, Shape.of(rank));
    for (int d = 1; d <= rank; d++) {
      long da = d <= a.length ? a[a.length - d] : 1;
      long db = d <= b.length ? b[b.length - d] : 1;
      if (da != db && da != 1 && db != 1) {
        throw call.failure(
            Status.INVALID_ARGUMENT, "dimensions " + da + " and " + db + " do not broadcast");
      }
      long size = da == 1 ? db : da;
      if (wide) {
        out.putLong(8 * (rank - d), size);
      } else {
        out.putInt(4 * (rank - d), (int) size);
      }
    }
  }

  /** STABLEHLO_PAD: gaps between values, and borders around them, which may be negative. */
  static void pad(HostCall call) {
    Shape x = call.inputShape(0);
    long[] low = amounts(call, "edge_padding_low");
    long[] high = amounts(call, "edge_padding_high");
    long[] inner = amounts(call, "interior_padding");
    long[] step = new long[inner.length];
    int[] dims = x.toArray();
    for (int d = 0; d < dims.length; d++) {
      if (inner[d] < 0) {
        throw call.failure(Status.INVALID_MODEL, "gaps of " + inner[d]);
      }
      step[d] = inner[d] + 1;
      long whole = dims[d] == 0 ? 0 : Math.addExact(dims[d], (dims[d] - 1) * inner[d]);
      dims[d] = Math.toIntExact(Math.max(0, whole + low[d] + high[d]));
    }
    place(call, 1, dims, low, step);
  }

  private static long[] amounts(HostCall call, String name) {
    Object given = ((OpKind.Foreign) call.op().kind()).attributes().get(name);
    List<?> list = given instanceof List<?> l ? l : List.of();
    if (list.size() != call.inputShape(0).rank()) {
      throw call.failure(
          Status.INVALID_MODEL, name + " " + list + " for rank " + call.inputShape(0).rank());
    }
    return list.stream().mapToLong(v -> ((Number) v).longValue()).toArray();
  }

  /** STABLEHLO_AND and STABLEHLO_SHIFT_LEFT: of two tensors of one shape. */
  static HostOp bits(boolean shifts) {
    return call -> {
      Shape shape = call.inputShape(0);
      ElementType type = call.inputType(0);
      if (!call.inputShape(1).equals(shape) || call.inputType(1) != type) {
        throw call.failure(Status.INVALID_MODEL, "operands of several shapes or types");
      }
      long[] a = call.integers(0);
      long[] b = call.integers(1);
      int width = 8 * Elements.bytes(call, type);
      ByteBuffer out = call.output(0, shape);
      for (int i = 0; i < a.length; i++) {
        long far = b[i] < 0 || b[i] >= width ? 0 : a[i] << b[i];
        long value = shifts ? far : a[i] & b[i];
        switch (type) {
          case INT64 -> out.putLong(8 * i, value);
          case INT32 -> out.putInt(4 * i, (int) value);
          case INT16 -> out.putShort(2 * i, (short) value);
          default -> out.put(i, (byte) value);
        }
      }
    };
  }
}
