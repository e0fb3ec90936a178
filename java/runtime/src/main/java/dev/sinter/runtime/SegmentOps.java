// Ops that gather rows by numbers: segments, sparse tensors, look-ups.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** In Java: shapes of results depend on values, and every number is checked. */
final class SegmentOps {
  private SegmentOps() {}

  private static int place(HostCall call, long at, long size) {
    if (at < 0 || at >= size) {
      throw call.failure(
          Status.INVALID_ARGUMENT, "index " + at + " is outside of " + size + " places");
    }
    return (int) at;
  }

  /** SEGMENT_SUM: sums of neighbouring rows with the same number; numbers do not fall. */
  static void segmentSum(HostCall call) {
    Shape x = call.inputShape(0);
    long[] ids = call.integers(1);
    if (x.rank() < 1 || ids.length != x.dim(0)) {
      throw call.failure(Status.INVALID_ARGUMENT, ids.length + " segment numbers for rows of " + x);
    }
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < (i == 0 ? 0 : ids[i - 1])) {
        throw call.failure(Status.INVALID_ARGUMENT, "segment numbers that fall, or are negative");
      }
    }
    long segments = ids.length == 0 ? 0 : ids[ids.length - 1] + 1;
    segments(call, Elements.Fold.SUM, ids, segments, x.subShape(1, x.rank()));
  }

  /** UNSORTED_SEGMENT_SUM, _PROD, _MAX and _MIN: negative numbers belong to no segment. */
  static HostOp unsorted(Elements.Fold fold) {
    return call -> {
      Shape x = call.inputShape(0);
      Shape at = call.inputShape(1);
      if (at.rank() > x.rank() || !x.subShape(0, at.rank()).equals(at)) {
        throw call.failure(Status.INVALID_ARGUMENT, "segment numbers " + at + " for values " + x);
      }
      segments(call, fold, call.integers(1), call.integer(2, 0), x.subShape(at.rank(), x.rank()));
    };
  }

  private static void segments(
      HostCall call, Elements.Fold fold, long[] ids, long segments, Shape row) {
    if (segments < 0 || segments > Integer.MAX_VALUE) {
      throw call.failure(Status.INVALID_ARGUMENT, segments + " segments");
    }
    ElementType type = call.inputType(0);
    ByteBuffer in = call.input(0);
    ByteBuffer out = call.output(0, Shape.of((int) segments).concat(row));
    Elements.begin(call, type, fold, out);
    int size = (int) row.elements();
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0) {
        continue;
      }
      int to = place(call, ids[i], segments) * size;
      for (int k = 0; k < size; k++) {
        Elements.fold(call, type, fold, out, to + k, in, i * size + k);
      }
    }
  }

  /** SPARSE_TO_DENSE: one value everywhere but at some coordinates. */
  static void sparseToDense(HostCall call) {
    Shape at = call.inputShape(0);
    long[] wanted = call.integers(1);
    int[] dims = new int[wanted.length];
    for (int d = 0; d < dims.length; d++) {
      dims[d] = place(call, wanted[d], Integer.MAX_VALUE);
    }
    Shape shape = Shape.of(dims);
    int depth = at.rank() == 2 ? at.dim(1) : 1;
    int count = at.rank() == 0 ? 1 : at.dim(0);
    boolean single = call.inputShape(2).rank() == 0;
    if (depth != dims.length || (!single && call.inputShape(2).elements() != count)) {
      throw call.failure(
          Status.INVALID_ARGUMENT,
          call.inputShape(2) + " values at coordinates " + at + " of " + shape);
    }
    int bytes = Elements.bytes(call, call.inputType(2));
    ByteBuffer values = call.input(2);
    ByteBuffer out = call.output(0, shape);
    Elements.fill(out, call.input(3), bytes);
    for (int i = 0; i < count; i++) {
      int to = 0;
      for (int d = 0; d < depth; d++) {
        to = to * dims[d] + place(call, call.integer(0, i * depth + d), dims[d]);
      }
      out.put(to * bytes, values, single ? 0 : i * bytes, bytes);
    }
  }

  /** EMBEDDING_LOOKUP_SPARSE: weighted rows of a table, those of a place added up. */
  static void embeddings(HostCall call) {
    Shape at = call.inputShape(1);
    Shape table = call.inputShape(4);
    long[] dense = call.integers(2);
    int depth = at.rank() == 2 ? at.dim(1) : -1;
    int count = (int) call.inputShape(0).elements();
    if (depth != dense.length || depth < 1 || at.dim(0) != count || table.rank() < 2) {
      throw call.failure(Status.INVALID_ARGUMENT, count + " rows of " + table + " at places " + at);
    }
    if (call.inputType(3) != ElementType.FLOAT32 || call.inputType(4) != ElementType.FLOAT32) {
      throw call.failure(Status.UNSUPPORTED, "a table of " + call.inputType(4));
    }
    int[] outer = new int[depth - 1];
    for (int d = 0; d < outer.length; d++) {
      outer[d] = place(call, dense[d], Integer.MAX_VALUE);
    }
    Shape buckets = Shape.of(outer);
    int size = (int) table.elements(1, table.rank());
    ByteBuffer out = call.output(0, buckets.concat(table.subShape(1, table.rank())));
    Elements.clear(out);
    int places = (int) buckets.elements();
    float[] weights = new float[places];
    float[] squares = new float[places];
    for (int i = 0; i < count; i++) {
      int row = place(call, call.integer(0, i), table.dim(0));
      int bucket = 0;
      for (int d = 0; d < outer.length; d++) {
        bucket = bucket * outer[d] + place(call, call.integer(1, i * depth + d), outer[d]);
      }
      float weight = call.input(3).getFloat(4 * i);
      weights[bucket] += weight;
      squares[bucket] += weight * weight;
      ByteBuffer rows = call.input(4);
      for (int k = 0; k < size; k++) {
        int to = 4 * (bucket * size + k);
        out.putFloat(to, out.getFloat(to) + rows.getFloat(4 * (row * size + k)) * weight);
      }
    }
    divide(call, out, size, weights, squares);
  }

  private static void divide(
      HostCall call, ByteBuffer out, int size, float[] weights, float[] squares) {
    int combiner = ((OpKind.Foreign) call.op().kind()).number("combiner");
    for (int b = 0; combiner != 0 && b < weights.length; b++) {
      float by =
          switch (combiner) {
            case 1 -> weights[b];
            case 2 -> (float) Math.sqrt(squares[b]);
            default -> throw call.failure(Status.INVALID_MODEL, "combiner " + combiner);
          };
      for (int k = 0; by != 0 && k < size; k++) {
        int to = 4 * (b * size + k);
        out.putFloat(to, out.getFloat(to) / by);
      }
    }
  }

  /** HASHTABLE_LOOKUP: rows of a table by keys that rise; zeros where there is no such key. */
  static void lookup(HostCall call) {
    if (call.inputType(2) == ElementType.STRING) {
      throw call.failure(Status.UNSUPPORTED, "a table of strings");
    }
    long[] wanted = call.integers(0);
    long[] keys = call.integers(1);
    Shape table = call.inputShape(2);
    if (table.rank() < 1 || table.dim(0) != keys.length) {
      throw call.failure(Status.INVALID_ARGUMENT, keys.length + " keys of rows of " + table);
    }
    int bytes =
        Math.toIntExact(table.elements(1, table.rank()) * Elements.bytes(call, call.inputType(2)));
    Shape row = table.subShape(1, table.rank());
    ByteBuffer values = call.input(2);
    ByteBuffer out = call.output(0, Shape.of(wanted.length).concat(row));
    ByteBuffer hits = call.output(1, Shape.of(wanted.length));
    Elements.clear(out);
    for (int i = 0; i < wanted.length; i++) {
      int found = Arrays.binarySearch(keys, wanted[i]);
      hits.put(i, (byte) (found >= 0 ? 1 : 0));
      if (found >= 0) {
        out.put(i * bytes, values, found * bytes, bytes);
      }
    }
  }
}
