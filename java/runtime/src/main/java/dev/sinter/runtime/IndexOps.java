// Ops that take values from places that are known only while running, or put them there.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Comparator;

/** In Java: whole rows are moved, and every index is checked, as TFLite does. */
final class IndexOps {
  private IndexOps() {}

  private static int attribute(HostCall call, String name) {
    return ((OpKind.Foreign) call.op().kind()).number(name);
  }

  private static int bytes(HostCall call, ElementType type) {
    if (type.bits() % 8 != 0 || type.bits() == 0) {
      throw call.failure(Status.UNSUPPORTED, "values of type " + type);
    }
    return type.bits() / 8;
  }

  private static int index(HostCall call, int input, int at, int size) {
    long index = call.integer(input, at);
    if (index < 0 || index >= size) {
      throw call.failure(
          Status.INVALID_ARGUMENT, "index " + index + " is outside of " + size + " places");
    }
    return (int) index;
  }

  /** GATHER. */
  static void gather(HostCall call) {
    gather(call, 0, 1, attribute(call, "axis"), attribute(call, "batch_dims"));
  }

  /** EMBEDDING_LOOKUP: rows of a table. */
  static void lookup(HostCall call) {
    gather(call, 1, 0, 0, 0);
  }

  private static void gather(HostCall call, int values, int indices, int axis, int batchDims) {
    Shape x = call.inputShape(values);
    Shape at = call.inputShape(indices);
    int a = axis < 0 ? axis + x.rank() : axis;
    int b = batchDims < 0 ? batchDims + at.rank() : batchDims;
    Shape shape =
        x.subShape(0, a).concat(at.subShape(b, at.rank())).concat(x.subShape(a + 1, x.rank()));
    int row = (int) x.elements(a + 1, x.rank()) * bytes(call, call.inputType(values));
    int batch = (int) x.elements(0, b);
    int outer = (int) x.elements(b, a);
    int count = (int) at.elements(b, at.rank());
    ByteBuffer in = call.input(values);
    ByteBuffer out = call.output(0, shape);
    int to = 0;
    for (int n = 0; n < batch; n++) {
      for (int o = 0; o < outer; o++) {
        int from = (n * outer + o) * x.dim(a);
        for (int i = 0; i < count; i++) {
          out.put(to, in, (from + index(call, indices, n * count + i, x.dim(a))) * row, row);
          to += row;
        }
      }
    }
  }

  /** GATHER_ND: slices at coordinates. */
  static void gatherNd(HostCall call) {
    Shape x = call.inputShape(0);
    Shape at = call.inputShape(1);
    int depth = at.dim(-1);
    int count = (int) at.elements(0, at.rank() - 1);
    int row = (int) x.elements(depth, x.rank()) * bytes(call, call.inputType(0));
    ByteBuffer in = call.input(0);
    ByteBuffer out =
        call.output(0, at.subShape(0, at.rank() - 1).concat(x.subShape(depth, x.rank())));
    for (int i = 0; i < count; i++) {
      out.put(i * row, in, place(call, 1, i, depth, x) * row, row);
    }
  }

  private static int place(HostCall call, int input, int i, int depth, Shape x) {
    int place = 0;
    for (int d = 0; d < depth; d++) {
      place = place * x.dim(d) + index(call, input, i * depth + d, x.dim(d));
    }
    return place;
  }

  /** SCATTER_ND: zeros, to which slices are added at coordinates. */
  static void scatterNd(HostCall call) {
    Shape at = call.inputShape(0);
    int[] dims = new int[(int) call.inputShape(2).elements()];
    for (int d = 0; d < dims.length; d++) {
      dims[d] = (int) call.integer(2, d);
    }
    Shape shape = Shape.of(dims);
    int depth = at.dim(-1);
    int row = (int) shape.elements(depth, shape.rank());
    ByteBuffer updates = call.input(1);
    ByteBuffer out = call.output(0, shape);
    for (int i = 0; i < out.limit(); i++) {
      out.put(i, (byte) 0);
    }
    int count = (int) at.elements(0, at.rank() - 1);
    for (int i = 0; i < count; i++) {
      int place = place(call, 0, i, depth, shape) * row;
      for (int k = 0; k < row; k++) {
        addTo(call, out, place + k, updates, i * row + k);
      }
    }
  }

  private static void addTo(HostCall call, ByteBuffer out, int to, ByteBuffer in, int from) {
    switch (call.inputType(1)) {
      case FLOAT32 -> out.putFloat(4 * to, out.getFloat(4 * to) + in.getFloat(4 * from));
      case INT32 -> out.putInt(4 * to, out.getInt(4 * to) + in.getInt(4 * from));
      case INT64 -> out.putLong(8 * to, out.getLong(8 * to) + in.getLong(8 * from));
      case INT8, UINT8 -> out.put(to, (byte) (out.get(to) + in.get(from)));
      case BOOL -> out.put(to, (byte) (out.get(to) | in.get(from)));
      default -> throw call.failure(Status.UNSUPPORTED, "updates of type " + call.inputType(1));
    }
  }

