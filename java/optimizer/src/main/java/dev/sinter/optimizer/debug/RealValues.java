// Real values of tensors: from stored numbers and back, by the tensor's own quantization.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import dev.sinter.graph.Constant;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.HalfFloat;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** {@code real = scale * (stored - zeroPoint)}; numbers without a scale stand for themselves. */
final class RealValues {
  private RealValues() {}

  /** Whether elements are numbers that this class reads. */
  static boolean isNumber(ElementType type) {
    return switch (type) {
      case FLOAT32, FLOAT16, BFLOAT16, FLOAT64 -> true;
      case BOOL, INT8, UINT8, INT16, UINT16, INT32, INT64, INT4, UINT4, INT2 -> true;
      default -> false;
    };
  }

  /** Whether a tensor holds real values: floats, or integers with a scale. */
  static boolean isReal(Tensor t) {
    return t.type().isFloat()
        ? isNumber(t.type())
        : isNumber(t.type()) && t.quantization().count() > 0;
  }

  /** The smallest number that a quantized tensor of this type can store. */
  static long low(ElementType type) {
    return switch (type) {
      case INT8 -> -128;
      case UINT8, UINT16, UINT4 -> 0;
      case INT16 -> -32768;
      case INT4 -> -8;
      case INT2 -> -2;
      case INT32 -> Integer.MIN_VALUE;
      default -> throw new IllegalArgumentException(type + " is not quantized");
    };
  }

  /** The largest number that a quantized tensor of this type can store. */
  static long high(ElementType type) {
    return switch (type) {
      case INT8 -> 127;
      case UINT8 -> 255;
      case UINT16 -> 65535;
      case INT16 -> 32767;
      case INT4 -> 7;
      case UINT4 -> 15;
      case INT2 -> 1;
      case INT32 -> Integer.MAX_VALUE;
      default -> throw new IllegalArgumentException(type + " is not quantized");
    };
  }

  /** Reads the real values of a tensor from its memory, as many as {@code into} takes. */
  static void read(ByteBuffer from, Tensor t, Shape shape, float[] into) {
    ByteBuffer in = from.duplicate().order(ByteOrder.nativeOrder());
    Quantization q = t.quantization();
    if (t.type() == ElementType.FLOAT32) {
      in.asFloatBuffer().get(into);
    } else if (t.type() == ElementType.INT8 && q.isPerTensor()) {
      float scale = q.scale();
      int zero = (int) q.zeroPoint();
      int at = in.position();
      for (int i = 0; i < into.length; i++) {
        into[i] = scale * (in.get(at + i) - zero);
      }
    } else {
      dequantize(in.slice().order(ByteOrder.nativeOrder()), t.type(), q, shape, into);
    }
  }

  /** Writes real values as a tensor stores them: rounded to nearest, ties away from 0, clamped. */
  static void write(float[] values, ByteBuffer to, Tensor t) {
    ByteBuffer out = to.duplicate().order(ByteOrder.nativeOrder()).clear();
    Quantization q = t.quantization();
    if (t.type() == ElementType.FLOAT32) {
      out.asFloatBuffer().put(values);
      return;
    }
    for (int i = 0; i < values.length; i++) {
      switch (t.type()) {
        case FLOAT16 -> out.putShort(HalfFloat.ofFloat(values[i]));
        case BFLOAT16 -> out.putShort(bfloat16(values[i]));
        case FLOAT64 -> out.putDouble(values[i]);
        case INT8, UINT8, BOOL -> out.put((byte) stored(values[i], t.type(), q));
        case INT16, UINT16 -> out.putShort((short) stored(values[i], t.type(), q));
        case INT32 -> out.putInt((int) stored(values[i], t.type(), q));
        case INT64 -> out.putLong((long) values[i]);
        default ->
            throw new IllegalArgumentException("values cannot be written into " + t + ": its type");
      }
    }
  }

  /** The values that a tensor would hold if these were stored in it. */
  static void roundTrip(float[] values, Tensor t, float[] into) {
    Quantization q = t.quantization();
    for (int i = 0; i < values.length; i++) {
      into[i] =
          switch (t.type()) {
            case FLOAT16 -> HalfFloat.toFloat(HalfFloat.ofFloat(values[i]));
            case BFLOAT16 -> Float.intBitsToFloat(bfloat16(values[i]) << 16);
            case INT8, UINT8, INT16, UINT16, INT32 ->
                q.count() == 0
                    ? values[i]
                    : q.scale() * (stored(values[i], t.type(), q) - q.zeroPoint());
            default -> values[i];
          };
    }
  }

