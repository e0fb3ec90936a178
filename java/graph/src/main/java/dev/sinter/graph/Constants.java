// Looks through DENSIFY and DEQUANTIZE at the stored values of a tensor.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Values of constants. */
final class Constants {
  /** Longest chain of ops looked through. */
  private static final int MAX_DEPTH = 8;

  private Constants() {}

  /** Index of the stored tensor behind {@code tensor}, -1 if it is no constant. */
  static int root(Subgraph g, int tensor) {
    int t = tensor;
    for (int depth = 0; depth < MAX_DEPTH; depth++) {
      Tensor x = g.tensor(t);
      if (x.isConstant()) {
        return t;
      }
      int p = g.producer(t);
      if (p < 0) {
        boolean empty = x.shape().isKnown() && x.shape().elements() == 0;
        return empty && !x.isVariable() && !g.inputs().contains(t) ? t : -1;
      }
      Op op = g.ops().get(p);
      if (!(op.kind() instanceof OpKind.Densify || op.kind() instanceof OpKind.Dequantize)
          || !op.hasInput(0)) {
        return -1;
      }
      t = op.input(0);
    }
    return -1;
  }

  static int requireRoot(Subgraph g, int tensor) {
    int r = root(g, tensor);
    if (r < 0) {
      Tensor x = g.tensor(tensor);
      String elsewhere = x.storage().elsewhere();
      throw new GraphException(
          elsewhere == null
              ? "Tensor " + x + " is not a constant"
              : "The values of tensor "
                  + x
                  + " are in "
                  + elsewhere
                  + ", outside the file, which is not supported; convert the model with its weights inside");
    }
    return r;
  }

  static Constant.Dense dense(Subgraph g, int tensor) {
    int r = requireRoot(g, tensor);
    Tensor x = g.tensor(tensor);
    if (r == tensor) {
      return stored(x);
    }
    Op op = g.ops().get(g.producer(tensor));
    Constant.Dense in = dense(g, op.input(0));
    if (op.kind() instanceof OpKind.Densify) {
      return in;
    }
    return new Constant.Dense(
        ElementType.FLOAT32,
        in.shape(),
        Storage.wrap(toFloat(in, g.tensor(op.input(0)).quantization())));
  }

  private static Constant.Dense stored(Tensor x) {
    ByteBuffer values = x.stored().values();
    if (x.type().bits() == 0) {
      return new Constant.Dense(x.type(), x.shape(), Storage.wrap(values));
    }
    long need = x.type().bytes(x.shape().elements());
    if (values.remaining() < need) {
      throw new GraphException(
          "Constant "
              + x
              + " stores "
              + values.remaining()
              + " bytes, its shape needs "
              + need
              + "; the file is damaged");
    }
    if (x.sparsity() == null && values.remaining() == need) {
      return new Constant.Dense(x.type(), x.shape(), x.storage());
    }
    return new Constant.Dense(x.type(), x.shape(), Storage.wrap(values.limit((int) need)));
  }

  /** Dequantizes to floats as TFLite's DEQUANTIZE does. */
  private static ByteBuffer toFloat(Constant.Dense c, Quantization q) {
    ByteBuffer in = c.values();
    int n = Math.toIntExact(c.shape().elements());
    if (n > (Integer.MAX_VALUE - 16) / 4) {
      throw new GraphException("Constant of " + n + " elements is too large to dequantize at once");
    }
    boolean half = c.type() == ElementType.FLOAT16 || c.type() == ElementType.BFLOAT16;
    int axis = q.axis();
    int slices = q.count();
    long inner = 1;
    if (!half) {
      if (slices == 0) {
        throw new GraphException(
            "A constant of type " + c.type() + " is dequantized but has no scale");
      }
      if (q.details() != null
          || (slices > 1
              && (axis < 0 || axis >= c.shape().rank() || c.shape().dim(axis) != slices))) {
        throw new GraphException(
            "A constant " + c.shape() + " with quantization " + q + " cannot be dequantized");
      }
      inner = slices > 1 ? c.shape().elements(axis + 1, c.shape().rank()) : 1;
    }
    ByteBuffer out = ByteBuffer.allocate(n * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < n; i++) {
      if (half) {
        short h = in.getShort(2 * i);
        out.putFloat(
            4 * i,
            c.type() == ElementType.FLOAT16 ? HalfFloat.toFloat(h) : Float.intBitsToFloat(h << 16));
      } else {
        int slice = slices > 1 ? (int) (i / inner % slices) : 0;
        out.putFloat(4 * i, q.scale(slice) * (integer(in, c.type(), i) - q.zeroPoint(slice)));
      }
    }
    return out;
  }

  private static long integer(ByteBuffer in, ElementType type, int i) {
    return switch (type) {
      case INT8 -> in.get(i);
      case UINT8 -> in.get(i) & 0xff;
      case INT16 -> in.getShort(2 * i);
      case UINT16 -> in.getShort(2 * i) & 0xffff;
      case INT32 -> in.getInt(4 * i);
      case INT4 -> (byte) (in.get(i / 2) << (i % 2 == 0 ? 4 : 0)) >> 4;
      case UINT4 -> (in.get(i / 2) >> (i % 2 == 0 ? 0 : 4)) & 15;
      case INT2 -> (byte) (in.get(i / 4) << (6 - 2 * (i % 4))) >> 6;
      default -> throw new GraphException("Constants of type " + type + " cannot be dequantized");
    };
  }
}
