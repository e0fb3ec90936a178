// Constants in their new forms; what shared a buffer before shares one after.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.decision;

import dev.sinter.graph.Constant;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.HalfFloat;
import dev.sinter.graph.Storage;
import dev.sinter.optimizer.rules.WeightLayout;
import dev.sinter.optimizer.weights.FloatMatrix;
import dev.sinter.optimizer.weights.MinMaxQuantizer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Makes the bytes of quantized constants, each form of each storage once. */
final class StoredConstants {
  private final IdentityHashMap<Storage, Map<Object, Storage>> made = new IdentityHashMap<>();

  private Storage once(Storage of, Object form, Supplier<ByteBuffer> bytes) {
    return made.computeIfAbsent(of, s -> new HashMap<>())
        .computeIfAbsent(form, f -> Storage.wrap(bytes.get()));
  }

  /** A constant beside activations, with one scale. */
  Storage affine(Constant.Dense constant, Affine form) {
    return once(
        constant.storage(),
        form,
        () -> {
          ByteBuffer in = constant.values();
          int n = Math.toIntExact(constant.shape().elements());
          ByteBuffer out = allocate(form.type().bytes(n));
          for (int i = 0; i < n; i++) {
            int q = form.stored(in.getFloat(4 * i));
            if (form.type() == ElementType.INT8) {
              out.put((byte) q);
            } else {
              out.putShort((short) q);
            }
          }
          return out.flip();
        });
  }

  /** Weights, by scales or as halves. */
  Storage weights(Constant.Dense constant, WeightLayout layout, WeightDecision w) {
    Object form =
        List.of(
            w.type(),
            String.valueOf(w.spec()),
            Arrays.hashCode(w.scales()),
            Arrays.toString(w.scales()),
            Arrays.toString(w.zeroPoints()),
            layout.last(),
            w.values() == null ? "" : ByteBuffer.wrap(w.values()));
    return once(
        constant.storage(),
        form,
        () -> w.isFloat() ? halves(constant, w.type()) : integers(constant, layout, w));
  }

  private static ByteBuffer integers(
      Constant.Dense constant, WeightLayout layout, WeightDecision w) {
    byte[] values = w.values();
    if (values == null) {
      FloatMatrix matrix = layout.matrix(constant.values());
      values = MinMaxQuantizer.round(matrix, w.spec(), w.scales(), w.zeroPoints()).values();
    }
    return packed(layout.toMemory(values), w.type());
  }

  /** Several small numbers to a byte, the first in the lowest bits. */
  static ByteBuffer packed(byte[] values, ElementType type) {
    int bits = type.bits();
    int perByte = 8 / bits;
    int mask = (1 << bits) - 1;
    byte[] out = new byte[(values.length + perByte - 1) / perByte];
    for (int i = 0; i < values.length; i++) {
      out[i / perByte] |= (byte) ((values[i] & mask) << (i % perByte * bits));
    }
    return ByteBuffer.wrap(out);
  }

  private static ByteBuffer halves(Constant.Dense constant, ElementType type) {
    ByteBuffer in = constant.values();
    int n = Math.toIntExact(constant.shape().elements());
    ByteBuffer out = allocate(2L * n);
    for (int i = 0; i < n; i++) {
      float v = in.getFloat(4 * i);
      out.putShort(type == ElementType.FLOAT16 ? HalfFloat.ofFloat(v) : bfloat16(v));
    }
    return out.flip();
  }

  /** The upper half, rounded to nearest even. */
  private static short bfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >>> 16) | 0x40);
    }
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }

  /** A bias in units of input scale times weight scale. */
  Storage bias(Constant.Dense constant, double inputScale, float[] weightScales, boolean wide) {
    return once(
        constant.storage(),
        List.of("bias", inputScale, Arrays.toString(weightScales), wide),
        () -> {
          ByteBuffer in = constant.values();
          int n = Math.toIntExact(constant.shape().elements());
          ByteBuffer out = allocate((wide ? 8L : 4L) * n);
          for (int i = 0; i < n; i++) {
            double unit = inputScale * weightScales[weightScales.length == 1 ? 0 : i];
            double q = Math.rint(in.getFloat(4 * i) / unit);
            if (wide) {
              // TensorFlow Lite's kernels of 16-bit activations keep sums within 48 bits.
              out.putLong((long) Math.max(-0x1p47, Math.min(0x1p47, q)));
            } else {
              out.putInt((int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, q)));
            }
          }
          return out.flip();
        });
  }

  private static ByteBuffer allocate(long bytes) {
    return ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
  }
}
