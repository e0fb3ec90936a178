// Which class lowers which kind of op.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Flexbuffers;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import java.nio.ByteBuffer;

/** Sends each op to the class that lowers its kind. */
final class Lowerings {
  private static final int CUSTOM = 32; // TFLite's number of custom ops

  private Lowerings() {}

  static void lower(Lowering l, int index, Op op) {
    OpKind kind = op.kind();
    if (kind instanceof OpKind.Conv conv) {
      Convolutions.conv(l, index, op, conv);
    } else if (kind instanceof OpKind.Depthwise depthwise) {
      Convolutions.depthwise(l, index, op, depthwise);
    } else if (kind instanceof OpKind.TransposeConv transposed) {
      TransposedConvolutions.lower(l, index, op, transposed);
    } else if (kind instanceof OpKind.FullyConnected full) {
      Products.fullyConnected(l, index, op, full);
    } else if (kind instanceof OpKind.BatchMatMul product) {
      Products.batchMatMul(l, index, op, product);
    } else if (kind instanceof OpKind.Binary binary
        && binary.function() == OpKind.Binary.Function.ADD
        && Elementwise.addsFast(l, index, op)) {
      Elementwise.add(l, index, op, binary);
    } else if (kind instanceof OpKind.Binary binary) {
      Pointwise.binary(l, index, op, binary);
    } else if ((kind instanceof OpKind.Unary || kind instanceof OpKind.Activate)
        && Pointwise.unary(l, index, op)) {
      return;
    } else if (kind instanceof OpKind.Activate activate
        && activate.function() == OpKind.Activate.Function.PRELU) {
      Pointwise.prelu(l, index, op);
    } else if (kind instanceof OpKind.Activate activate) {
      Elementwise.activate(l, index, op, activate);
    } else if (kind instanceof OpKind.Unary unary
        && unary.function() == OpKind.Unary.Function.ZEROS_LIKE) {
      Sums.zerosLike(l, index, op);
    } else if (kind instanceof OpKind.Quantize || kind instanceof OpKind.Dequantize) {
      Elementwise.quantize(l, index, op);
    } else if (kind instanceof OpKind.Pool pool) {
      Windows.pool(l, index, op, pool);
    } else if (kind instanceof OpKind.Reduce reduce && Reductions.takes(l, index, op, reduce)) {
      Reductions.reduce(l, index, op, reduce);
    } else if (kind instanceof OpKind.Reduce reduce) {
      Folds.reduce(l, index, op, reduce);
    } else if (kind instanceof OpKind.LogSoftmax) {
      Norms.logSoftmax(l, index, op);
    } else if (kind instanceof OpKind.L2Normalization norm) {
      Norms.l2Normalization(l, index, op, norm);
    } else if (kind instanceof OpKind.Softmax softmax) {
      Norms.softmax(l, index, op, softmax);
    } else if (kind instanceof OpKind.Pad pad) {
      Moves.pad(l, index, op, pad);
    } else if (kind instanceof OpKind.Concat concat) {
      Moves.concat(l, index, op, concat);
    } else if (kind instanceof OpKind.Reshape
        || (kind instanceof OpKind.Move move
            && (move.movement() == OpKind.Move.Movement.SQUEEZE
                || move.movement() == OpKind.Move.Movement.EXPAND_DIMS))) {
      l.alias(op.output(0), op.input(0));
    } else if (kind instanceof OpKind.Move) {
      Movements.transpose(l, index, op);
    } else if (!(kind instanceof OpKind.Foreign f
        && (named(l, index, op, f)
            || Indexed.lower(l, index, op, f)
            || Movements.lower(l, index, op, f)))) {
      throw l.unsupported(index, kind instanceof OpKind.Foreign other ? foreign(other) : "this op");
    }
  }

  /** Lowers an op that is known by its name only; false if it is not. */
  private static boolean named(Lowering l, int index, Op op, OpKind.Foreign f) {
    switch (f.name()) {
      case "UNIDIRECTIONAL_SEQUENCE_LSTM", "BIDIRECTIONAL_SEQUENCE_LSTM", "LSTM" ->
          Lstms.lower(l, index, op, f);
      case "UNIDIRECTIONAL_SEQUENCE_RNN", "BIDIRECTIONAL_SEQUENCE_RNN", "RNN" ->
          Rnns.lower(l, index, op, f);
      case "SVDF" -> Svdfs.lower(l, index, op, f);
      case "TFLite_Detection_PostProcess" -> Detections.postProcess(l, index, op, f);
      case "NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5" -> Detections.suppress(l, index, op);
      case "aeq.hadamard_rotation" -> Hadamards.lower(l, index, op, f);
      case "ADD_N" -> Sums.addAll(l, index, op);
      case "CUMSUM" -> Sums.running(l, index, op, f);
      case "LOCAL_RESPONSE_NORMALIZATION" -> Windows.responses(l, index, op, f);
      case "CONV_3D" -> Volumes.lower(l, index, op, f);
      case "MATRIX_DIAG" -> Diagonals.make(l, index, op);
      case "MATRIX_SET_DIAG" -> Diagonals.replace(l, index, op);
      case "BITCAST" -> Diagonals.bits(l, index, op);
      case "STABLEHLO_ADD" -> stablehlo(l, index, op, OpKind.Binary.Function.ADD);
      case "STABLEHLO_MULTIPLY" -> stablehlo(l, index, op, OpKind.Binary.Function.MUL);
      case "STABLEHLO_MAXIMUM" -> stablehlo(l, index, op, OpKind.Binary.Function.MAXIMUM);
      case "STABLEHLO_MINIMUM" -> stablehlo(l, index, op, OpKind.Binary.Function.MINIMUM);
      case "RFFT2D" -> Spectra.transform(l, index, op);
      case "REAL" -> Spectra.part(l, index, op, 0);
      case "IMAG" -> Spectra.part(l, index, op, 1);
      case "COMPLEX_ABS" -> Spectra.length(l, index, op);
      case "Convolution2DTransposeBias" -> TransposedConvolutions.lower(l, index, op, f);
      case "MaxPoolingWithArgmax2D" -> Windows.placed(l, index, op, f);
      case "MaxUnpooling2D" -> Windows.unpool(l, index, op, f);
      default -> {
        return false;
      }
    }
    return true;
  }

  /** Functions of two tensors of one shape by another name. */
  private static void stablehlo(Lowering l, int index, Op op, OpKind.Binary.Function function) {
    Pointwise.binary(l, index, op, new OpKind.Binary(function, Activation.NONE));
  }

  /** What is known about an op without a kernel: for a custom op, how to bring one. */
  private static String foreign(OpKind.Foreign f) {
    if (f.code() != CUSTOM) {
      return "this op";
    }
    String options =
        f.attributes().get("custom_options") instanceof ByteBuffer b
            ? Flexbuffers.describe(b)
            : "no options";
    return "the custom op '"
        + f.name()
        + "' ("
        + options
        + ") is not known; write a CustomOp and register it with"
        + " Options.builder().customOp(...) when the model is loaded; without that it";
  }
}
