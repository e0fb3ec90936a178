// Sums of products over rows, in doubles, by the runtime's matrix product.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.reconstruct;

import dev.sinter.optimizer.weights.CrossMoments;
import dev.sinter.optimizer.weights.InputMoments;
import dev.sinter.runtime.Gemm;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/**
 * Collects {@link CrossMoments}. Rows wait until there are some hundred, are multiplied in float
 * and added to sums in double. Where both sides are the same (before anything is quantized) the
 * product is made once.
 */
final class PairSums {
  private static final int WAITING = 1024;

  /** Below so many columns plain loops are as fast. */
  private static final int SMALL = 32;

  private final int groups;
  private final int columns;
  private final double[] sumX;
  private final double[] sumZ;
  private final double[] productsZ;
  private final double[] productsXz;
  private final FloatBuffer x;
  private final FloatBuffer z;
  private final ByteBuffer xBytes;
  private final ByteBuffer zBytes;
  private final ByteBuffer square;
  private boolean same = true;
  private int waiting;
  private long rows;

  PairSums(int groups, int columns) {
    this.groups = groups;
    this.columns = columns;
    sumX = new double[groups * columns];
    sumZ = new double[groups * columns];
    productsZ = new double[Math.multiplyExact(groups * columns, columns)];
    productsXz = new double[productsZ.length];
    boolean small = columns < SMALL || groups > 1;
    xBytes = direct(small ? 0 : WAITING * columns);
    zBytes = direct(small ? 0 : WAITING * columns);
    square = direct(small ? 0 : columns * columns);
    x = xBytes.asFloatBuffer();
    z = zBytes.asFloatBuffer();
  }

  private static ByteBuffer direct(int floats) {
    return ByteBuffer.allocateDirect(Math.multiplyExact(4, floats)).order(ByteOrder.nativeOrder());
  }

  /** Adds rows: [group][row][column] of either side. */
  void add(float[] fromX, float[] fromZ, int count) {
    rows += count;
    same &= fromX == fromZ;
    for (int g = 0; g < groups; g++) {
      for (int r = 0; r < count; r++) {
        int at = (g * count + r) * columns;
        for (int i = 0; i < columns; i++) {
          sumX[g * columns + i] += fromX[at + i];
          sumZ[g * columns + i] += fromZ[at + i];
        }
      }
    }
    if (square.capacity() == 0) {
      for (int g = 0; g < groups; g++) {
        for (int r = 0; r < count; r++) {
          outer(fromX, fromZ, (g * count + r) * columns, g * columns * columns);
        }
      }
      return;
    }
    for (int from = 0; from < count; ) {
      int now = Math.min(count - from, WAITING - waiting);
      queue(fromX, from, now, x);
      queue(fromZ, from, now, z);
      waiting += now;
      from += now;
      if (waiting == WAITING) {
        multiply();
      }
    }
  }

  /** Transposed: the product runs over rows. */
  private void queue(float[] rowsFrom, int first, int count, FloatBuffer to) {
    float[] line = new float[count];
    for (int i = 0; i < columns; i++) {
      for (int r = 0; r < count; r++) {
        line[r] = rowsFrom[(first + r) * columns + i];
      }
      to.put(i * WAITING + waiting, line, 0, count);
    }
  }

  private void outer(float[] fromX, float[] fromZ, int at, int to) {
    for (int i = 0; i < columns; i++) {
      double xi = fromX[at + i];
      double zi = fromZ[at + i];
      for (int j = 0; j < columns; j++) {
        productsZ[to + i * columns + j] += zi * fromZ[at + j];
        productsXz[to + i * columns + j] += xi * fromZ[at + j];
      }
    }
  }

  private void multiply() {
    for (int i = 0; i < columns && waiting < WAITING; i++) {
      for (int r = waiting; r < WAITING; r++) {
        x.put(i * WAITING + r, 0);
        z.put(i * WAITING + r, 0);
      }
    }
    waiting = 0;
    try (Gemm gemm = Gemm.builder(Gemm.Type.F32, columns, WAITING, zBytes).build()) {
      gemm.run(columns, zBytes, square);
      addTo(productsZ);
      if (same) {
        addTo(productsXz);
        return;
      }
      gemm.run(columns, xBytes, square);
      addTo(productsXz);
    }
  }

  private void addTo(double[] sums) {
    FloatBuffer from = square.asFloatBuffer();
    for (int i = 0; i < sums.length; i++) {
      sums[i] += from.get(i);
    }
  }

  /** What was added so far. */
  CrossMoments moments() {
    if (waiting > 0) {
      multiply();
    }
    InputMoments quantized = new InputMoments(rows, columns, groups, sumZ, productsZ);
    return new CrossMoments(quantized, sumX, productsXz);
  }
}
