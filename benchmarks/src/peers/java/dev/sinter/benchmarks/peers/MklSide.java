// MKL's products, with weights as they are or packed.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.benchmarks.peers;

import static org.bytedeco.mkl.global.mkl_rt.CblasBMatrix;
import static org.bytedeco.mkl.global.mkl_rt.CblasFixOffset;
import static org.bytedeco.mkl.global.mkl_rt.CblasNoTrans;
import static org.bytedeco.mkl.global.mkl_rt.CblasPacked;
import static org.bytedeco.mkl.global.mkl_rt.CblasRowMajor;
import static org.bytedeco.mkl.global.mkl_rt.CblasTrans;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;
import org.bytedeco.mkl.global.mkl_rt;

/** cblas_sgemm, cblas_gemm_bf16bf16f32, cblas_gemm_s8u8s32, or their pairs of pack and compute. */
final class MklSide implements Side {
  private final Product product;
  private final boolean packed;
  private final ByteBuffer c;
  private final Pointer weights;
  private final BytePointer bytes;
  private final Runnable multiply;

  MklSide(Product product, boolean packed, int threads) {
    this.product = product;
    this.packed = packed;
    this.c = product.result();
    mkl_rt.MKL_Set_Num_Threads(threads);
    int m = product.m();
    int n = product.n();
    int k = product.k();
    Pointer source = new Pointer(product.w());
    if (packed) {
      long size =
          switch (product.kind()) {
            case F32 -> mkl_rt.cblas_sgemm_pack_get_size(CblasBMatrix, m, n, k);
            case BF16 -> mkl_rt.cblas_gemm_bf16bf16f32_pack_get_size(CblasBMatrix, m, n, k);
            default -> mkl_rt.cblas_gemm_s8u8s32_pack_get_size(CblasBMatrix, m, n, k);
          };
      bytes = new BytePointer(size + 64);
      bytes.position(63 - (bytes.address() + 63) % 64); // packed weights on a cache line
      weights = new Pointer(bytes);
      pack(source, m, n, k);
    } else {
      bytes = null;
      weights = source;
    }
    int trans = packed ? CblasPacked : CblasTrans;
    multiply = multiply(trans, m, n, k);
  }

  private void pack(Pointer source, int m, int n, int k) {
    switch (product.kind()) {
      case F32 ->
          mkl_rt.cblas_sgemm_pack(
              CblasRowMajor,
              CblasBMatrix,
              CblasTrans,
              m,
              n,
              k,
              1,
              new FloatPointer(source),
              k,
              new FloatPointer(weights));
      case BF16 ->
          mkl_rt.cblas_gemm_bf16bf16f32_pack(
              CblasRowMajor,
              CblasBMatrix,
              CblasTrans,
              m,
              n,
              k,
              new ShortPointer(source),
              k,
              new ShortPointer(weights));
      default ->
          mkl_rt.cblas_gemm_s8u8s32_pack(
              CblasRowMajor, CblasBMatrix, CblasTrans, m, n, k, source, k, weights);
    }
  }

  private Runnable multiply(int trans, int m, int n, int k) {
    Pointer in = new Pointer(product.a());
    FloatPointer out = new FloatPointer(new Pointer(c));
    switch (product.kind()) {
      case F32 -> {
        FloatPointer a = new FloatPointer(in);
        FloatPointer w = new FloatPointer(weights);
        return packed
            ? () ->
                mkl_rt.cblas_sgemm_compute(
                    CblasRowMajor, CblasNoTrans, trans, m, n, k, a, k, w, k, 0, out, n)
            : () ->
                mkl_rt.cblas_sgemm(
                    CblasRowMajor, CblasNoTrans, trans, m, n, k, 1, a, k, w, k, 0, out, n);
      }
      case BF16 -> {
        ShortPointer a = new ShortPointer(in);
        ShortPointer w = new ShortPointer(weights);
        return packed
            ? () ->
                mkl_rt.cblas_gemm_bf16bf16f32_compute(
                    CblasRowMajor, CblasNoTrans, trans, m, n, k, 1, a, k, w, k, 0, out, n)
            : () ->
                mkl_rt.cblas_gemm_bf16bf16f32(
                    CblasRowMajor, CblasNoTrans, trans, m, n, k, 1, a, k, w, k, 0, out, n);
      }
      case U8S8S32 -> {
        // Row-major, the uint8 operand is the first: its columns are those of the other order.
        IntPointer sums = new IntPointer(out);
        IntPointer offset = new IntPointer(1L).put(0);
        int one = CblasNoTrans;
        byte zero = 0;
        return packed
            ? () ->
                mkl_rt.cblas_gemm_s8u8s32_compute(
                    CblasRowMajor,
                    one,
                    trans,
                    CblasFixOffset,
                    m,
                    n,
                    k,
                    1,
                    in,
                    k,
                    zero,
                    weights,
                    k,
                    zero,
                    0,
                    sums,
                    n,
                    offset)
            : () ->
                mkl_rt.cblas_gemm_s8u8s32(
                    CblasRowMajor,
                    one,
                    trans,
                    CblasFixOffset,
                    m,
                    n,
                    k,
                    1,
                    in,
                    k,
                    zero,
                    weights,
                    k,
                    zero,
                    0,
                    sums,
                    n,
                    offset);
      }
      default -> throw new IllegalArgumentException("MKL has no " + product.kind());
    }
  }

  /** Whether MKL has such a product. */
  static boolean has(Product.Kind kind) {
    return kind != Product.Kind.S8S8S32;
  }

  static String version() {
    try (mkl_rt.MKLVersion version = new mkl_rt.MKLVersion()) {
      mkl_rt.MKL_Get_Version(version);
      return "MKL "
          + version.MajorVersion()
          + "."
          + version.MinorVersion()
          + " for "
          + version.Processor().getString().trim();
    }
  }

  @Override
  public void run() {
    try {
      multiply.run();
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  @Override
  public ByteBuffer result() {
    return c;
  }

  @Override
  public void close() {
    if (bytes != null) {
      bytes.position(0).close();
    }
  }
}
