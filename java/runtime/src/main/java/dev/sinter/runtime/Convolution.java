// The direct convolutions on the caller's buffers.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.natives.jni.ConvOptions;
import dev.sinter.natives.jni.SinterLibrary;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * A two-dimensional convolution with fixed weights, plain, grouped or depthwise, on images of any
 * size: out[b,y,x,o] = epilogue(bias[o] + sum over (i,j,c) of in[b, y * strideH + i * dilationH -
 * padTop, x * strideW + j * dilationW - padLeft, c] * W[o,i,j,c]). Pixels outside of the image
 * count as zero. Weights are packed once for the fastest kernel of this machine; then any number of
 * threads may call {@link #run} at a time.
 *
 * <p>All buffers are direct and in native byte order. Images are NHWC without gaps: in is [batch]
 * [height][width][input channels], out [batch][outHeight][outWidth][output channels]. A buffer is
 * used from its position on, which must be at a multiple of its elements' size; more alignment is
 * not needed. Buffers must not overlap, and positions are left alone.
 *
 * <p>Scratch memory belongs to this object: a call borrows what an earlier one left. Only a call
 * that needs more, or one that is the first to run beside as many others, allocates native memory;
 * after {@link #reserve} none does. No call makes Java objects.
 */
public final class Convolution implements AutoCloseable {
  /** What is multiplied and what comes out. */
  public enum Type {
    /** float * float -> float, clamped. */
    F32(SinterLibrary.SINTER_CONV_F32, 4, 4, false),
    /**
     * int8 * int8 -> int8, requantized per output channel (numeric definition xnn.gemm); at most
     * 65536 products per output.
     */
    S8(SinterLibrary.SINTER_CONV_S8, 1, 1, true),
    /** uint8 * uint8 -> uint8, the same, both with a zero point; at most 33025 products. */
    U8(SinterLibrary.SINTER_CONV_U8, 1, 1, true),
    /**
     * float, rounded to bfloat16 on the way, * bfloat16 -> float, clamped; bias in float. Not for
     * depthwise convolutions.
     */
    F32_BF16(SinterLibrary.SINTER_CONV_F32BF16, 4, 2, false);

    private final int code;
    private final int bytes;
    private final int weightBytes;
    private final boolean quantized;

    Type(int code, int bytes, int weightBytes, boolean quantized) {
      this.code = code;
      this.bytes = bytes;
      this.weightBytes = weightBytes;
      this.quantized = quantized;
    }
  }

  private final String what;
  private final Type type;
  private final int inC;
  private final int outC;
  private final Side vertical;
  private final Side horizontal;
  private final long handle;
  private final Owned owned;

  /** How windows move along one side of the image. */
  private record Side(long before, long after, long extent, int stride) {
    /** Outputs along a side of so many pixels; less than 1 where the window does not fit. */
    long outputs(int in) {
      long free = in + before + after - extent;
      return free < 0 ? 0 : free / stride + 1;
    }
  }

  private Convolution(Builder b) {
    what = b.what();
    type = b.type;
    inC = b.inC;
    outC = b.outC;
    vertical = new Side(b.padTop, b.padBottom, (b.kernelH - 1L) * b.dilationH + 1, b.strideH);
    horizontal = new Side(b.padLeft, b.padRight, (b.kernelW - 1L) * b.dilationW + 1, b.strideW);
    Target.local();
    try (ConvOptions o = new ConvOptions();
        Pointer weights = DirectBuffers.pointer(b.weights);
        Pointer bias = DirectBuffers.pointer(b.bias);
        FloatPointer scale = b.scale == null ? null : new FloatPointer(b.scale)) {
      o.type(type.code).in_c(inC).out_c(outC).kernel_h(b.kernelH).kernel_w(b.kernelW);
      o.stride_h(b.strideH).stride_w(b.strideW);
      o.dilation_h(b.dilationH).dilation_w(b.dilationW);
      o.pad_top(b.padTop).pad_bottom(b.padBottom).pad_left(b.padLeft).pad_right(b.padRight);
      o.groups(b.groups).weights(weights).bias(bias).scale(scale);
      o.in_zero_point(b.zeroPoint).w_zero_point(b.weightZeroPoint);
      o.out_zero_point(b.outZeroPoint).out_min(b.outMin).out_max(b.outMax);
      o.act_min(b.actMin).act_max(b.actMax).isa_mask(0);
      handle =
          b.depthwise
              ? SinterLibrary.sinter_depthwise_create(o)
              : SinterLibrary.sinter_conv_create(o);
    }
    if (handle == 0) {
      throw new SinterException(Status.INVALID_ARGUMENT, Natives.lastError());
    }
    long conv = handle;
    owned = Owned.by(this, "a convolution", () -> SinterLibrary.sinter_conv_destroy(conv));
  }

  /**
   * Starts a convolution, of stride and dilation 1, without padding and in one group.
   *
   * @param type what is multiplied
   * @param inC input channels
   * @param outC output channels
   * @param kernelH pixels of the kernel, down
   * @param kernelW pixels of the kernel, across
   * @param weights W, [outC][kernelH][kernelW][inC / groups], direct; copied by {@link
   *     Builder#build}
   * @return a builder
   */
  public static Builder builder(
      Type type, int inC, int outC, int kernelH, int kernelW, ByteBuffer weights) {
    return new Builder(type, false, inC, outC, kernelH, kernelW, weights);
  }

  /**
   * Starts a depthwise convolution: every channel by itself. Output channel c * multiplier + d
   * reads input channel c.
   *
   * @param type what is multiplied
   * @param channels input channels
   * @param multiplier output channels per input channel
   * @param kernelH pixels of the kernel, down
   * @param kernelW pixels of the kernel, across
   * @param weights W, [kernelH][kernelW][channels * multiplier], direct; copied by {@link
   *     Builder#build}
   * @return a builder
   */
  public static Builder depthwise(
      Type type, int channels, int multiplier, int kernelH, int kernelW, ByteBuffer weights) {
    long outC = (long) channels * multiplier;
    if (channels < 1 || multiplier < 1 || outC > Integer.MAX_VALUE) {
      throw new SinterException(
          Status.INVALID_ARGUMENT,
          "depthwise: " + channels + " channels with multiplier " + multiplier);
    }
    return new Builder(type, true, channels, (int) outC, kernelH, kernelW, weights);
  }

  /** Makes a {@link Convolution}. */
  public static final class Builder {
    private final Type type;
    private final boolean depthwise;
    private final int inC;
    private final int outC;
    private final int kernelH;
    private final int kernelW;
    private final ByteBuffer weights;
    private int strideH = 1;
    private int strideW = 1;
    private int dilationH = 1;
    private int dilationW = 1;
    private int padTop;
    private int padBottom;
    private int padLeft;
    private int padRight;
    private int groups = 1;
    private ByteBuffer bias;
    private float[] scale;
    private int zeroPoint;
    private int weightZeroPoint;
    private int outZeroPoint;
    private int outMin = -128;
    private int outMax = 127;
    private float actMin = Float.NEGATIVE_INFINITY;
    private float actMax = Float.POSITIVE_INFINITY;

    private Builder(
        Type type,
        boolean depthwise,
        int inC,
        int outC,
        int kernelH,
        int kernelW,
        ByteBuffer weights) {
      this.type = type;
      this.depthwise = depthwise;
      this.inC = inC;
      this.outC = outC;
      this.kernelH = kernelH;
      this.kernelW = kernelW;
      this.weights = weights;
      if (inC < 1 || outC < 1 || kernelH < 1 || kernelW < 1) {
        throw invalid(inC + " to " + outC + " channels, a kernel of " + kernelH + "x" + kernelW);
      }
    }

    private String what() {
      return depthwise ? "depthwise" : "conv";
    }

    private SinterException invalid(String text) {
      return new SinterException(Status.INVALID_ARGUMENT, what() + ": " + text);
    }

    private void requireType(boolean fits, String text) {
      if (!fits) {
        throw invalid("type " + type + " has not " + text + "; leave it away");
      }
    }

    /**
     * Sets how far windows are apart.
     *
     * @param h pixels down, at least 1
     * @param w pixels across, at least 1
     * @return this
     */
    public Builder stride(int h, int w) {
      strideH = h;
      strideW = w;
      return this;
    }

    /**
     * Sets how far the pixels under a window are apart.
     *
     * @param h pixels down, at least 1
     * @param w pixels across, at least 1
     * @return this
     */
    public Builder dilation(int h, int w) {
      dilationH = h;
      dilationW = w;
      return this;
    }

    /**
     * Sets how many pixels of zero are thought around the image.
     *
     * @param top above it
     * @param bottom below it
     * @param left left of it
     * @param right right of it
     * @return this
     */
    public Builder padding(int top, int bottom, int left, int right) {
      padTop = top;
      padBottom = bottom;
      padLeft = left;
      padRight = right;
      return this;
    }

    /**
     * Splits the channels: group g has outC / groups outputs and reads inC / groups inputs. Not for
     * depthwise convolutions.
     *
     * @param value divides the input and output channels
     * @return this
     */
    public Builder groups(int value) {
      if (depthwise) {
        throw invalid("every channel is a group of its own; leave groups away");
      }
      groups = value;
      return this;
    }

    /**
     * Sets what is added to each sum.
     *
     * @param value as many floats (types whose result is a float) or ints as output channels,
     *     direct; copied by {@link #build}
     * @return this
     */
    public Builder bias(ByteBuffer value) {
      DirectBuffers.require(what(), "bias", value, 4L * outC, 4);
      bias = value;
      return this;
    }

    /**
     * Sets the quantization of the input for {@link Type#S8} and {@link Type#U8}.
     *
     * @param value what stands for zero, -128 to 127 or 0 to 255
     * @return this
     */
    public Builder zeroPoint(int value) {
      requireType(type.quantized, "a zero point");
      zeroPoint = value;
      return this;
    }

    /**
     * Sets the quantization of the weights for {@link Type#U8}.
     *
     * @param value what stands for zero, 0 to 255
     * @return this
     */
    public Builder weightZeroPoint(int value) {
      requireType(type == Type.U8, "a zero point of the weights");
      weightZeroPoint = value;
      return this;
    }

    /**
     * Sets how sums become int8 or uint8: round(sum * scale) + zero point, clamped. {@link Type#S8}
     * and {@link Type#U8} need it.
     *
     * @param scales a factor per output channel, in_scale * weight_scale / out_scale
     * @param outputZeroPoint what stands for zero in the output
     * @param min smallest result, in the quantized domain
     * @param max largest result
     * @return this
     */
    public Builder requantize(float[] scales, int outputZeroPoint, int min, int max) {
      requireType(type.quantized, "a result of 8 bits");
      if (scales.length != outC) {
        throw invalid(scales.length + " scales for " + outC + " output channels");
      }
      scale = scales.clone();
      outZeroPoint = outputZeroPoint;
      outMin = min;
      outMax = max;
      return this;
    }

    /**
     * Clamps the results of the types whose result is a float.
     *
     * @param min smallest result
     * @param max largest result
     * @return this
     */
    public Builder clamp(float min, float max) {
      requireType(!type.quantized, "a float result");
      actMin = min;
      actMax = max;
      return this;
    }

    /**
     * Packs the weights.
     *
     * @return a convolution, to be closed
     * @throws SinterException if a parameter is out of range, the weights are too few, or memory is
     *     short
     */
    public Convolution build() {
      if (groups < 1 || inC % groups != 0 || outC % groups != 0) {
        throw invalid(
            groups + " groups; they must divide " + inC + " inputs and " + outC + " outputs");
      }
      long perOutput = (long) kernelH * kernelW;
      long channels = depthwise ? 1 : inC / groups;
      if (perOutput > Integer.MAX_VALUE || perOutput * channels > Integer.MAX_VALUE) {
        throw invalid("a kernel of " + kernelH + "x" + kernelW + " is beyond any buffer");
      }
      long elements = perOutput * channels * outC;
      if (elements > Integer.MAX_VALUE) {
        throw invalid(elements + " weights are beyond any buffer");
      }
      DirectBuffers.require(
          what(), "weights", weights, elements * type.weightBytes, type.weightBytes);
      return new Convolution(this);
    }
  }

  /**
   * Tells how high the output is.
   *
   * @param height pixels of the input, down
   * @return (height + padding - ((kernelH - 1) * dilationH + 1)) / strideH + 1, rounded down
   * @throws SinterException if the window does not fit
   */
  public int outHeight(int height) {
    return outputs(vertical, height);
  }

  /**
   * Tells how wide the output is.
   *
   * @param width pixels of the input, across
   * @return (width + padding - ((kernelW - 1) * dilationW + 1)) / strideW + 1, rounded down
   * @throws SinterException if the window does not fit
   */
  public int outWidth(int width) {
    return outputs(horizontal, width);
  }

  private int outputs(Side side, int in) {
    long count = in < 1 ? 0 : side.outputs(in);
    if (count < 1 || count > Integer.MAX_VALUE) {
      throw new SinterException(
          Status.INVALID_ARGUMENT,
          what
              + ": a window of "
              + side.extent()
              + " pixels does not fit an input of "
              + in
              + " and its padding");
    }
    return (int) count;
  }

  /**
   * Runs on one image, on the calling thread.
   *
   * @param height pixels of the input, down
   * @param width pixels of the input, across
   * @param in height * width * input channels elements from the buffer's position
   * @param out {@link #outHeight} * {@link #outWidth} * output channels elements from the buffer's
   *     position
   */
  public void run(int height, int width, ByteBuffer in, ByteBuffer out) {
    run(1, height, width, in, out, 1);
  }

  /**
   * Runs on a batch of images.
   *
   * @param batch how many images
   * @param height pixels of the input, down
   * @param width pixels of the input, across
   * @param in batch * height * width * input channels elements from the buffer's position
   * @param out batch * {@link #outHeight} * {@link #outWidth} * output channels elements from the
   *     buffer's position
   * @param threads how many threads may work, the caller's included; 0 for all cores
   * @throws SinterException if a buffer is too small, on the heap or read-only, the window does not
   *     fit, or this is closed
   */
  public void run(int batch, int height, int width, ByteBuffer in, ByteBuffer out, int threads) {
    int outHeight = outHeight(height);
    int outWidth = outWidth(width);
    DirectBuffers.require(what, "in", in, bytes(batch, height, width, inC), type.bytes);
    DirectBuffers.requireWritable(
        what, "out", out, bytes(batch, outHeight, outWidth, outC), type.bytes);
    try {
      check(SinterLibrary.sinter_conv_run(handle, batch, height, width, in, out, threads));
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** More than any buffer has where it passes 2^62. */
  private long bytes(int batch, int height, int width, int channels) {
    if (batch < 0) {
      throw new SinterException(Status.INVALID_ARGUMENT, what + ": batch " + batch);
    }
    long pixels = (long) height * width;
    long row = (long) channels * type.bytes;
    if (batch == 0) {
      return 0;
    }
    boolean beyond = pixels > Integer.MAX_VALUE || row > Integer.MAX_VALUE;
    long image = beyond ? Long.MAX_VALUE : pixels * row;
    return image > Integer.MAX_VALUE ? Long.MAX_VALUE : image * batch;
  }

  /**
   * Makes scratch memory, so that calls within these bounds allocate nothing.
   *
   * @param batch images of the largest call
   * @param height pixels of its input, down
   * @param width pixels of its input, across
   * @param threads what calls pass as threads, at most; 0 for all cores
   * @param calls how many calls run at the same time, 1 to 4096
   * @throws SinterException if memory is short
   */
  public void reserve(int batch, int height, int width, int threads, int calls) {
    try {
      check(SinterLibrary.sinter_conv_reserve(handle, batch, height, width, threads, calls));
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  private void check(int status) {
    if (status != 0) {
      throw new SinterException(
          Status.ofCode(status), owned.isClosed() ? what + ": it is closed" : Natives.lastError());
    }
  }

  /**
   * Returns the kernel in use.
   *
   * @return name of the catalogue's row
   */
  public String kernel() {
    try (BytePointer name = SinterLibrary.sinter_conv_row(handle)) {
      return name == null ? "closed" : name.getString();
    }
  }

  /** Releases the packed weights. Closing twice is fine. */
  @Override
  public void close() {
    owned.close();
  }
}
