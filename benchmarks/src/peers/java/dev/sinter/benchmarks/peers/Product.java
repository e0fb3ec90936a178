// A matrix product with its operands: C[m,n] = A[m,k] by W[n,k] transposed, as every side gets it.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.benchmarks.peers;

import dev.sinter.runtime.Bfloat16;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/**
 * Operands of a product.
 *
 * @param kind what is multiplied
 * @param m rows of A and C
 * @param n columns of C, rows of W
 * @param k columns of A and W
 * @param a A, row-major
 * @param w W, row-major
 */
record Product(Kind kind, int m, int n, int k, ByteBuffer a, ByteBuffer w) {
  /** What is multiplied and what comes out. */
  enum Kind {
    F32("f32", 4, 4),
    BF16("bf16 × bf16 → f32", 2, 2),
    U8S8S32("u8 × s8 → s32", 1, 1),
    S8S8S32("s8 × s8 → s32", 1, 1);

    final String title;
    final int inBytes;
    final int weightBytes;

    Kind(String title, int inBytes, int weightBytes) {
      this.title = title;
      this.inBytes = inBytes;
      this.weightBytes = weightBytes;
    }

    boolean isFloat() {
      return this == F32 || this == BF16;
    }
  }

  /** Makes random operands, the same ones each time. */
  static Product random(Kind kind, int m, int n, int k) {
    Random random = new Random(1);
    ByteBuffer a = direct((long) m * k * kind.inBytes);
    ByteBuffer w = direct((long) n * k * kind.weightBytes);
    fill(a, kind, random, kind == Kind.U8S8S32);
    fill(w, kind, random, false);
    return new Product(kind, m, n, k, a, w);
  }

  private static void fill(ByteBuffer values, Kind kind, Random random, boolean unsigned) {
    while (values.hasRemaining()) {
      switch (kind) {
        case F32 -> values.putFloat(random.nextFloat() - 0.5f);
        case BF16 -> values.putShort(Bfloat16.fromFloat(random.nextFloat() - 0.5f));
        // Seven bits of uint8: on CPUs without dot products MKL's pairs of products saturate.
        default -> values.put((byte) (unsigned ? random.nextInt(128) : random.nextInt(255) - 127));
      }
    }
    values.flip();
  }

  /** Room for C. */
  ByteBuffer result() {
    return direct(4L * m * n);
  }

  static ByteBuffer direct(long bytes) {
    return ByteBuffer.allocateDirect(Math.toIntExact(bytes)).order(ByteOrder.nativeOrder());
  }

  /** How two results compare: equal, close or different. */
  String compare(ByteBuffer ours, ByteBuffer theirs) {
    double worst = 0;
    double largest = 0;
    for (int i = 0; i < m * n; i++) {
      if (kind.isFloat()) {
        worst = Math.max(worst, Math.abs(ours.getFloat(4 * i) - theirs.getFloat(4 * i)));
        largest = Math.max(largest, Math.abs(theirs.getFloat(4 * i)));
      } else if (ours.getInt(4 * i) != theirs.getInt(4 * i)) {
        return "different";
      }
    }
    return worst == 0 ? "equal" : worst <= 1e-4 * largest ? "close" : "different";
  }
}
