// Rotations by Hadamard's matrix, AI Edge Quantizer's own op, as products.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Flexbuffers;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * aeq.hadamard_rotation: each block of {@code hadamard_size} numbers of a row times the matrix of
 * Sylvester's construction, divided by the root of its size. Large matrices are the Kronecker
 * product of two smaller ones, so that a block seen as a matrix X becomes H X H: the square root of
 * the work, and of the memory.
 */
final class Hadamards {
  /** Up to this size one product is quicker than two. */
  private static final int WHOLE = 64;

  private Hadamards() {}

  static void lower(Lowering l, int index, Op op, OpKind.Foreign f) {
    Shape shape = l.shape(op.input(0));
    int size = Flexbuffers.options(f).getOrDefault("hadamard_size", 0.0).intValue();
    long[] signs = Flexbuffers.integers(f, "random_binary_vector");
    if (l.tensor(op.input(0)).type() != ElementType.FLOAT32
        || l.tensor(op.output(0)).type() != ElementType.FLOAT32) {
      throw l.unsupported(index, "another type than float");
    }
    if (signs != null && Arrays.stream(signs).anyMatch(s -> s != 1)) {
      throw l.unsupported(index, "a random_binary_vector of other numbers than 1");
    }
    if (size < 1 || Integer.bitCount(size) != 1 || shape.rank() < 1 || shape.dim(-1) % size != 0) {
      throw new GraphException("hadamard_size " + size + " for a tensor of shape " + shape);
    }
    int columns = size <= WHOLE ? size : 1 << ((Integer.numberOfTrailingZeros(size) + 1) / 2);
    int rows = size / columns;
    int count = Math.toIntExact(shape.elements() / columns);
    Value in = l.value(op.input(0));
    Value out = l.define(op.output(0));
    Value half = rows == 1 ? out : l.temporary(out.name() + " of columns", 4 * shape.elements());
    Recurrent.Form real = Recurrent.Form.FLOAT;
    l.add(
        Recurrent.product(index, "hadamard_rotation", real, count, columns, columns, 0, 0)
            .slot(in)
            .weights(
                List.of("hadamard", columns),
                Recurrent.sources(real, () -> Numbers.floats(matrix(columns)), null, null))
            .slot(half)
            .work((double) shape.elements() * columns));
    if (rows > 1) {
      Shape square = Shape.of(rows, rows);
      Shape blocks = Shape.of(count / rows, rows, columns);
      String label = "hadamard_rotation " + square + " * " + blocks;
      OpKind.BatchMatMul plain = new OpKind.BatchMatMul(false, false, false);
      l.add(
          Products.matrices(index, label, square, blocks, blocks, plain, "f32", "f32")
              .slot(l.literal("hadamard " + rows, Numbers.floats(matrix(rows))))
              .slot(half)
              .slot(out));
    }
  }

  /** Sylvester's matrix: the sign is the parity of the ones that both indices have. */
  private static float[] matrix(int size) {
    float one = (float) (1 / Math.sqrt(size));
    float[] h = new float[size * size];
    for (int i = 0; i < h.length; i++) {
      h[i] = Integer.bitCount((i / size) & (i % size)) % 2 == 0 ? one : -one;
    }
    return h;
  }
}
