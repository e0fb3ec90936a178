// Ops about the diagonals of matrices, and one that takes bits for values of another type.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Op;
import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;

/** Lowers MATRIX_DIAG, MATRIX_SET_DIAG and BITCAST. */
final class Diagonals {
  private Diagonals() {}

  /** MATRIX_DIAG: zeros beside the diagonal. */
  static void make(Lowering l, int index, Op op) {
    Value diagonal = l.value(op.input(0));
    Sums.fill(l, index, op, ByteBuffer.allocate(8));
    write(l, index, op, diagonal, l.value(op.output(0)));
  }

  /** MATRIX_SET_DIAG: matrices with another diagonal. */
  static void replace(Lowering l, int index, Op op) {
    Value source = l.value(op.input(0));
    Value diagonal = l.value(op.input(1));
    Value target = l.define(op.output(0));
    new Strided(Movements.bytes(l, index, op.input(0)))
        .dim(l.shape(op.input(0)).elements(), 1, 1)
        .add(l, index, op.kind().label() + " " + l.shape(op.input(0)), source, target);
    write(l, index, op, diagonal, target);
  }

  private static void write(Lowering l, int index, Op op, Value diagonal, Value target) {
    Shape out = l.shape(op.output(0));
    long matrix = out.elements(out.rank() - 2, out.rank());
    int length = Math.min(out.dim(-1), out.dim(-2));
    new Strided(Movements.bytes(l, index, op.output(0)))
        .dim(out.elements(0, out.rank() - 2), length, matrix)
        .dim(length, 1, out.dim(-1) + 1L)
        .add(l, index, op.kind().label() + " " + out, diagonal, target);
  }

  /** BITCAST: the same bytes. */
  static void bits(Lowering l, int index, Op op) {
    if (l.bytes(op.input(0)) != l.bytes(op.output(0))) {
      throw l.unsupported(index, l.tensor(op.input(0)) + " as " + l.tensor(op.output(0)));
    }
    l.alias(op.output(0), op.input(0));
  }
}
