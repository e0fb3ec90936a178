// Convolutions: to gemm where a convolution is one, else to conv or depthwise.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Padding;
import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Supplier;

/** Lowers CONV_2D and DEPTHWISE_CONV_2D. */
final class Convolutions {
  // Stored weights are widened once for all pixels that meet them: of fewer pixels that is more
  // than a tenth of the time, but where floats would not fit the second-level cache. (In bfloat16
  // the cost model chooses.)
  private static final long MANY_PIXELS = 49;
  private static final long MANY_WEIGHTS = 1 << 20;

  private Convolutions() {}

  /** What both kinds share: the image that is really read, and where windows start. */
  private record Geometry(int input, Shape in, Shape out, int padTop, int padLeft) {}

  private static Geometry geometry(
      Lowering l, int index, Op op, Padding padding, int[] kernel, int[] stride, int[] dilation) {
    Fusion.Border border = l.border(index);
    int input = border == null ? op.input(0) : border.input();
    Shape in = l.shape(input);
    Shape out = l.shape(op.output(0));
    if (in.rank() != 4 || out.rank() != 4) {
      throw l.unsupported(index, "an input of rank " + in.rank());
    }
    if (border != null) {
      return new Geometry(input, in, out, border.top(), border.left());
    }
    Padding.Extent y = padding.along(in.dim(1), kernel[0], stride[0], dilation[0]);
    Padding.Extent x = padding.along(in.dim(2), kernel[1], stride[1], dilation[1]);
    return new Geometry(input, in, out, y.before(), x.before());
  }

  static void conv(Lowering l, int index, Op op, OpKind.Conv conv) {
    Shape weights = l.shape(op.input(1));
    int outC = weights.dim(0);
    int kernelH = weights.dim(1);
    int kernelW = weights.dim(2);
    int groupC = weights.dim(3);
    Activation activation = l.activation(index, conv.activation());
    int output = l.outputTensor(index);
    String type = ProductTypes.check(l, index, op, activation, output);
    Geometry g =
        geometry(
            l,
            index,
            op,
            conv.padding(),
            new int[] {kernelH, kernelW},
            new int[] {conv.strideH(), conv.strideW()},
            new int[] {conv.dilationH(), conv.dilationW()});
    int inC = g.in().dim(3);
    if (groupC == 0 || inC % groupC != 0 || outC % (inC / groupC) != 0) {
      throw l.unsupported(
          index, "weights " + weights + " for " + inC + " input channels (grouping)");
    }
    int groups = inC / groupC;
    Value in = l.value(g.input());
    Value out = l.define(output);
    double work = (double) g.out().elements() * kernelH * kernelW * groupC;
    // XNNPACK makes fully connected layers of these, with a range per pixel; TFLite's own kernels
    // for float activations have one per image.
    boolean matrixProduct =
        ProductTypes.dynamic(l, op, type, groups) == ProductTypes.DELEGATE
            && !ProductTypes.isFixed8(l, op, type)
            && kernelH == 1
            && kernelW == 1
            && conv.strideH() == 1
            && conv.strideW() == 1
            && groups == 1
            && g.padTop() == 0
            && g.padLeft() == 0
            && g.in().dim(1) == g.out().dim(1)
            && g.in().dim(2) == g.out().dim(2);
    if (matrixProduct) {
      int pixels = Math.toIntExact(g.out().elements(0, 3));
      String matrix = ProductTypes.matrix(l, op, type, outC);
      l.add(
          Products.gemm(l, index, op, matrix, pixels, outC, inC, activation, output)
              .slot(in)
              .weights(key(op), ProductTypes.sources(l, op, matrix, outC, output, g.input()))
              .slot(out)
              .work(work));
      return;
    }
    long pixels = g.out().elements(0, 3);
    boolean many = pixels >= MANY_PIXELS || weights.elements() >= MANY_WEIGHTS;
    String stored = ProductTypes.matrix(l, op, type, outC);
    String family = many ? stored : type;
    Step step = new Step("conv", index, label(l, op, g), ProductTypes.of(family));
    step.set("batch", g.in().dim(0))
        .set("in_h", g.in().dim(1))
        .set("in_w", g.in().dim(2))
        .set("in_c", inC)
        .set("out_h", g.out().dim(1))
        .set("out_w", g.out().dim(2))
        .set("out_c", outC)
        .set("kernel_h", kernelH)
        .set("kernel_w", kernelW)
        .set("stride_h", conv.strideH())
        .set("stride_w", conv.strideW())
        .set("dilation_h", conv.dilationH())
        .set("dilation_w", conv.dilationW())
        .set("pad_top", g.padTop())
        .set("pad_left", g.padLeft())
        .set("groups", groups)
        .set("in_zero_point", l.zeroPoint(g.input()))
        .set("w_zero_point", ProductTypes.weightZeroPoint(l, op, family))
        .set("requantization", ProductTypes.convolution(l, op, family, groups))
        .set("dynamic", ProductTypes.dynamic(l, op, family, groups))
        .set("out_zero_point", l.zeroPoint(output));
    ProductTypes.clamp(step, activation, l.quantization(output));
    if (!family.equals(type)) {
      step.floats(() -> l.constant(op.input(1)));
    } else if (ProductTypes.of(stored)[1].equals("s8") && type.equals("f32")) {
      step.bytes(ProductTypes.sources(l, op, stored, outC, output, g.input()));
    }
    l.add(
        step.slot(in)
            .weights(key(op), ProductTypes.sources(l, op, family, outC, output, g.input()))
            .slot(out)
            .work(work));
  }

