// Convolutions over volumes: three dimensions of space.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Padding;
import dev.sinter.graph.Shape;
import dev.sinter.graph.VolumeOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Lowers CONV_3D: windows become rows, and rows times weights a matrix product. */
final class Volumes {
  private Volumes() {}

  static void lower(Lowering l, int index, Op op, OpKind.Foreign f) {
    int input = op.input(0);
    int weights = op.input(1);
    if (!l.type(index, input).equals("f32")
        || !l.type(index, weights).equals("f32")
        || !l.type(index, op.output(0)).equals("f32")
        || !l.isConstant(weights)
        || (op.hasInput(2) && !l.isConstant(op.input(2)))) {
      throw l.unsupported(index, "other than floats by constant weights");
    }
    Shape in = l.shape(input);
    Shape w = l.shape(weights);
    Shape out = l.shape(op.output(0));
    VolumeOptions options = new VolumeOptions(f);
    int[] amounts = new int[10];
    int[] bordered = in.toArray();
    for (int d = 0; d < VolumeOptions.AXES; d++) {
      Padding.Extent extent = options.along(d, in.dim(1 + d), w.dim(d));
      amounts[2 + 2 * d] = extent.before();
      amounts[3 + 2 * d] = extent.after();
      bordered[1 + d] += extent.before() + extent.after();
    }
    Shape whole = Shape.of(bordered);
    Value source = l.value(input);
    if (!whole.equals(in)) {
      Value border = l.temporary(source.name() + " padded", 4 * whole.elements());
      Moves.border(l, index, input, amounts, whole, source, border);
      source = border;
    }
    int rows = Math.toIntExact(out.elements(0, 4));
    int k = Math.toIntExact(w.elements(0, 4));
    Value windows = l.temporary(source.name() + " windows", Math.multiplyExact(4L * rows, k));
    String label = "CONV_3D " + in + " -> " + out + ", weights " + w;
    windows(l, index, options, label, whole, w, out, source, windows);
    product(l, op, f, rows, k, w, windows);
  }

  private static void windows(
      Lowering l,
      int index,
      VolumeOptions options,
      String label,
      Shape in,
      Shape w,
      Shape out,
      Value source,
      Value windows) {
    long[] from = Strided.strides(in);
    long[] taps = Strided.strides(w.subShape(0, 4));
    long[] places = Strided.strides(out.subShape(0, 4));
    long k = w.elements(0, 4);
    Strided move = new Strided(4).dim(in.dim(0), from[0], places[0] * k);
    for (int d = 0; d < VolumeOptions.AXES; d++) {
      move.dim(out.dim(1 + d), options.stride(d) * from[1 + d], places[1 + d] * k);
    }
    for (int d = 0; d < VolumeOptions.AXES; d++) {
      move.dim(w.dim(d), options.dilation(d) * from[1 + d], taps[d]);
    }
    move.dim(w.dim(3), 1, 1).add(l, index, label, source, windows);
  }

  @SuppressWarnings("EnumOrdinal") // declared in the order of the codes
  private static void product(
      Lowering l, Op op, OpKind.Foreign f, int rows, int k, Shape w, Value windows) {
    int n = w.dim(4);
    List<Supplier<ByteBuffer>> constants = new ArrayList<>();
    constants.add(() -> transposed(l.constant(op.input(1)), k, n));
    constants.add(op.hasInput(2) ? () -> l.constant(op.input(2)) : null);
    constants.add(null);
    Step step =
        new Step("gemm", 0, "CONV_3D " + rows + "x" + k + " * " + k + "x" + n, "f32", "f32", "f32")
            .set("m", rows)
            .set("n", n)
            .set("k", k)
            .set("lda", k)
            .set("ldc", n)
            .set("a_zero_point", 0)
            .set("w_zero_point", 0)
            .set("out_zero_point", 0)
            .set("requantization", 0)
            .set("dynamic", 0)
            .set("block", 0);
    ProductTypes.clamp(
        step,
        Activation.values()[f.number("fused_activation_function")],
        l.quantization(op.output(0)));
    l.add(
        step.slot(windows)
            .weights(List.of("volume", op.input(1), op.inputs().size()), constants)
            .slot(l.define(op.output(0)))
            .work((double) rows * n * k));
  }

  private static ByteBuffer transposed(ByteBuffer weights, int k, int n) {
    ByteBuffer in = weights.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer out =
        ByteBuffer.allocate(Math.multiplyExact(4 * k, n)).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < k; j++) {
        out.putFloat(in.getFloat(4 * (j * n + i)));
      }
    }
    return out.flip();
  }
}
