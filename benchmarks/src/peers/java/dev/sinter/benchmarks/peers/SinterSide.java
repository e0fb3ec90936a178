// Sinter's direct product.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.benchmarks.peers;

import dev.sinter.runtime.Gemm;
import java.nio.ByteBuffer;

/** The kernel that Sinter chooses, weights packed. */
final class SinterSide implements Side {
  private final Product product;
  private final Gemm gemm;
  private final ByteBuffer c;
  private final int threads;

  SinterSide(Product product, int threads) {
    this.product = product;
    this.threads = threads;
    Gemm.Type type =
        switch (product.kind()) {
          case F32 -> Gemm.Type.F32;
          case BF16 -> Gemm.Type.BF16;
          case U8S8S32 -> Gemm.Type.U8S8S32;
          case S8S8S32 -> Gemm.Type.S8S8S32;
        };
    gemm = Gemm.builder(type, product.n(), product.k(), product.w()).build();
    gemm.reserve(product.m(), threads, 1);
    c = product.result();
  }

  String kernel() {
    return gemm.kernel();
  }

  @Override
  public void run() {
    gemm.run(product.m(), product.a(), product.k(), c, product.n(), threads);
  }

  @Override
  public ByteBuffer result() {
    return c;
  }

  @Override
  public void close() {
    gemm.close();
  }
}
