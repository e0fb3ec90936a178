// Which numeric definition a step must be computed by; rows of another one are no candidates.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.select;

import dev.sinter.runtime.Numerics;
import dev.sinter.runtime.SinterException;
import dev.sinter.runtime.Status;
import dev.sinter.runtime.lower.Step;
import java.util.List;

/** The names of docs/numerics.md per op and types. */
final class Definitions {
  // Weights alone are stored as integers: the contract's number for it
  // (native/src/kernels/gemm/dynamic.h).
  private static final int WEIGHT_ONLY = 5;

  private Definitions() {}

  /** The definition that these numerics ask for. */
  static String of(Numerics numerics, Step step) {
    boolean bfloat16 =
        step.types().contains("bf16")
            || (step.op().equals("batch_matmul") && step.param("bf16") == 1);
    return switch (numerics) {
      case TFLITE -> bfloat16 ? step.types().get(1).equals("s8") ? "bf16s8" : "bf16" : tflite(step);
    };
  }

  private static String tflite(Step step) {
    String op = step.op();
    List<String> types = step.types();
    String in = types.get(0);
    String out = types.get(types.size() - 1);
    boolean real = in.equals("f32");
    // int8 sums become int8 by fixed point where TFLite's own kernels run an op.
    boolean fixed =
        in.equals("s8")
            && step.params().containsKey("requantization")
            && step.param("requantization") != 0;
    boolean product = op.equals("gemm") || op.equals("conv");
    int mode = product ? step.params().getOrDefault("dynamic", 0).intValue() : 0;
    if (mode >= WEIGHT_ONLY) {
      return mode == WEIGHT_ONLY ? "f32.weight_only" : "bf16s8";
    }
    boolean integers = types.size() > 1 && (types.get(1).equals("s8") || types.get(1).equals("s4"));
    return switch (op) {
      case "copy", "pad", "layout", "strided" -> "exact";
      case "gather", "update_slice", "top_k" -> "exact";
      case "one_hot", "scatter_nd", "reverse_sequence" -> "exact";
      case "resize" -> real ? "resize.f32" : in.equals("s16") ? "tfl.resize16" : "xnn.resize";
      case "gemm", "conv", "depthwise", "transpose_conv", "batch_matmul" ->
          fixed
              ? "tfl.gemm8"
              : real && integers
                  ? "xnn.dynamic8"
                  : real
                      ? "f32"
                      : in.equals("s16") ? "tfl.gemm16" : out.equals("s32") ? "exact" : "xnn.gemm";
      case "binary" -> out.equals("bool") ? "exact" : "binary." + in;
      case "unary" -> real ? "unary.f32" : in.equals("s16") ? "tfl.leaky_relu" : "exact";
      case "cast" -> "cast";
      case "select", "lookup" -> "exact";
      case "fold" -> real && out.equals("f32") ? "fold.f32" : "exact";
      case "svdf" -> real ? "svdf.f32" : "tfl.svdf8";
      case "nms" -> "tfl.nms";
      case "detection" -> "tfl.detection";
      case "l2_pool" -> "l2_pool.f32";
      case "lrn" -> "lrn.f32";
      case "lstm" -> !real ? "tfl.lstm8" : types.get(3).equals("s8") ? "lstm.hybrid" : "lstm.f32";
      case "rnn" -> types.get(2).equals("s8") ? "rnn.hybrid" : "rnn.f32";
      case "add" -> real ? "add.f32" : "xnn.add";
      case "pool" -> "pool." + in;
      case "reduce" ->
          real
              ? "mean.f32"
              : in.equals("s8") || in.equals("u8")
                  ? "xnn.mean"
                  : in.equals("s16") ? "tfl.mean" : "exact";
      case "softmax16" -> "tfl.softmax16";
      case "layer_norm" -> "layer_norm.f32";
      case "normalize" -> real ? "l2.f32" : "tfl.normalize8";
      case "cumsum" -> "exact";
      case "argmax_pool", "unpool" -> "exact";
      case "rfft" -> "rfft.f32";
      case "complex_abs" -> "complex_abs.f32";
      case "softmax" -> real ? "softmax.f32" : "tfl.softmax8";
      case "relu" -> real ? "relu.f32" : "relu.s8";
      case "quantize" ->
          real
              ? out.equals("s16") ? "tfl.quantize" : "xnn.quantize"
              : out.equals("f32")
                  ? "xnn.dequantize"
                  : in.equals(out) && !in.equals("s16") ? "xnn.requantize" : "tfl.requantize";
      default ->
          throw new SinterException(
              Status.INTERNAL, "no numeric definition is chosen for the native op " + op);
    };
  }
}
