// What recurrent layers share: the three forms they come in, their products, and both directions.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** Products and directions of recurrent layers. */
final class Recurrent {
  /** What a layer computes with. */
  enum Form {
    /** Floats. */
    FLOAT,
    /** int8 with sums of 32 bits. */
    INTEGER,
    /** Floats that are quantized on the way to int8 weights. */
    HYBRID
  }

  private Recurrent() {}

  /** The form that the types of activations and weights say; other mixes are refused. */
  static Form form(Lowering l, int index, int input, int weights) {
    ElementType in = l.tensor(input).type();
    ElementType w = l.tensor(weights).type();
    if (in == ElementType.INT8 && w == ElementType.INT8) {
      return Form.INTEGER;
    }
    if (in == ElementType.FLOAT32 && w == ElementType.FLOAT32) {
      return Form.FLOAT;
    }
    if (in == ElementType.FLOAT32 && isBytes(w)) {
      return Form.HYBRID;
    }
    throw l.unsupported(index, "the mix of types " + in + " x " + w);
  }

  /** Weights of a hybrid layer: uint8 is an older way to write int8, bit for bit. */
  static boolean isBytes(ElementType type) {
    return type == ElementType.INT8 || type == ElementType.UINT8;
  }

  /** The contract's number for how a hybrid layer quantizes (gemm/dynamic.h), else 0. */
  static int dynamic(Form form, OpKind.Foreign kind) {
    return form != Form.HYBRID ? 0 : kind.number("asymmetric_quantize_inputs") != 0 ? 4 : 3;
  }

  /** A product without activation: floats, plain sums of int8, or floats quantized on the way. */
  static Step product(
      int index, String what, Form form, int m, int n, int k, int zeroPoint, int dynamic) {
    String label = what + " " + m + "x" + k + " * " + k + "x" + n;
    String[] types =
        switch (form) {
          case FLOAT -> new String[] {"f32", "f32", "f32"};
          case INTEGER -> new String[] {"s8", "s8", "s32"};
          case HYBRID -> new String[] {"f32", "s8", "f32"};
        };
    return new Step("gemm", index, label, types)
        .set("m", m)
        .set("n", n)
        .set("k", k)
        .set("lda", k)
        .set("ldc", n)
        .set("a_zero_point", zeroPoint)
        .set("w_zero_point", 0)
        .set("requantization", 0)
        .set("dynamic", dynamic)
        .set("block", 0)
        .set("out_zero_point", 0)
        .set("out_min", -128)
        .set("out_max", 127)
        .set("act_min", Float.NEGATIVE_INFINITY)
        .set("act_max", Float.POSITIVE_INFINITY);
  }

  /** Weights, bias and, for a hybrid product, the scales of the weights. */
  static List<Supplier<ByteBuffer>> sources(
      Form form, Supplier<ByteBuffer> weights, Supplier<ByteBuffer> bias, ByteBuffer scales) {
    return form == Form.HYBRID
        ? Arrays.asList(weights, bias, scales::duplicate)
        : Arrays.asList(weights, bias);
  }

  /** Constants one behind the other. */
  static Supplier<ByteBuffer> joined(Lowering l, List<Integer> tensors) {
    return () -> {
      long bytes = 0;
      for (int t : tensors) {
        bytes += l.bytes(t);
      }
      ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
      for (int t : tensors) {
        all.put(l.constant(t).duplicate());
      }
      return all.flip();
    };
  }

  /** The scales of constants one behind the other, each repeated for the tensor's rows. */
  static ByteBuffer scales(Lowering l, int index, List<Integer> tensors) {
    int rows = 0;
    for (int t : tensors) {
      if (!l.quantization(t).isPerTensor()) {
        throw l.unsupported(index, "weights '" + l.tensor(t).name() + "' without one scale");
      }
      rows += l.shape(t).dim(0);
    }
    float[] scales = new float[rows];
    int at = 0;
    for (int t : tensors) {
      int next = at + l.shape(t).dim(0);
      Arrays.fill(scales, at, next, l.scale(t));
      at = next;
    }
    return Numbers.floats(scales);
  }

  /** Bytes of a small constant as floats: what a hybrid layer makes of it once. */
  static Supplier<ByteBuffer> widened(Lowering l, List<Integer> tensors) {
    return () -> {
      int count = 0;
      for (int t : tensors) {
        count += Math.toIntExact(l.bytes(t));
      }
      float[] values = new float[count];
      int at = 0;
      for (int t : tensors) {
        ByteBuffer bytes = l.constant(t).duplicate();
        while (bytes.hasRemaining()) {
          values[at++] = bytes.get() * l.scale(t);
        }
      }
      return Numbers.floats(values);
    };
  }

  /** The sum of two arrays of floats. */
  static Step sum(int index, String label, long count, Value a, Value b, Value out) {
    int[] dims = {1, 1, 1, 1, 1, Math.toIntExact(count)};
    int[] strides = {0, 0, 0, 0, 0, 1};
    return new Step("add", index, label, "f32", "f32", "f32")
        .setAll("d", dims)
        .setAll("a_stride", strides)
        .setAll("b_stride", strides)
        .setUnscaled()
        .slot(a)
        .slot(b)
        .slot(out)
        .work((double) count);
  }

  /** Where a bidirectional layer puts its two results: side by side, or in two tensors. */
  static final class Halves {
    private final Lowering l;
    private final int index;
    private final Op op;
    private final long rows;
    private final boolean merged;
    private Value whole;
    private long rowBytes;
    private long done;

    Halves(Lowering l, int index, Op op, OpKind.Foreign kind, long rows) {
      this.l = l;
      this.index = index;
      this.op = op;
      this.rows = rows;
      merged = kind.number("merge_outputs") != 0;
    }

    /** The place for one direction's rows; {@link #put} moves them where they belong. */
    Value place(boolean backward, long bytes) {
      return merged
          ? l.temporary(op.kind().label() + (backward ? " backward" : " forward"), rows * bytes)
          : l.define(op.output(backward ? 1 : 0));
    }

    /** To be called for both directions, forward first, when their steps have been added. */
    void put(Value half, long bytes, long totalBytes) {
      if (!merged) {
        return;
      }
      if (whole == null) {
        whole = l.define(op.output(0));
        rowBytes = totalBytes;
      }
      l.add(
          Lowering.copy(
              index,
              op.kind().label() + " side",
              half,
              whole,
              rows,
              bytes,
              0,
              bytes,
              done,
              rowBytes));
      done += bytes;
    }
  }
}
