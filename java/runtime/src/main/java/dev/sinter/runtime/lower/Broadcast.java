// Broadcasting of two operands, in as few dimensions as it takes.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Shape;
import java.util.Arrays;

/** Six dimensions, leading ones 1, and the operands' strides in elements, 0 where one repeats. */
final class Broadcast {
  private static final int RANK = 6;

  private final int[] dims;
  private final int[] aStrides;
  private final int[] bStrides;

  private Broadcast(int[] dims, int[] aStrides, int[] bStrides) {
    this.dims = dims;
    this.aStrides = aStrides;
    this.bStrides = bStrides;
  }

  int[] dims() {
    return dims;
  }

  int[] aStrides() {
    return aStrides;
  }

  int[] bStrides() {
    return bStrides;
  }

  /** Null when merging leaves more than six dimensions. */
  static Broadcast of(Shape a, Shape b, Shape out) {
    int rank = out.rank();
    long[] dims = new long[rank + 1];
    boolean[] inA = new boolean[rank + 1];
    boolean[] inB = new boolean[rank + 1];
    int count = 0;
    for (int i = 0; i < rank; i++) {
      int size = out.dim(i);
      if (size == 1) {
        continue;
      }
      boolean hasA = dim(a, i - rank) != 1;
      boolean hasB = dim(b, i - rank) != 1;
      // Neighbouring dimensions that both operands have, or the same one lacks, are one.
      if (count > 0 && inA[count - 1] == hasA && inB[count - 1] == hasB) {
        dims[count - 1] *= size;
      } else {
        dims[count] = size;
        inA[count] = hasA;
        inB[count] = hasB;
        count++;
      }
    }
    if (count > RANK) {
      return null;
    }
    int[] sizes = new int[RANK];
    Arrays.fill(sizes, 1);
    int[] aStrides = new int[RANK];
    int[] bStrides = new int[RANK];
    long aStride = 1;
    long bStride = 1;
    for (int i = count - 1; i >= 0; i--) {
      int at = RANK - count + i;
      sizes[at] = Math.toIntExact(dims[i]);
      aStrides[at] = inA[i] ? Math.toIntExact(aStride) : 0;
      bStrides[at] = inB[i] ? Math.toIntExact(bStride) : 0;
      aStride *= inA[i] ? dims[i] : 1;
      bStride *= inB[i] ? dims[i] : 1;
    }
    return new Broadcast(sizes, aStrides, bStrides);
  }

  private static int dim(Shape shape, int fromEnd) {
    return -fromEnd > shape.rank() ? 1 : shape.dim(fromEnd);
  }
}
