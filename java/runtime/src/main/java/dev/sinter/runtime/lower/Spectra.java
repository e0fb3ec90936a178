// Fourier transforms and what is made of complex numbers.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Op;
import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Lowers RFFT2D, REAL, IMAG and COMPLEX_ABS. */
final class Spectra {
  private Spectra() {}

  private static String label(Lowering l, Op op) {
    return op.kind().label() + " " + l.shape(op.input(0)) + " -> " + l.shape(op.output(0));
  }

  private static void require(Lowering l, int index, Op op, ElementType from, ElementType to) {
    ElementType in = l.tensor(op.input(0)).type();
    ElementType out = l.tensor(op.output(0)).type();
    if (in != from || out != to) {
      throw l.unsupported(index, in + " -> " + out);
    }
  }

  static void transform(Lowering l, int index, Op op) {
    require(l, index, op, ElementType.FLOAT32, ElementType.COMPLEX64);
    int[] length = Movements.ints(l, index, op.input(1));
    Shape in = l.shape(op.input(0));
    Value source = l.value(op.input(0));
    l.add(
        new Step("rfft", index, label(l, op), "f32", "s64", "f32")
            .set("batch", Math.toIntExact(in.elements(0, in.rank() - 2)))
            .set("in_h", in.dim(-2))
            .set("in_w", in.dim(-1))
            .set("fft_h", length[0])
            .set("fft_w", length[1])
            .slot(source)
            .slot(l.literal("roots of one", roots(length[1], length[0])))
            .slot(l.define(op.output(0)))
            .work((double) l.shape(op.output(0)).elements()));
  }

  /** exp(-2 pi i k / n) of all k below n, for each n. */
  private static ByteBuffer roots(int... lengths) {
    int count = 0;
    for (int n : lengths) {
      count = Math.addExact(count, n);
    }
    ByteBuffer out =
        ByteBuffer.allocate(Math.multiplyExact(16, count)).order(ByteOrder.LITTLE_ENDIAN);
    for (int n : lengths) {
      for (int k = 0; k < n; k++) {
        // By quarters of a turn: then roots that are 0 or 1 are exactly that.
        int quarter = (int) (4L * k / n);
        double angle = Math.PI * 2 * (k - (double) n * quarter / 4) / n;
        double cos = StrictMath.cos(angle);
        double sin = StrictMath.sin(angle);
        out.putDouble(new double[] {cos, -sin, -cos, sin}[quarter]);
        out.putDouble(new double[] {-sin, -cos, sin, cos}[quarter]);
      }
    }
    return out.flip();
  }

  /** REAL and IMAG: every other number. */
  static void part(Lowering l, int index, Op op, int part) {
    boolean wide = l.tensor(op.input(0)).type() == ElementType.COMPLEX128;
    require(
        l,
        index,
        op,
        wide ? ElementType.COMPLEX128 : ElementType.COMPLEX64,
        wide ? ElementType.FLOAT64 : ElementType.FLOAT32);
    Value source = l.value(op.input(0));
    new Strided(wide ? 8 : 4)
        .in(part)
        .dim(l.shape(op.input(0)).elements(), 2, 1)
        .add(l, index, label(l, op), source, l.define(op.output(0)));
  }

  static void length(Lowering l, int index, Op op) {
    require(l, index, op, ElementType.COMPLEX64, ElementType.FLOAT32);
    long count = l.shape(op.input(0)).elements();
    Value source = l.value(op.input(0));
    l.add(
        new Step("complex_abs", index, label(l, op), "f32", "f32")
            .set("count", Math.toIntExact(count))
            .slot(source)
            .slot(l.define(op.output(0)))
            .work((double) count));
  }
}