  private static long stored(float value, ElementType type, Quantization q) {
    if (q.count() == 0) {
      return (long) value;
    }
    double real = (double) value / q.scale();
    double stored = q.zeroPoint() + (real < 0 ? Math.ceil(real - 0.5) : Math.floor(real + 0.5));
    return Double.isNaN(stored)
        ? q.zeroPoint()
        : (long) Math.max((double) low(type), Math.min((double) high(type), stored));
  }

  private static short bfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16); // ties to even
  }

  /**
   * Returns the real values of a constant, whatever form it is stored in.
   *
   * @throws GraphException if it is no constant or its form cannot be read
   */
  static float[] constant(Subgraph g, int tensor) {
    Constant.Dense c = g.constant(tensor);
    float[] out = new float[Math.toIntExact(c.shape().elements())];
    Quantization q = g.tensor(tensor).quantization();
    if (q.details() instanceof Quantization.Blockwise blocks && !c.type().isFloat()) {
      return blockwise(g, c, blocks, out);
    }
    dequantize(c.values(), c.type(), q, c.shape(), out);
    return out;
  }

  private static float[] blockwise(
      Subgraph g, Constant.Dense c, Quantization.Blockwise blocks, float[] out) {
    float[] scales = constant(g, blocks.scales());
    float[] zeros = blocks.zeroPoints() < 0 ? null : constant(g, blocks.zeroPoints());
    if ((long) scales.length * blocks.blockSize() != out.length) {
      throw new GraphException(
          "Constant of "
              + out.length
              + " elements has "
              + scales.length
              + " scales for blocks of "
              + blocks.blockSize());
    }
    ByteBuffer in = c.values();
    for (int i = 0; i < out.length; i++) {
      int block = i / blocks.blockSize();
      float zero = zeros == null ? 0 : zeros[block];
      out[i] = scales[block] * ((float) number(in, c.type(), i) - zero);
    }
    return out;
  }

  private static void dequantize(
      ByteBuffer in, ElementType type, Quantization q, Shape shape, float[] out) {
    int slices = type.isFloat() ? 0 : q.count();
    long inner = 1;
    if (slices > 1) {
      if (q.axis() < 0 || q.axis() >= shape.rank() || shape.dim(q.axis()) != slices) {
        throw new GraphException("A tensor " + shape + " cannot have " + q);
      }
      inner = shape.elements(q.axis() + 1, shape.rank());
    }
    for (int i = 0; i < out.length; i++) {
      double stored = number(in, type, i);
      if (slices == 0) {
        out[i] = (float) stored;
      } else {
        int slice = slices == 1 ? 0 : (int) (i / inner % slices);
        out[i] = (float) (q.scale(slice) * (stored - q.zeroPoint(slice)));
      }
    }
  }

  private static double number(ByteBuffer in, ElementType type, int i) {
    return switch (type) {
      case FLOAT32 -> in.getFloat(4 * i);
      case FLOAT64 -> in.getDouble(8 * i);
      case FLOAT16 -> HalfFloat.toFloat(in.getShort(2 * i));
      case BFLOAT16 -> Float.intBitsToFloat(in.getShort(2 * i) << 16);
      case INT8 -> in.get(i);
      case UINT8, BOOL -> in.get(i) & 0xff;
      case INT16 -> in.getShort(2 * i);
      case UINT16 -> in.getShort(2 * i) & 0xffff;
      case INT32 -> in.getInt(4 * i);
      case INT64 -> in.getLong(8 * i);
      case INT4 -> (byte) (in.get(i / 2) << (i % 2 == 0 ? 4 : 0)) >> 4;
      case UINT4 -> in.get(i / 2) >> (i % 2 == 0 ? 0 : 4) & 15;
      case INT2 -> (byte) (in.get(i / 4) << (6 - 2 * (i % 4))) >> 6;
      default -> throw new GraphException("Values of type " + type + " are no numbers");
    };
  }
}
