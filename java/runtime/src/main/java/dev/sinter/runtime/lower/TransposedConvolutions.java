// Transposed convolutions.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.DelegateOptions;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import java.util.List;

/** Lowers TRANSPOSE_CONV and the custom op that does the same. */
final class TransposedConvolutions {
  private TransposedConvolutions() {}

  static void lower(Lowering l, int index, Op op, OpKind.TransposeConv conv) {
    // Input, weights, bias in the order of the other products.
    int bias = op.hasInput(3) ? op.input(3) : -1;
    lowerProduct(
        l, index, Op.of(conv, List.of(op.input(2), op.input(1), bias), op.outputs()), conv);
  }

  /** MediaPipe's Convolution2DTransposeBias, whose inputs have that order already. */
  static void lower(Lowering l, int index, Op op, OpKind.Foreign f) {
    OpKind.TransposeConv conv = DelegateOptions.transposeConv(f);
    int bias = op.hasInput(2) ? op.input(2) : -1;
    lowerProduct(
        l, index, Op.of(conv, List.of(op.input(0), op.input(1), bias), op.outputs()), conv);
  }

  private static void lowerProduct(Lowering l, int index, Op product, OpKind.TransposeConv conv) {
    int input = product.input(0);
    int output = product.output(0);
    String type = ProductTypes.check(l, index, product, conv.activation(), output);
    Shape in = l.shape(input);
    Shape out = l.shape(output);
    Shape weights = l.shape(product.input(1));
    if (in.rank() != 4 || out.rank() != 4 || weights.dim(3) != in.dim(3)) {
      throw l.unsupported(index, "weights " + weights + " for an input " + in);
    }
    int padTop = conv.padding().along(out.dim(1), weights.dim(1), conv.strideH(), 1).before();
    int padLeft = conv.padding().along(out.dim(2), weights.dim(2), conv.strideW(), 1).before();
    String label = "TRANSPOSE_CONV " + in + " -> " + out + ", weights " + weights;
    Step step =
        new Step("transpose_conv", index, label, ProductTypes.of(type))
            .set("batch", in.dim(0))
            .set("in_h", in.dim(1))
            .set("in_w", in.dim(2))
            .set("in_c", in.dim(3))
            .set("out_h", out.dim(1))
            .set("out_w", out.dim(2))
            .set("out_c", out.dim(3))
            .set("kernel_h", weights.dim(1))
            .set("kernel_w", weights.dim(2))
            .set("stride_h", conv.strideH())
            .set("stride_w", conv.strideW())
            .set("pad_top", padTop)
            .set("pad_left", padLeft)
            .set("in_zero_point", l.zeroPoint(input))
            .set("w_zero_point", ProductTypes.weightZeroPoint(l, product, type))
            .set("out_zero_point", l.zeroPoint(output))
            .set("requantization", ProductTypes.depthwise(l, product, type));
    ProductTypes.clamp(step, conv.activation(), l.quantization(output));
    Value from = l.value(input);
    l.add(
        step.slot(from)
            .weights(
                Convolutions.key(product),
                ProductTypes.sources(l, product, type, out.dim(3), output, input))
            .slot(l.define(output))
            .work((double) in.elements() * weights.elements() / Math.max(1, in.dim(3))));
  }
}
