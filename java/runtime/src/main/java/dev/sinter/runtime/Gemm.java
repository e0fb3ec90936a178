// The direct matrix product on the caller's buffers.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.natives.jni.GemmOptions;
import dev.sinter.natives.jni.SinterLibrary;
import dev.sinter.runtime.lower.Step;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * A matrix product with fixed weights: C[m,n] = epilogue(sum over k of (A[m,k] - zero point) *
 * (W[n,k] - weight zero point) + bias[n]). Weights are packed once for the fastest kernel of this
 * machine; then any number of threads may call {@link #run} at a time.
 *
 * <p>All buffers are direct and in native byte order; A, W and C are row-major. A buffer is used
 * from its position on, which must be at a multiple of its elements' size; more alignment is not
 * needed. Buffers must not overlap, and positions are left alone.
 *
 * <p>Scratch memory belongs to this object: a call borrows what an earlier one left. Only a call
 * that needs more, or one that is the first to run beside as many others, allocates native memory;
 * after {@link #reserve} none does. No call makes Java objects.
 */
public final class Gemm implements AutoCloseable {
  /** What is multiplied and what comes out. */
  public enum Type {
    /** float * float -> float, clamped. */
    F32(SinterLibrary.SINTER_GEMM_F32, "f32 f32 f32", Quantized.NO),
    /** int8 * int8 -> int8, requantized (numeric definition xnn.gemm); k at most 65536. */
    S8S8S8(SinterLibrary.SINTER_GEMM_S8S8S8, "s8 s8 s8", Quantized.RESULT),
    /** int8 * int8 -> int32, the plain sums; k at most 65536. */
    S8S8S32(SinterLibrary.SINTER_GEMM_S8S8S32, "s8 s8 s32", Quantized.OPERANDS),
    /** uint8 * uint8 -> uint8, requantized, both operands with a zero point; k at most 33025. */
    U8U8U8(SinterLibrary.SINTER_GEMM_U8U8U8, "u8 u8 u8", Quantized.RESULT),
    /** uint8 * uint8 -> int32, the plain sums, both with a zero point; k at most 33025. */
    U8U8S32(SinterLibrary.SINTER_GEMM_U8U8S32, "u8 u8 s32", Quantized.OPERANDS),
    /** uint8 * int8 -> int32, the plain sums; A has a zero point; k at most 33025. */
    U8S8S32(SinterLibrary.SINTER_GEMM_U8S8S32, "u8 s8 s32", Quantized.OPERANDS),
    /** bfloat16 * bfloat16 -> float, clamped; {@link Bfloat16} converts; bias in float. */
    BF16(SinterLibrary.SINTER_GEMM_BF16, "bf16 bf16 f32", Quantized.NO),
    /** float, rounded to bfloat16 on the way, * bfloat16 -> float, clamped; bias in float. */
    F32_BF16(SinterLibrary.SINTER_GEMM_F32BF16, "f32 bf16 f32", Quantized.NO),
    /**
     * bfloat16 * int8 with a scale per row of W -> float, clamped; bias in float. On the processor
     * W takes two bytes each, on devices one.
     */
    BF16_S8(SinterLibrary.SINTER_GEMM_BF16S8, "bf16 s8 f32", Quantized.NO);

    private enum Quantized {
      NO,
      OPERANDS,
      RESULT
    }

    private final int code;
    private final String types;
    private final int inBytes;
    private final int weightBytes;
    private final int outBytes;
    private final Quantized quantized;

    Type(int code, String types, Quantized quantized) {
      this.code = code;
      this.types = types;
      this.inBytes = bytes(0);
      this.weightBytes = bytes(1);
      this.outBytes = bytes(2);
      this.quantized = quantized;
    }

    /** Of A, W and C, in the catalogue's words. */
    private List<String> types() {
      return List.of(types.split(" "));
    }

    private int bytes(int slot) {
      return switch (types().get(slot)) {
        case "f32", "s32" -> 4;
        case "bf16" -> 2;
        default -> 1;
      };
    }
  }

  private final Type type;
  private final int n;
  private final int k;
  private final long handle;
  private final DeviceGemm device; // null: the processor
  private final Owned owned;

  private Gemm(Builder b) {
    type = b.type;
    n = b.n;
    k = b.k;
    Target.local();
    if (b.device != Device.CPU) {
      handle = 0;
      DeviceGemm made = b.onDevice();
      device = made;
      owned = Owned.by(this, "a gemm", made::close);
      return;
    }
    device = null;
    try (GemmOptions o = new GemmOptions();
        Pointer weights = DirectBuffers.pointer(b.weights);
        Pointer bias = DirectBuffers.pointer(b.bias);
        FloatPointer scale = b.scale == null ? null : new FloatPointer(b.scale)) {
      o.type(type.code).n(n).k(k).weights(weights).bias(bias).scale(scale);
      o.a_zero_point(b.zeroPoint).w_zero_point(b.weightZeroPoint).out_zero_point(b.outZeroPoint);
      o.out_min(b.outMin).out_max(b.outMax).act_min(b.actMin).act_max(b.actMax).isa_mask(0);
      handle = SinterLibrary.sinter_gemm_create(o);
    }
    if (handle == 0) {
      throw new SinterException(Status.INVALID_ARGUMENT, Natives.lastError());
    }
    long gemm = handle;
    owned = Owned.by(this, "a gemm", () -> SinterLibrary.sinter_gemm_destroy(gemm));
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
    private int weightZeroPoint;
    private int outZeroPoint;
    private int outMin = -128;
    private int outMax = 127;
    private float actMin = Float.NEGATIVE_INFINITY;
    private float actMax = Float.POSITIVE_INFINITY;
    private Device device = Device.CPU;

    private Builder(Type type, int n, int k, ByteBuffer weights) {
      this.type = type;
      this.n = n;
      this.k = k;
      this.weights = weights;
      if (n < 1 || k < 1) {
        throw new SinterException(Status.INVALID_ARGUMENT, "gemm: n " + n + ", k " + k);
      }
      DirectBuffers.require(
          "gemm", "weights", weights, (long) n * k * type.weightBytes, type.weightBytes);
    }

    /**
     * Sets what is added to each sum.
     *
     * @param value n floats (types whose result is a float) or n ints, direct; copied by {@link
     *     #build}
     * @return this
     */
    public Builder bias(ByteBuffer value) {
      DirectBuffers.require("gemm", "bias", value, 4L * n, 4);
      bias = value;
      return this;
    }

    /**
     * Sets the quantization of A for the int8 and uint8 types.
     *
     * @param value what stands for zero, -128 to 127 or 0 to 255
     * @return this
     */
    public Builder zeroPoint(int value) {
      requireQuantized(type.quantized != Type.Quantized.NO, "a zero point");
      zeroPoint = value;
      return this;
    }

    /**
     * Sets the quantization of W for {@link Type#U8U8U8} and {@link Type#U8U8S32}.
     *
     * @param value what stands for zero, 0 to 255
     * @return this
     */
    public Builder weightZeroPoint(int value) {
      requireQuantized(type == Type.U8U8U8 || type == Type.U8U8S32, "a zero point of the weights");
      weightZeroPoint = value;
      return this;
    }

    private void requireQuantized(boolean fits, String what) {
      if (!fits) {
        throw new SinterException(
            Status.INVALID_ARGUMENT, "gemm: type " + type + " has not " + what + "; leave it away");
      }
    }

    /**
     * Sets how sums become int8 or uint8: round(sum * scale) + zero point, clamped. {@link
     * Type#S8S8S8} and {@link Type#U8U8U8} need it, other types have no use for it.
     *
     * @param scales n factors, in_scale * weight_scale / out_scale
     * @param outputZeroPoint what stands for zero in C, -128 to 127 or 0 to 255
     * @param min smallest result, in the quantized domain
     * @param max largest result
     * @return this
     */
    public Builder requantize(float[] scales, int outputZeroPoint, int min, int max) {
      requireQuantized(type.quantized == Type.Quantized.RESULT, "a result of 8 bits");
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
     * Sets what the weights of {@link Type#BF16_S8} are multiples of.
     *
     * @param scales n factors, one for each row of W
     * @return this
     */
    public Builder weightScales(float[] scales) {
      requireQuantized(type == Type.BF16_S8, "scales of the weights");
      if (scales.length != n) {
        throw new SinterException(
            Status.INVALID_ARGUMENT, "gemm: " + scales.length + " scales for " + n + " rows of W");
      }
      scale = scales.clone();
      return this;
    }

    /**
     * Computes on a device. Weights are packed once and stay there; A and C are copied there and
     * back in every call, which for a single product takes longer than the product: it pays where k
     * and n are large and m is, too. Rows of A and C must follow each other without gaps, and what
     * the first call with another m makes is kept for later ones with as many rows. Where two at
     * most of every four weights along k are not zero, kernels for such weights are chosen.
     *
     * @param value the device
     * @return this
     */
    public Builder device(Device value) {
      device = Objects.requireNonNull(value);
      return this;
    }

    private DeviceGemm onDevice() {
      OpenDevice open = OpenDevice.of(device);
      if (!open.isUsable()) {
        throw new SinterException(Status.UNSUPPORTED, "gemm: " + open.message());
      }
      boolean bounded = type.quantized == Type.Quantized.RESULT;
      if (scale == null && (bounded || type == Type.BF16_S8)) {
        throw new SinterException(
            Status.INVALID_ARGUMENT,
            "gemm: type " + type + " needs scales: requantize or weightScales");
      }
      ByteBuffer w = weights.slice();
      ByteBuffer added = bias == null ? null : bias.slice(bias.position(), 4 * n);
      ByteBuffer factors = scale == null ? null : floats(scale);
      List<Supplier<ByteBuffer>> constants = new ArrayList<>();
      constants.add(() -> w.duplicate().limit(n * k * type.weightBytes));
      constants.add(added == null ? null : added::duplicate);
      constants.add(factors == null ? null : factors::duplicate);
      Step step =
          Step.product(type.types(), n, k, constants)
              .set("a_zero_point", zeroPoint)
              .set("w_zero_point", weightZeroPoint)
              .set("out_zero_point", outZeroPoint)
              .set("out_min", bounded ? outMin : 0)
              .set("out_max", bounded ? outMax : 0)
              .set("act_min", actMin)
              .set("act_max", actMax);
      return new DeviceGemm(open, step, type.inBytes, type.outBytes);
    }

    private static ByteBuffer floats(float[] values) {
      ByteBuffer bytes =
          ByteBuffer.allocateDirect(4 * values.length).order(ByteOrder.nativeOrder());
      bytes.asFloatBuffer().put(values);
      return bytes;
    }

    /**
     * Clamps the results of the types whose result is a float.
     *
     * @param min smallest result
     * @param max largest result
     * @return this
     */
    public Builder clamp(float min, float max) {
      requireQuantized(type.quantized == Type.Quantized.NO, "a float result");
      actMin = min;
      actMax = max;
      return this;
    }

    /**
     * Packs the weights.
     *
     * @return a product, to be closed
     * @throws SinterException if a parameter is out of range, or memory is short
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
   * @param threads how many threads may work, the caller's included; 0 for all cores; on a device
   *     of no account
   * @throws SinterException if a buffer is too small, on the heap or read-only, or this is closed
   */
  public void run(int m, ByteBuffer a, long lda, ByteBuffer c, long ldc, int threads) {
    if (m < 0 || lda < k || ldc < n) {
      throw new SinterException(
          Status.INVALID_ARGUMENT, "gemm: m " + m + ", lda " + lda + ", ldc " + ldc);
    }
    DirectBuffers.require("gemm", "a", a, bytes(m, lda, k, type.inBytes, "a"), type.inBytes);
    DirectBuffers.requireWritable(
        "gemm", "c", c, bytes(m, ldc, n, type.outBytes, "c"), type.outBytes);
    try {
      if (device != null) {
        if (lda != k || ldc != n) {
          throw new SinterException(
              Status.UNSUPPORTED,
              "gemm: on a device rows follow each other without gaps: lda " + k + ", ldc " + n);
        }
        device.run(m, a, c);
        return;
      }
      check(SinterLibrary.sinter_gemm_run(handle, m, a, lda, c, ldc, threads));
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /**
   * Makes scratch memory, so that calls within these bounds allocate nothing.
   *
   * @param m rows of the largest call; on a device, of all calls that shall allocate nothing
   * @param threads what calls pass as threads, at most; 0 for all cores
   * @param calls how many calls run at the same time, 1 to 4096
   * @throws SinterException if memory is short
   */
  public void reserve(int m, int threads, int calls) {
    try {
      if (device != null) {
        device.reserve(m, calls);
        return;
      }
      check(SinterLibrary.sinter_gemm_reserve(handle, m, threads, calls));
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  private void check(int status) {
    if (status != 0) {
      throw new SinterException(
          Status.ofCode(status), owned.isClosed() ? "gemm: it is closed" : Natives.lastError());
    }
  }

  /**
   * Returns the kernel in use.
   *
   * @return name of the catalogue's row
   */
  public String kernel() {
    if (device != null) {
      return owned.isClosed() ? "closed" : device.kernel();
    }
    try (BytePointer name = SinterLibrary.sinter_gemm_row(handle)) {
      return name == null ? "closed" : name.getString();
    }
  }

  /** Releases the packed weights. Closing twice is fine. */
  @Override
  public void close() {
    owned.close();
  }

  /** Bytes of rows that are `stride` elements apart. */
  private static long bytes(int rows, long stride, int columns, int bytes, String what) {
    if (rows == 0) {
      return 0;
    }
    // A stride beyond any buffer would overflow the product.
    if (stride > Integer.MAX_VALUE) {
      throw new SinterException(
          Status.INVALID_ARGUMENT,
          "gemm: rows of " + what + " are " + stride + " elements apart, beyond any buffer");
    }
    return ((rows - 1) * stride + columns) * bytes;
  }
}
