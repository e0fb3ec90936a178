// Batch products of floats by int8 matrices, and tables of integers whose rows become floats.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.HalfFloat;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Lowers BATCH_MATMUL and EMBEDDING_LOOKUP where floats meet stored integers. */
final class HybridProducts {
  private HybridProducts() {}

  /** One constant matrix is packed like a layer's weights; all else is multiplied as it comes. */
  static void batchMatMul(Lowering l, int index, Op op, OpKind.BatchMatMul product) {
    int right = op.input(1);
    Quantization q = l.quantization(right);
    Shape a = l.shape(op.input(0));
    Shape b = l.shape(right);
    Shape c = l.shape(op.output(0));
    for (long zeroPoint : q.zeroPoints()) {
      if (zeroPoint != 0) {
        throw l.unsupported(index, "an int8 matrix with zero point " + zeroPoint);
      }
    }
    if (!q.isQuantized() || q.details() != null || a.rank() < 2 || b.rank() < 2) {
      throw l.unsupported(index, "an int8 matrix without scales, or operands of rank below 2");
    }
    // The delegate takes a constant matrix, TFLite's own kernel any other.
    int dynamic = l.isConstant(right) ? ProductTypes.DELEGATE : product.asymmetricInputs() ? 4 : 3;
    boolean oneMatrix = b.elements() == (long) b.dim(-2) * b.dim(-1);
    if (l.isConstant(right) && oneMatrix && !product.adjointX()) {
      int n = product.adjointY() ? b.dim(-2) : b.dim(-1);
      int k = a.dim(-1);
      int m = Math.toIntExact(a.elements(0, a.rank() - 1));
      if (q.count() > 1 && (q.count() != n || !alongResult(q, b, product.adjointY()))) {
        throw l.unsupported(index, "scales along another dimension than the result's columns");
      }
      ByteBuffer scales = Numbers.floats(Numbers.weightScales(q, n));
      boolean turned = !product.adjointY();
      Value source = l.value(op.input(0));
      l.add(
          Recurrent.product(index, "BATCH_MATMUL", Recurrent.Form.HYBRID, m, n, k, 0, dynamic)
              .slot(source)
              .weights(
                  Arrays.asList("batch_matmul", right, turned),
                  Recurrent.sources(
                      Recurrent.Form.HYBRID,
                      () -> turned ? turned(l.constant(right), k, n) : l.constant(right),
                      null,
                      scales))
              .slot(l.define(op.output(0)))
              .work((double) c.elements() * k));
      return;
    }
    if (!q.isPerTensor()) {
      throw l.unsupported(index, "several scales for a matrix that is not one constant");
    }
    Value left = l.value(op.input(0));
    Value other = l.value(right);
    l.add(
        Products.matrices(l, index, op, product, "f32", "s8")
            .set("scale", q.scale())
            .set("dynamic", dynamic)
            .set("out_min", -128)
            .set("out_max", 127)
            .slot(left)
            .slot(other)
            .slot(l.define(op.output(0))));
  }

  private static boolean alongResult(Quantization q, Shape matrix, boolean adjoint) {
    return q.axis() == matrix.rank() - (adjoint ? 2 : 1);
  }

  /** A matrix of k x n bytes as n x k. */
  private static ByteBuffer turned(ByteBuffer matrix, int k, int n) {
    ByteBuffer out = ByteBuffer.allocate(Math.multiplyExact(k, n));
    for (int j = 0; j < n; j++) {
      for (int i = 0; i < k; i++) {
        out.put(matrix.get(matrix.position() + i * n + j));
      }
    }
    return out.flip();
  }

  /**
   * Rows of a table of 8, 4 or 2 bits as floats: the chosen rows, then their scales: one for all,
   * one per row, or one per block of a row.
   */
  static void embedding(Lowering l, int index, Op op) {
    lookUp(l, index, op, op.input(0), op.input(1));
  }

  /**
   * Looks rows up in a constant table of floats that is stored in fewer bits behind a DEQUANTIZE.
   *
   * @return false where the table is something else, or in a form that must become floats first
   */
  static boolean storedTable(Lowering l, int index, Op op, int ids, int table) {
    Op producer = l.producerOf(table);
    if (producer == null || !(producer.kind() instanceof OpKind.Dequantize)) {
      return false;
    }
    int stored = producer.input(0);
    ElementType type = l.tensor(stored).type();
    Shape shape = l.shape(stored);
    Quantization q = l.quantization(stored);
    ElementType idType = l.tensor(ids).type();
    boolean known =
        type == ElementType.FLOAT16
            || ((type == ElementType.INT8 || type == ElementType.INT4) && q.isQuantized());
    if (!known
        || !l.tensor(stored).isConstant()
        || l.tensor(stored).sparsity() != null
        || shape.rank() < 2
        || (idType != ElementType.INT32 && idType != ElementType.INT64)
        || shape.elements(1, shape.rank()) * type.bits() % 8 != 0
        || (q.details() != null && !(q.details() instanceof Quantization.Blockwise))
        || (q.count() > 1 && (q.count() != shape.dim(0) || q.axis() != 0))) {
      return false;
    }
    if (q.details() instanceof Quantization.Blockwise blocks
        && (shape.rank() != 2 || !StoredWeights.isBlocked(l, shape, blocks))) {
      return false;
    }
    for (long zeroPoint : q.zeroPoints()) {
      if (zeroPoint != 0) {
        return false;
      }
    }
    lookUp(l, index, op, ids, stored);
    return true;
  }

