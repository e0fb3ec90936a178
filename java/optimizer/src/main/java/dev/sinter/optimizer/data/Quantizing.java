// Brings real values, or stored bytes of a data set, into the form an input tensor wants.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.data;

import dev.sinter.graph.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Writes real values {@code stored * scale + offset} into tensors of any type. */
public final class Quantizing {
  private Quantizing() {}

  /**
   * What a stored number of a data set stands for: {@code real = stored * scale + offset}.
   *
   * @param scale factor
   * @param offset added after
   */
  public record Real(double scale, double offset) {
    /** The stored number itself. */
    public static final Real AS_STORED = new Real(1, 0);

    /**
     * Returns the real value of a stored one.
     *
     * @param stored the stored number
     * @return the value
     */
    public double of(double stored) {
      return stored * scale + offset;
    }
  }

  /**
   * Writes stored numbers into a tensor: as real values into a float tensor, quantized with the
   * tensor's own parameters into an integer tensor that has any, as they are into one that has
   * none.
   *
   * @param stored the numbers
   * @param type their type: INT8, UINT8, INT32 or FLOAT32
   * @param real what they stand for
   * @param tensor the tensor
   * @param out memory of the tensor
   */
  public static void write(
      ByteBuffer stored, ElementType type, Real real, TensorSpec tensor, ByteBuffer out) {
    ByteBuffer in = stored.duplicate().order(ByteOrder.nativeOrder());
    ByteBuffer to = out.duplicate().order(ByteOrder.nativeOrder()).clear();
    int count = in.remaining() * 8 / type.bits();
    if (count != tensor.shape().elements()) {
      throw new IllegalArgumentException(
          "input " + tensor + " cannot take an example of " + count + " numbers");
    }
    for (int i = 0; i < count; i++) {
      put(to, tensor, real, next(in, type));
    }
  }

  private static double next(ByteBuffer in, ElementType type) {
    return switch (type) {
      case INT8 -> in.get();
      case UINT8 -> in.get() & 0xFF;
      case INT32 -> in.getInt();
      case FLOAT32 -> in.getFloat();
      default -> throw new IllegalArgumentException("examples of type " + type + " cannot be used");
    };
  }

  private static void put(ByteBuffer to, TensorSpec tensor, Real real, double stored) {
    switch (tensor.type()) {
      case FLOAT32 -> to.putFloat((float) real.of(stored));
      case INT32 -> to.putInt((int) stored);
      case INT64 -> to.putLong((long) stored);
      case INT8 -> to.put((byte) quantized(tensor, real, stored, -128, 127));
      case UINT8 -> to.put((byte) quantized(tensor, real, stored, 0, 255));
      case INT16 -> to.putShort((short) quantized(tensor, real, stored, -32768, 32767));
      default -> throw new IllegalArgumentException("examples cannot be written into " + tensor);
    }
  }

  private static long quantized(TensorSpec tensor, Real real, double stored, int low, int high) {
    if (tensor.scale() == 0) {
      return (long) stored;
    }
    long q = Math.round(real.of(stored) / tensor.scale()) + tensor.zeroPoint();
    return Math.max(low, Math.min(high, q));
  }
}
