// Matrix products: fully connected layers to gemm, products of two computed operands to
// batch_matmul.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import java.util.Arrays;

/** Lowers FULLY_CONNECTED and BATCH_MATMUL. */
final class Products {
  private Products() {}

  /** A gemm step with all parameters set; slots, weights and work are the caller's. */
  static Step gemm(
      Lowering l,
      int index,
      Op op,
      String type,
      int m,
      int n,
      int k,
      Activation activation,
      int output) {
    String label = op.kind().label() + " " + m + "x" + k + " * " + k + "x" + n;
    Step step = new Step("gemm", index, label, ProductTypes.of(type));
    Fusion.Border border = l.border(index);
    int input = border == null ? op.input(0) : border.input();
    step.set("m", m)
        .set("n", n)
        .set("k", k)
        .set("lda", k)
        .set("ldc", n)
        .set("a_zero_point", l.zeroPoint(input))
        .set("w_zero_point", ProductTypes.weightZeroPoint(l, op, type))
        .set(
            "requantization",
            op.kind() instanceof OpKind.FullyConnected
                ? ProductTypes.fullyConnected(l, op, type)
                : ProductTypes.convolution(l, op, type, 1))
        .set("dynamic", ProductTypes.dynamic(l, op, type, 1))
        .set("block", ProductTypes.block(l, op, type, n))
        .set("out_zero_point", l.zeroPoint(output));
    ProductTypes.clamp(step, activation, l.quantization(output));
    return step;
  }

  static void fullyConnected(Lowering l, int index, Op op, OpKind.FullyConnected full) {
    if (full.shuffledWeights()) {
      throw l.unsupported(index, "weights in TensorFlow Lite's shuffled order");
    }
    Activation activation = l.activation(index, full.activation());
    int output = l.outputTensor(index);
    Shape weights = l.shape(op.input(1));
    int n = weights.dim(0);
    String type =
        ProductTypes.matrix(l, op, ProductTypes.check(l, index, op, activation, output), n);
    int k = weights.dim(1);
    long elements = l.shape(op.input(0)).elements();
    if (k == 0 || elements % k != 0) {
      throw l.unsupported(index, elements + " inputs for weights " + weights);
    }
    int m = Math.toIntExact(elements / k);
    Value in = l.value(op.input(0));
    Value out = l.define(output);
    l.add(
        gemm(l, index, op, type, m, n, k, activation, output)
            .slot(in)
            .weights(
                Convolutions.key(op), ProductTypes.sources(l, op, type, n, output, op.input(0)))
            .slot(out)
            .work((double) m * n * k));
  }

  static void batchMatMul(Lowering l, int index, Op op, OpKind.BatchMatMul product) {
    int output = op.output(0);
    String type = l.type(index, op.input(0));
    String right = l.type(index, op.input(1));
    boolean wide = type.equals("s16");
    if (type.equals("f32") && right.equals("s8") && type.equals(l.type(index, output))) {
      HybridProducts.batchMatMul(l, index, op, product);
      return;
    }
    if (!(type.equals(right) || (wide && right.equals("s8")))
        || !type.equals(l.type(index, output))
        || !(type.equals("f32") || type.equals("s8") || wide)) {
      throw l.unsupported(index, "this mix of types");
    }
    for (int t : new int[] {op.input(0), op.input(1), output}) {
      l.requireQuantized(index, t);
    }
    Step step = matrices(l, index, op, product, type, right);
    step.set("a_zero_point", l.zeroPoint(op.input(0)))
        .set("b_zero_point", l.zeroPoint(op.input(1)))
        .set("out_zero_point", l.zeroPoint(output));
    if (!type.equals("f32")) {
      float both = l.scale(op.input(0)) * l.scale(op.input(1));
      Tables.Factor factor = Tables.Factor.of((double) both / l.scale(output));
      step.set("scale", both / l.scale(output))
          .set("scale_multiplier", factor.mantissa())
          .set("scale_shift", factor.shift());
    }
    Value left = l.value(op.input(0));
    Value other = l.value(op.input(1));
    l.add(step.slot(left).slot(other).slot(l.define(output)));
  }

  /** A step of products of an op's two operands, unscaled and unbounded, as floats are. */
  static Step matrices(
      Lowering l, int index, Op op, OpKind.BatchMatMul product, String type, String right) {
    Shape a = l.shape(op.input(0));
    Shape b = l.shape(op.input(1));
    Shape c = l.shape(op.output(0));
    int rank = c.rank();
    if (rank < 2 || rank > 5 || a.rank() < 2 || b.rank() < 2) {
      throw l.unsupported(index, "rank " + rank);
    }
    return matrices(index, "BATCH_MATMUL " + a + " * " + b, a, b, c, product, type, right);
  }

  /** The same for matrices of these shapes, of rank 2 to 5. */
  static Step matrices(
      int index,
      String label,
      Shape a,
      Shape b,
      Shape c,
      OpKind.BatchMatMul product,
      String type,
      String right) {
    int k = product.adjointX() ? a.dim(-2) : a.dim(-1);
    return new Step("batch_matmul", index, label, type, right, type)
        .setAll("batch", batches(c))
        .setAll("a_batch", strides(a, c))
        .setAll("b_batch", strides(b, c))
        .setAll("c_batch", 0, 0, 0)
        .set("a_row", 0)
        .set("b_row", 0)
        .set("c_row", 0)
        .set("m", c.dim(-2))
        .set("n", c.dim(-1))
        .set("k", k)
        .set("transpose_a", product.adjointX() ? 1 : 0)
        .set("transpose_b", product.adjointY() ? 1 : 0)
        .set("bf16", 0)
        .set("a_zero_point", 0)
        .set("b_zero_point", 0)
        .set("out_zero_point", 0)
        .set("scale", 0f)
        .set("scale_multiplier", 0)
        .set("scale_shift", 0)
        .set("dynamic", 0)
        .set("out_min", Numbers.least(type))
        .set("out_max", Numbers.greatest(type))
        .work((double) c.elements() * k);
  }

  /** The three batch dimensions of the result, missing ones 1. */
  private static int[] batches(Shape c) {
    int[] batch = {1, 1, 1};
    int count = c.rank() - 2;
    for (int i = 0; i < count; i++) {
      batch[3 - count + i] = c.dim(i);
    }
    return batch;
  }

  /**
   * Elements from one matrix of an operand to the next along each batch dimension; 0 broadcasts.
   */
  private static int[] strides(Shape operand, Shape c) {
    int[] strides = new int[3];
    long stride = (long) operand.dim(-2) * operand.dim(-1);
    int count = operand.rank() - 2;
    for (int i = count - 1; i >= 0; i--) {
      int dim = operand.dim(i);
      strides[3 - count + i] = dim == 1 ? 0 : Math.toIntExact(stride);
      stride *= dim;
    }
    if (count > c.rank() - 2) {
      Arrays.fill(strides, 0);
    }
    return strides;
  }
}