  private static void lookUp(Lowering l, int index, Op op, int ids, int table) {
    Shape shape = l.shape(table);
    Quantization q = l.quantization(table);
    ElementType type = l.tensor(table).type();
    boolean small = type == ElementType.INT4 || type == ElementType.INT2;
    boolean half = type == ElementType.FLOAT16;
    if (!l.isConstant(table)
        || l.tensor(op.output(0)).type() != ElementType.FLOAT32
        || (type != ElementType.INT8 && !small && !half)
        || (!half && !q.isQuantized())) {
      throw l.unsupported(index, "a table of type " + type + " for an output of another type");
    }
    for (long zeroPoint : q.zeroPoints()) {
      if (zeroPoint != 0) {
        throw l.unsupported(index, "a table with zero point " + zeroPoint);
      }
    }
    int rows = shape.dim(0);
    long width = shape.elements(1, shape.rank());
    long count = l.shape(ids).elements();
    int bits = type.bits();
    if (small && width * bits % 8 != 0) {
      // TFLite takes rows to begin at whole bytes, and rounds down where they do not.
      throw l.unsupported(index, "rows of " + width + " numbers of " + bits + " bits");
    }
    float[] scales = half ? new float[] {1} : tableScales(l, index, table, rows, width);
    int each = scales.length == 1 ? 1 : scales.length / rows;
    // Rows of int4 and of halves are looked up as they are stored, those of int2 as bytes.
    boolean crumbs = type == ElementType.INT2;
    String from = crumbs ? "s8" : half ? "f16" : type == ElementType.INT4 ? "s4" : "s8";
    long rowBytes = crumbs ? width : width * bits / 8;
    Value bytes = l.temporary(op.kind().label() + " rows", count * rowBytes);
    Value chosen = l.value(ids);
    Value stored =
        crumbs
            ? l.literal(l.tensor(table).name(), unpack(l.constant(table), bits, shape.elements()))
            : l.value(table);
    l.add(rows(l, index, op, ids, rows, count, rowBytes).slot(stored).slot(chosen).slot(bytes));
    Value out = l.define(op.output(0));
    if (scales.length == 1) {
      l.add(floats(index, op, from, count * width, scales[0]).slot(bytes).slot(out));
      return;
    }
    Value whole = l.temporary(op.kind().label() + " numbers", 4 * count * width);
    l.add(floats(index, op, from, count * width, 1f).slot(bytes).slot(whole));
    Value factors = l.temporary(op.kind().label() + " scales", 4L * count * each);
    l.add(
        rows(l, index, op, ids, rows, count, 4L * each)
            .slot(l.literal(l.tensor(table).name() + " scales", Numbers.floats(scales)))
            .slot(chosen)
            .slot(factors));
    int block = Math.toIntExact(width / each);
    l.add(
        new Step("binary", index, op.kind().label() + " scaled", "f32", "f32", "f32")
            .set("function", 2)
            .setAll("d", 1, 1, 1, Math.toIntExact(count), each, block)
            .setAll("a_stride", 0, 0, 0, Math.multiplyExact(each, block), block, 1)
            .setAll("b_stride", 0, 0, 0, each, 1, 0)
            .setUnscaled()
            .slot(whole)
            .slot(factors)
            .slot(out)
            .work((double) count * width));
  }

  private static float[] tableScales(Lowering l, int index, int table, int rows, long width) {
    Quantization q = l.quantization(table);
    if (q.details() instanceof Quantization.Blockwise blocks) {
      if (blocks.scales() < 0
          || !l.isConstant(blocks.scales())
          || l.tensor(blocks.scales()).type() != ElementType.FLOAT16
          || width % blocks.blockSize() != 0
          || l.shape(blocks.scales()).elements() != rows * (width / blocks.blockSize())) {
        throw l.unsupported(
            index, "scales by block that are not a FLOAT16 tensor of one per block");
      }
      ByteBuffer halves = l.constant(blocks.scales()).duplicate().order(ByteOrder.LITTLE_ENDIAN);
      float[] scales = new float[halves.remaining() / 2];
      for (int i = 0; i < scales.length; i++) {
        scales[i] = HalfFloat.toFloat(halves.getShort());
      }
      return scales;
    }
    if (q.details() != null || (q.count() > 1 && (q.count() != rows || q.axis() != 0))) {
      throw l.unsupported(index, "a table with scales along another dimension than its rows");
    }
    float[] scales = new float[q.count()];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = q.scale(i);
    }
    return scales;
  }

  /** Signed numbers of 2 or 4 bits as bytes, the low bits first. */
  private static ByteBuffer unpack(ByteBuffer packed, int bits, long count) {
    ByteBuffer out = ByteBuffer.allocate(Math.toIntExact(count));
    int each = 8 / bits;
    for (int i = 0; i < count; i++) {
      int at = i % each * bits;
      int stored = packed.get(packed.position() + i / each);
      out.put((byte) (stored << (32 - bits - at) >> (32 - bits)));
    }
    return out.flip();
  }

  private static Step rows(
      Lowering l, int index, Op op, int ids, int rows, long count, long bytes) {
    return new Step("gather", index, op.kind().label() + " rows", "u8", l.type(index, ids), "u8")
        .set("batch", 1)
        .set("outer", 1)
        .set("positions", Math.toIntExact(count))
        .set("slice_bytes", Math.toIntExact(bytes))
        .set("depth", 1)
        .setAll("d", rows, 1, 1, 1, 1, 1, 1, 1)
        .work((double) count * bytes);
  }

  private static Step floats(int index, Op op, String from, long count, float scale) {
    return new Step("quantize", index, op.kind().label() + " floats", from, "f32")
        .set("count", Math.toIntExact(count))
        .set("in_scale", scale)
        .set("in_zero_point", 0)
        .set("out_scale", 1f)
        .set("out_zero_point", 0)
        .work((double) count);
  }
}
