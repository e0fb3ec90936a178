// Ops that put values into places that are known only while running, and have no kernel yet.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;

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
}
