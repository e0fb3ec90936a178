// The direct matrix product on the caller's buffers.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.natives.jni.GemmOptions;
import dev.sinter.natives.jni.SinterLibrary;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * A matrix product with fixed weights: C[m,n] = epilogue(sum over k of (A[m,k] - zero point) *
 * W[n,k] + bias[n]). Weights are packed once for the fastest kernel of this machine; then any
 * number of threads may call {@link #run}, which allocates nothing.
 *
 * <p>All buffers are direct and in native byte order; A, W and C are row-major. Kernels need no
 * alignment.
 */
public final class Gemm implements AutoCloseable {
  /** What is multiplied and what comes out. */
  public enum Type {
    /** float * float -> float, clamped. */
    F32(SinterLibrary.SINTER_GEMM_F32, 4, 4),
    /** int8 * int8 -> int8, requantized (numeric definition xnn.gemm). */
    S8S8S8(SinterLibrary.SINTER_GEMM_S8S8S8, 1, 1),
    /** int8 * int8 -> int32, the plain sums. */
    S8S8S32(SinterLibrary.SINTER_GEMM_S8S8S32, 1, 4);

    private final int code;
    private final int inBytes;
    private final int outBytes;

    Type(int code, int inBytes, int outBytes) {
      this.code = code;
      this.inBytes = inBytes;
      this.outBytes = outBytes;
    }
  }

  private final Type type;
  private final int n;
  private final int k;
  private final long handle;
  private final Owned owned;

  private Gemm(Builder b) {
    type = b.type;
    n = b.n;
    k = b.k;
    Target.local();
    try (GemmOptions o = new GemmOptions();
        Pointer weights = pointer(b.weights);
        Pointer bias = pointer(b.bias);
        FloatPointer scale = b.scale == null ? null : new FloatPointer(b.scale)) {
      o.type(type.code).n(n).k(k).weights(weights).bias(bias).scale(scale);
      o.a_zero_point(b.zeroPoint).out_zero_point(b.outZeroPoint);
      o.out_min(b.outMin).out_max(b.outMax).act_min(b.actMin).act_max(b.actMax).isa_mask(0);
      handle = SinterLibrary.sinter_gemm_create(o);
    }
    if (handle == 0) {
      throw new SinterException(Status.INVALID_ARGUMENT, "gemm: " + Natives.lastError());
    }
    long gemm = handle;
    owned = Owned.by(this, "a gemm", () -> SinterLibrary.sinter_gemm_destroy(gemm));
  }

  private static Pointer pointer(ByteBuffer buffer) {
    return buffer == null ? null : new Pointer(buffer);
  }

  /**
   * Starts a product.
   *
   * @param type what is multiplied
   * @param n columns of C, rows of W
   * @param k columns of A and W
   * @param weights W, n x k, direct; copied by {@link Builder#build}
   * @return a builder
   */
  public static Builder builder(Type type, int n, int k, ByteBuffer weights) {
    return new Builder(type, n, k, weights);
  }

  /** Makes a {@link Gemm}. */
  public static final class Builder {
    private final Type type;
    private final int n;
    private final int k;
    private final ByteBuffer weights;
    private ByteBuffer bias;
    private float[] scale;
    private int zeroPoint;
    private int outZeroPoint;
    private int outMin = -128;
    private int outMax = 127;
    private float actMin = Float.NEGATIVE_INFINITY;
    private float actMax = Float.POSITIVE_INFINITY;

    private Builder(Type type, int n, int k, ByteBuffer weights) {
      this.type = type;
      this.n = n;
      this.k = k;
      this.weights = weights;
      if (n < 1 || k < 1) {
        throw new SinterException(Status.INVALID_ARGUMENT, "gemm: n " + n + ", k " + k);
      }
      require(weights, (long) n * k * type.inBytes, "weights");
    }

    /**
     * Sets what is added to each sum.
     *
     * @param value n floats (F32) or ints, direct
     * @return this
     */
    public Builder bias(ByteBuffer value) {
      require(value, 4L * n, "bias");
      bias = value;
      return this;
    }

    /**
     * Sets the quantization of A for the int8 types.
     *
     * @param value the int8 that stands for zero
     * @return this
     */
    public Builder zeroPoint(int value) {
      zeroPoint = value;
      return this;
    }

    /**
     * Sets how sums become int8: round(sum * scale) + zero point, clamped.
     *
     * @param scales n factors, in_scale * weight_scale / out_scale
     * @param outputZeroPoint the int8 that stands for zero in C
     * @param min smallest result
     * @param max largest result
     * @return this
     */
    public Builder requantize(float[] scales, int outputZeroPoint, int min, int max) {
      if (scales.length != n) {
        throw new SinterException(
            Status.INVALID_ARGUMENT, "gemm: " + scales.length + " scales for " + n + " columns");
      }
      scale = scales.clone();
      outZeroPoint = outputZeroPoint;
      outMin = min;
      outMax = max;
      return this;
    }

    /**
     * Clamps the results of F32.
     *
     * @param min smallest result
     * @param max largest result
     * @return this
     */
    public Builder clamp(float min, float max) {
      actMin = min;
      actMax = max;
      return this;
    }

    /**
     * Packs the weights.
     *
     * @return a product, to be closed
     */
    public Gemm build() {
      return new Gemm(this);
    }
  }

  /**
   * Multiplies m rows, on the calling thread.
   *
   * @param m rows of A and C
   * @param a A from the buffer's position, k elements a row
   * @param c C from the buffer's position, n elements a row
   */
  public void run(int m, ByteBuffer a, ByteBuffer c) {
    run(m, a, k, c, n, 1);
  }

  /**
   * Multiplies m rows.
   *
   * @param m rows of A and C
   * @param a A from the buffer's position
   * @param lda elements from one row of A to the next, at least k
   * @param c C from the buffer's position
   * @param ldc elements from one row of C to the next, at least n
   * @param threads how many threads may work, the caller's included; 0 for all cores
   */
  public void run(int m, ByteBuffer a, long lda, ByteBuffer c, long ldc, int threads) {
    if (m < 0 || lda < k || ldc < n) {
      throw new SinterException(
          Status.INVALID_ARGUMENT, "gemm: m " + m + ", lda " + lda + ", ldc " + ldc);
    }
    requireMatrix(a, m, lda, k, type.inBytes, "a");
    requireMatrix(c, m, ldc, n, type.outBytes, "c");
    if (c.isReadOnly()) {
      throw new SinterException(Status.INVALID_ARGUMENT, "gemm: c is a read-only buffer");
    }
    try {
      int status = SinterLibrary.sinter_gemm_run(handle, m, a, lda, c, ldc, threads);
      if (status != 0) {
        throw new SinterException(
            Status.ofCode(status),
            "gemm: " + (owned.isClosed() ? "it is closed" : Natives.lastError()));
      }
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /**
   * Returns the kernel in use.
   *
   * @return name of the catalogue's row
   */
  public String kernel() {
    try (BytePointer name = SinterLibrary.sinter_gemm_row(handle)) {
      return name == null ? "closed" : name.getString();
    }
  }

  /** Releases the packed weights. Closing twice is fine. */
  @Override
  public void close() {
    owned.close();
  }

  /** Checks room for rows from row to row `stride` elements apart. */
  private static void requireMatrix(
      ByteBuffer buffer, int rows, long stride, int columns, int bytes, String what) {
    if (rows > 0) {
      // A stride beyond any buffer would overflow the product.
      if (stride > Integer.MAX_VALUE && rows > 1) {
        throw new SinterException(
            Status.INVALID_ARGUMENT,
            "gemm: rows of " + what + " are " + stride + " elements apart, beyond any buffer");
      }
      require(buffer, ((rows - 1) * stride + columns) * bytes, what);
    } else {
      require(buffer, 0, what);
    }
  }

  private static void require(ByteBuffer buffer, long bytes, String what) {
    if (!buffer.isDirect() || buffer.remaining() < bytes) {
      throw new SinterException(
          Status.INVALID_ARGUMENT,
          "gemm: "
              + what
              + " needs a direct buffer of "
              + bytes
              + " bytes, this one is "
              + (buffer.isDirect() ? "direct" : "on the heap")
              + " with "
              + buffer.remaining());
    }
  }
}