  /** ONE_HOT. */
  static void oneHot(HostCall call) {
    Shape at = call.inputShape(0);
    int depth = (int) call.integer(1, 0);
    int axis = attribute(call, "axis");
    int a = axis < 0 ? axis + at.rank() + 1 : axis;
    Shape shape = at.subShape(0, a).concat(Shape.of(depth)).concat(at.subShape(a, at.rank()));
    int size = bytes(call, call.inputType(2));
    ByteBuffer out = call.output(0, shape);
    ByteBuffer on = call.input(2);
    ByteBuffer off = call.input(3);
    int inner = (int) at.elements(a, at.rank());
    int outer = (int) at.elements(0, a);
    for (int o = 0; o < outer; o++) {
      for (int d = 0; d < depth; d++) {
        for (int i = 0; i < inner; i++) {
          boolean hit = call.integer(0, o * inner + i) == d;
          out.put(((o * depth + d) * inner + i) * size, hit ? on : off, 0, size);
        }
      }
    }
  }

  /** FILL. */
  static void fill(HostCall call) {
    int[] dims = new int[(int) call.inputShape(0).elements()];
    for (int d = 0; d < dims.length; d++) {
      dims[d] = (int) call.integer(0, d);
    }
    int size = bytes(call, call.inputType(1));
    ByteBuffer value = call.input(1);
    ByteBuffer out = call.output(0, Shape.of(dims));
    for (int i = 0; i < out.limit(); i += size) {
      out.put(i, value, 0, size);
    }
  }

  /** DYNAMIC_UPDATE_SLICE: the place is moved so that the update fits. */
  static void update(HostCall call) {
    Shape x = call.inputShape(0);
    Shape u = call.inputShape(1);
    int size = bytes(call, call.inputType(0));
    ByteBuffer out = call.output(0, x);
    out.put(0, call.input(0), 0, out.limit());
    int rank = x.rank();
    int[] start = new int[rank];
    for (int d = 0; d < rank; d++) {
      start[d] = (int) Math.max(0, Math.min(call.integer(2, d), x.dim(d) - u.dim(d)));
    }
    int row = rank == 0 ? 1 : u.dim(-1);
    int rows = row == 0 ? 0 : (int) u.elements() / row;
    ByteBuffer updates = call.input(1);
    for (int r = 0; r < rows; r++) {
      int rest = r;
      int place = rank == 0 ? 0 : start[rank - 1];
      int step = rank == 0 ? 1 : x.dim(-1);
      for (int d = rank - 2; d >= 0; d--) {
        place += (rest % u.dim(d) + start[d]) * step;
        rest /= u.dim(d);
        step *= x.dim(d);
      }
      out.put(place * size, updates, r * row * size, row * size);
    }
  }

  /** REVERSE_SEQUENCE: the first elements of each sequence, backwards. */
  static void reverseSequence(HostCall call) {
    Shape x = call.inputShape(0);
    int sequence = attribute(call, "seq_dim");
    int batch = attribute(call, "batch_dim");
    int size = bytes(call, call.inputType(0));
    ByteBuffer in = call.input(0);
    ByteBuffer out = call.output(0, x);
    int count = (int) x.elements();
    int sequenceStep = (int) x.elements(sequence + 1, x.rank());
    int batchStep = (int) x.elements(batch + 1, x.rank());
    for (int i = 0; i < count; i++) {
      int at = i / sequenceStep % x.dim(sequence);
      int length = (int) call.integer(1, i / batchStep % x.dim(batch));
      int from = at < length ? i + (length - 1 - 2 * at) * sequenceStep : i;
      out.put(i * size, in, from * size, size);
    }
  }

  /** TOPK_V2: the largest of the last dimension, of equal ones the first. */
  static void top(HostCall call) {
    Shape x = call.inputShape(0);
    int n = x.dim(-1);
    long k = call.integer(1, 0);
    if (k < 0 || k > n) {
      throw call.failure(Status.INVALID_ARGUMENT, "the largest " + k + " of " + n);
    }
    int size = bytes(call, call.inputType(0));
    Shape shape = x.withDim(x.rank() - 1, (int) k);
    ByteBuffer in = call.input(0);
    ByteBuffer values = call.output(0, shape);
    ByteBuffer positions = call.output(1, shape);
    int place = bytes(call, call.outputType(1));
    int rows = n == 0 ? 0 : (int) x.elements() / n;
    Integer[] order = new Integer[n];
    for (int r = 0; r < rows; r++) {
      for (int i = 0; i < n; i++) {
        order[i] = i;
      }
      int row = r * n;
      Arrays.sort(order, Comparator.comparing((Integer i) -> number(call, in, row + i)).reversed());
      for (int i = 0; i < k; i++) {
        values.put((int) (r * k + i) * size, in, (row + order[i]) * size, size);
        int at = (int) (r * k + i) * place;
        if (place == 2) {
          positions.putShort(at, order[i].shortValue());
        } else {
          positions.putInt(at, order[i]);
        }
      }
    }
  }

  /** A value in its order; doubles hold all of these types. */
  private static Double number(HostCall call, ByteBuffer in, int i) {
    return switch (call.inputType(0)) {
      case FLOAT32 -> (double) in.getFloat(4 * i);
      case INT32 -> (double) in.getInt(4 * i);
      case INT16 -> (double) in.getShort(2 * i);
      case INT8 -> (double) in.get(i);
      case UINT8 -> (double) (in.get(i) & 255);
      default -> throw call.failure(Status.UNSUPPORTED, "values of type " + call.inputType(0));
    };
  }
}
