// Constants that a file stores in fewer bits behind a DEQUANTIZE: weights that need not become
// floats.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.HalfFloat;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The weights of a product in float as they are stored: int8 or int4 with one scale, one per output
 * or, int4, one per block of inputs, all zero points 0; or half precision.
 *
 * @param tensor the stored tensor
 * @param type INT8, INT4 or FLOAT16
 * @param block inputs that share a scale, 0 where all of an output do
 */
record StoredWeights(int tensor, ElementType type, int block) {
  /**
   * Below so many weights their floats fit the caches closest to the core, and kernels that read
   * them are faster than those that widen on the way.
   */
  private static final long LEAST = 4096;

  /**
   * What is stored behind float weights, outputs along their first dimension.
   *
   * @return null where floats are stored, or a form that no kernel multiplies as it is
   */
  static StoredWeights behind(Lowering l, int weights, int outputs) {
    Op op = l.producerOf(weights);
    if (op == null || !(op.kind() instanceof OpKind.Dequantize)) {
      return null;
    }
    int stored = op.input(0);
    Tensor t = l.tensor(stored);
    Shape shape = l.shape(stored);
    if (!t.isConstant() || shape.elements() < LEAST || shape.rank() < 2) {
      return null;
    }
    if (t.type() == ElementType.FLOAT16) {
      return new StoredWeights(stored, t.type(), 0);
    }
    Quantization q = t.quantization();
    boolean nibbles = t.type() == ElementType.INT4;
    if ((!nibbles && t.type() != ElementType.INT8) || !q.isQuantized()) {
      return null;
    }
    for (long zeroPoint : q.zeroPoints()) {
      if (zeroPoint != 0) {
        return null;
      }
    }
    if (q.details() instanceof Quantization.Blockwise blocks) {
      boolean fits =
          nibbles && blocks.blockSize() > 0 && shape.rank() == 2 && isBlocked(l, shape, blocks);
      return fits ? new StoredWeights(stored, t.type(), blocks.blockSize()) : null;
    }
    boolean scaled = q.count() == 1 || (q.count() == outputs && q.axis() == 0);
    return q.details() == null && scaled ? new StoredWeights(stored, t.type(), 0) : null;
  }

  /** Whether the scales by block of a matrix are a tensor of one half per block. */
  static boolean isBlocked(Lowering l, Shape shape, Quantization.Blockwise blocks) {
    int size = blocks.blockSize();
    return blocks.scales() >= 0
        && blocks.zeroPoints() < 0
        && l.isConstant(blocks.scales())
        && l.tensor(blocks.scales()).type() == ElementType.FLOAT16
        && shape.dim(1) % size == 0
        && l.shape(blocks.scales()).elements() * size == shape.elements();
  }

  /** The catalogue's word for the type. */
  String typeName() {
    return switch (type) {
      case INT4 -> "s4";
      case INT8 -> "s8";
      default -> "f16";
    };
  }

  /** The scales as the kernels' packing takes them; null where there are none. */
  ByteBuffer scales(Lowering l, int outputs) {
    if (type == ElementType.FLOAT16) {
      return null;
    }
    Quantization q = l.quantization(tensor);
    return q.details() instanceof Quantization.Blockwise blocks
        ? l.constant(blocks.scales())
        : Numbers.floats(Numbers.weightScales(q, outputs));
  }

  /** Half precision as floats: what bfloat16 rows round. */
  static ByteBuffer floats(ByteBuffer halves) {
    ByteBuffer in = halves.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer out = ByteBuffer.allocate(2 * in.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    while (in.hasRemaining()) {
      out.putFloat(HalfFloat.toFloat(in.getShort()));
    }
    return out.flip();
  }
}