  static void depthwise(Lowering l, int index, Op op, OpKind.Depthwise conv) {
    Shape weights = l.shape(op.input(1));
    int kernelH = weights.dim(1);
    int kernelW = weights.dim(2);
    int outC = weights.dim(3);
    Activation activation = l.activation(index, conv.activation());
    int output = l.outputTensor(index);
    String type = ProductTypes.check(l, index, op, activation, output);
    Geometry g =
        geometry(
            l,
            index,
            op,
            conv.padding(),
            new int[] {kernelH, kernelW},
            new int[] {conv.strideH(), conv.strideW()},
            new int[] {conv.dilationH(), conv.dilationW()});
    int inC = g.in().dim(3);
    if (inC == 0 || outC % inC != 0) {
      throw l.unsupported(index, "weights " + weights + " for " + inC + " input channels");
    }
    Value in = l.value(g.input());
    Value out = l.define(output);
    int requantization = ProductTypes.depthwise(l, op, type);
    // Many outputs of one channel are a plain convolution, whose kernels have lanes for outputs.
    boolean plain =
        inC == 1
            && outC > 1
            && requantization == 0
            && (type.equals("f32") || type.equals("s8") || type.equals("u8"));
    Step step =
        new Step(plain ? "conv" : "depthwise", index, label(l, op, g), ProductTypes.of(type));
    if (plain) {
      step.set("out_c", outC).set("groups", 1);
    } else {
      step.set("multiplier", outC / inC);
    }
    step.set("batch", g.in().dim(0))
        .set("in_h", g.in().dim(1))
        .set("in_w", g.in().dim(2))
        .set("in_c", inC)
        .set("out_h", g.out().dim(1))
        .set("out_w", g.out().dim(2))
        .set("kernel_h", kernelH)
        .set("kernel_w", kernelW)
        .set("stride_h", conv.strideH())
        .set("stride_w", conv.strideW())
        .set("dilation_h", conv.dilationH())
        .set("dilation_w", conv.dilationW())
        .set("pad_top", g.padTop())
        .set("pad_left", g.padLeft())
        .set("in_zero_point", l.zeroPoint(g.input()))
        .set("w_zero_point", ProductTypes.weightZeroPoint(l, op, type))
        .set("requantization", requantization)
        .set("dynamic", ProductTypes.dynamic(l, op, type, inC))
        .set("out_zero_point", l.zeroPoint(output));
    ProductTypes.clamp(step, activation, l.quantization(output));
    List<Supplier<ByteBuffer>> sources = ProductTypes.sources(l, op, type, outC, output, g.input());
    if (plain) {
      Supplier<ByteBuffer> byTap = sources.get(0);
      int taps = kernelH * kernelW;
      sources.set(0, () -> Numbers.turned(byTap.get(), taps, outC));
    }
    l.add(
        step.slot(in)
            .weights(key(op), sources)
            .slot(out)
            .work((double) g.out().elements() * kernelH * kernelW));
  }

  private static String label(Lowering l, Op op, Geometry g) {
    return op.kind().label()
        + " "
        + g.in()
        + " -> "
        + g.out()
        + ", weights "
        + l.shape(op.input(1));
  }

  /** What names the constants of an op: the same tensors pack to the same bytes. */
  static Object key(Op op) {
    return List.of(op.input(1), op.input(2));
  }
}
