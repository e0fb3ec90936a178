// Builds calls of the native op `strided`: elements from one regular arrangement to another.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Shape;
import java.util.Arrays;

/** Dimensions from the outermost to the innermost, with a stride on both sides; in elements. */
final class Strided {
  private static final int RANK = 8;

  private final int bytes;
  private long[] dims = {};
  private long[] from = {};
  private long[] to = {};
  private long offsetIn;
  private long offsetOut;

  Strided(int elementBytes) {
    bytes = elementBytes;
  }

  /** Strides of a tensor without gaps. */
  static long[] strides(Shape shape) {
    long[] strides = new long[shape.rank()];
    long step = 1;
    for (int d = shape.rank() - 1; d >= 0; d--) {
      strides[d] = step;
      step *= shape.dim(d);
    }
    return strides;
  }

  Strided dim(long size, long inStride, long outStride) {
    int n = dims.length;
    dims = Arrays.copyOf(dims, n + 1);
    from = Arrays.copyOf(from, n + 1);
    to = Arrays.copyOf(to, n + 1);
    dims[n] = size;
    from[n] = inStride;
    to[n] = outStride;
    return this;
  }

  /** Where it starts in the input; adds up. */
  Strided in(long elements) {
    offsetIn += elements;
    return this;
  }

  /** Where it starts in the output; adds up. */
  Strided out(long elements) {
    offsetOut += elements;
    return this;
  }

  /** Adds the call. Dimensions of 1 go, and those that are contiguous on both sides become one. */
  void add(Lowering l, int index, String label, Value in, Value out) {
    long[] d = new long[dims.length];
    long[] a = new long[dims.length];
    long[] b = new long[dims.length];
    int n = 0;
    long elements = 1;
    for (int k = 0; k < dims.length; k++) {
      elements *= dims[k];
      if (dims[k] == 1) {
        continue;
      }
      if (n > 0 && a[n - 1] == from[k] * dims[k] && b[n - 1] == to[k] * dims[k]) {
        d[n - 1] *= dims[k];
        a[n - 1] = from[k];
        b[n - 1] = to[k];
        continue;
      }
      d[n] = dims[k];
      a[n] = from[k];
      b[n] = to[k];
      n++;
    }
    if (n > RANK) {
      throw l.unsupported(index, "a movement over " + n + " dimensions");
    }
    if (elements == 0) {
      return;
    }
    Step step =
        new Step("strided", index, label, "u8", "u8")
            .set("element_bytes", bytes)
            .set("in_offset", Math.toIntExact(offsetIn))
            .set("out_offset", Math.toIntExact(offsetOut));
    for (int k = 0; k < RANK; k++) {
      int source = k - (RANK - n);
      step.set("d" + k, source < 0 ? 1 : Math.toIntExact(d[source]))
          .set("in_stride" + k, source < 0 ? 0 : Math.toIntExact(a[source]))
          .set("out_stride" + k, source < 0 ? 0 : Math.toIntExact(b[source]));
    }
    l.add(step.slot(in).slot(out).work((double) elements));
  }
}
