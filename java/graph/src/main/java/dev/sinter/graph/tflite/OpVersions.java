// The version number an op needs, so that runtimes too old for what it says refuse it.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph.tflite;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;

/** Versions of builtin ops, for the kinds this library writes itself. */
final class OpVersions {
  private OpVersions() {}

  static int of(Subgraph g, Op op) {
    ElementType in = type(g, op.input(0));
    ElementType second = type(g, op.input(1));
    ElementType out = op.outputs().isEmpty() ? null : type(g, op.output(0));
    boolean int8 = in == ElementType.INT8;
    boolean int16 = in == ElementType.INT16;
    int rank = op.hasInput(0) ? g.tensor(op.input(0)).shape().rank() : 0;
    OpKind k = op.kind();
    if (k instanceof OpKind.Conv) {
      return conv(g, op, in, second);
    } else if (k instanceof OpKind.Depthwise d) {

      int dilated = d.dilationH() != 1 || d.dilationW() != 1 ? 2 : 1;
      return int16
          ? 5
          : isHybrid(in, second)
              ? (perChannel(g, op) ? 6 : 4)
              : int8 ? (second == ElementType.INT4 ? 7 : 3) : dilated;
    } else if (k instanceof OpKind.TransposeConv t) {
      boolean integers = op.hasInput(2) && g.tensor(op.input(2)).type() != ElementType.FLOAT32;
      return t.activation() != Activation.NONE ? 4 : op.hasInput(3) ? 3 : integers ? 2 : 1;
    } else if (k instanceof OpKind.FullyConnected) {
      return fullyConnected(g, op, in, second);
    } else if (k instanceof OpKind.BatchMatMul batchMatMul) {
      return int16 ? 3 : int8 ? 2 : isHybrid(in, second) && batchMatMul.asymmetricInputs() ? 4 : 1;
    } else if (k instanceof OpKind.Pool) {
      return int16 ? 3 : int8 ? 2 : 1;
    } else if (k instanceof OpKind.Binary binary) {
      return binary(g, op, binary, in, out);
    } else if (k instanceof OpKind.Unary unary) {
      return unary(g, op, unary.function(), in);
    } else if (k instanceof OpKind.Activate activate) {
      return activate(activate.function(), in);
    } else if (k instanceof OpKind.Softmax) {
      return in == ElementType.FLOAT16 ? 4 : int16 ? 3 : int8 ? 2 : 1;
    } else if (k instanceof OpKind.LogSoftmax || k instanceof OpKind.L2Normalization) {
      return int8 ? 2 : 1;
    } else if (k instanceof OpKind.Reduce reduce) {
      return reduce(reduce.function(), int8, int16);
    } else if (k instanceof OpKind.Pad pad) {
      OpKind.Pad.Mode mode = pad.mode();
      boolean mirror = mode == OpKind.Pad.Mode.REFLECT || mode == OpKind.Pad.Mode.SYMMETRIC;
      return !mirror && in == ElementType.BOOL
          ? 5
          : !mirror && rank > 4 ? 4 : int16 ? 3 : int8 ? 2 : 1;
    } else if (k instanceof OpKind.Concat) {
      return in == ElementType.FLOAT16
          ? 6
          : in == ElementType.INT4 ? 5 : in == ElementType.UINT32 ? 4 : int16 ? 3 : int8 ? 2 : 1;
    } else if (k instanceof OpKind.Quantize) {
      boolean perAxis = g.tensor(op.output(0)).quantization().count() > 1;
      boolean four = in == ElementType.INT4 || out == ElementType.INT4;
      return in == ElementType.UINT4 || out == ElementType.UINT4
          ? 5
          : four ? 4 : perAxis ? 3 : out == ElementType.INT16 ? 2 : 1;
    } else if (k instanceof OpKind.Dequantize) {
      return dequantize(g, op, in);
    } else if (k instanceof OpKind.Move move) {
      return move(move.movement(), in, rank);
    }
    return 1;
  }

  private static ElementType type(Subgraph g, int tensor) {
    return tensor < 0 ? null : g.tensor(tensor).type();
  }

  private static boolean isHybrid(ElementType in, ElementType weights) {
    return in == ElementType.FLOAT32 && weights == ElementType.INT8;
  }

  private static boolean perChannel(Subgraph g, Op op) {
    return g.tensor(op.input(1)).quantization().count() > 1;
  }

  private static int conv(Subgraph g, Op op, ElementType in, ElementType weights) {
    Tensor x = g.tensor(op.input(0));
    Tensor w = g.tensor(op.input(1));
    boolean grouped =
        x.shape().rank() == 4 && w.shape().rank() == 4 && x.shape().dim(3) != w.shape().dim(3);
    if (grouped) {
      return 6;
    }
    if (in == ElementType.INT16) {
      return 4;
    }
    if (in == ElementType.INT8) {
      return weights == ElementType.INT4 ? 7 : 3;
    }
    return isHybrid(in, weights) ? (perChannel(g, op) ? 5 : 2) : 1;
  }

  private static int fullyConnected(Subgraph g, Op op, ElementType in, ElementType weights) {
    OpKind.FullyConnected f = (OpKind.FullyConnected) op.kind();
    boolean hybrid = isHybrid(in, weights);
    if (weights == ElementType.INT2) {
      return 14;
    }
    if (in == ElementType.INT16 && weights == ElementType.INT4) {
      return 13;
    }
    if (hybrid && perChannel(g, op)) {
      return 12;
    }
    if (g.tensor(op.input(1)).sparsity() != null) {
      return 8;
    }
    if (in == ElementType.INT16) {
      return 7;
    }
    if (op.inputs().size() == 2) {
      return 6;
    }
    if (f.keepDims()) {
      return 5;
    }
    if (in == ElementType.INT8) {
      return weights == ElementType.INT4 ? 10 : 4;
    }
    return hybrid ? (f.asymmetricInputs() ? 9 : 3) : f.shuffledWeights() ? 2 : 1;
  }

  private static int binary(Subgraph g, Op op, OpKind.Binary b, ElementType in, ElementType out) {
    boolean int8 = in == ElementType.INT8;
    boolean int16 = in == ElementType.INT16;
    Tensor x = g.tensor(op.input(0));
    Tensor y = g.tensor(op.input(1));
    boolean broad =
        !x.shape().equals(y.shape()) && Math.max(x.shape().rank(), y.shape().rank()) > 4;
    return switch (b.function()) {
      case ADD ->
          in == ElementType.FLOAT16
              ? 6
              : int16 && !x.quantization().isQuantized()
                  ? 5
                  : in == ElementType.INT64 ? 4 : int8 ? 2 : 1;
      case SUB -> in == ElementType.INT64 ? 4 : broad ? 3 : int8 ? 2 : 1;
      case MUL -> mul(g, op, x, y, in);
      case DIV -> broad ? 2 : 1;
      case MAXIMUM, MINIMUM -> int16 && out == ElementType.INT16 ? 4 : broad ? 3 : int8 ? 2 : 1;
      case SQUARED_DIFFERENCE, GREATER, LESS_EQUAL -> int8 ? 2 : 1;
      case LESS, GREATER_EQUAL -> int16 ? 3 : int8 ? 2 : 1;
      case EQUAL -> int16 ? 5 : in == ElementType.STRING ? 3 : int8 ? 2 : 1;
      case NOT_EQUAL -> int16 ? 4 : in == ElementType.STRING ? 3 : int8 ? 2 : 1;
      case FLOOR_DIV -> int8 || int16 ? 3 : in == ElementType.FLOAT32 ? 2 : 1;
      case FLOOR_MOD -> int8 || int16 ? 2 : 1;
      default -> 1;
    };
  }

  private static int mul(Subgraph g, Op op, Tensor x, Tensor y, ElementType in) {
    if (in == ElementType.FLOAT16) {
      return 8;
    }
    if ((in == ElementType.INT16 && !x.quantization().isQuantized()) || in == ElementType.UINT32) {
      return 7;
    }
    if (in == ElementType.COMPLEX64) {
      return 6;
    }
    if (in == ElementType.INT64) {
      return 5;
    }
    if (in == ElementType.INT16) {
      return 4;
    }
    Tensor z = g.tensor(op.output(0));
    if (x.quantization().isPerTensor()
        && y.quantization().isPerTensor()
        && z.quantization().isPerTensor()) {
      float factor = x.quantization().scale() * y.quantization().scale() / z.quantization().scale();
      if (factor >= 1) {
        return 3;
      }
    }
    return in == ElementType.INT8 ? 2 : 1;
  }

  private static int unary(Subgraph g, Op op, OpKind.Unary.Function f, ElementType in) {
    boolean int8 = in == ElementType.INT8;
    boolean int16 = in == ElementType.INT16;
    return switch (f) {
      case ABS ->
          in == ElementType.INT32
              ? 5
              : int16
                  ? (g.tensor(op.input(0)).quantization().isQuantized() ? 3 : 4)
                  : int8 || in == ElementType.UINT8 ? 2 : 1;
      case EXP, LOG, SQRT -> int8 || int16 ? 2 : 1;
      case RSQRT -> int16 ? 3 : int8 ? 2 : 1;
      case SIN, COS -> in == ElementType.FLOAT16 ? 2 : 1;
      case SIGN -> in == ElementType.INT32 ? 2 : 1;
      default -> 1;
    };
  }

  private static int activate(OpKind.Activate.Function f, ElementType in) {
    boolean int8 = in == ElementType.INT8;
    boolean int16 = in == ElementType.INT16;
    boolean bytes = int8 || in == ElementType.UINT8;
    return switch (f) {
      case RELU -> int16 ? 3 : bytes ? 2 : 1;
      case RELU6, TANH, LOGISTIC -> int16 ? 3 : int8 ? 2 : 1;
      case LEAKY_RELU -> int16 ? 2 : 1;
      case GELU -> in == ElementType.FLOAT16 ? 3 : bytes ? 2 : 1;
      default -> 1;
    };
  }

  private static int reduce(OpKind.Reduce.Function f, boolean int8, boolean int16) {
    return switch (f) {
      case MEAN, MAX, MIN -> int16 ? 3 : int8 ? 2 : 1;
      case SUM -> int8 ? 2 : 1;
      case PROD -> int8 || int16 ? 2 : 1;
      default -> 1;
    };
  }

  private static int dequantize(Subgraph g, Op op, ElementType in) {
    return switch (in) {
      case FLOAT8_E4M3FN, FLOAT8_E5M2 -> 9;
      case UINT4 -> 8;
      case INT2 -> 7;
      case INT4 -> 6;
      case INT16, FLOAT16 -> 3;
      case INT8 -> g.tensor(op.input(0)).quantization().count() > 1 ? 5 : 2;
      default -> 1;
    };
  }

  private static int move(OpKind.Move.Movement m, ElementType in, int rank) {
    return switch (m) {
      case TRANSPOSE ->
          in == ElementType.FLOAT16
              ? 9
              : rank > 6 || in == ElementType.BFLOAT16
                  ? 8
                  : in == ElementType.INT4
                      ? 7
                      : rank > 5
                          ? 6
                          : in == ElementType.INT16
                              ? 5
                              : rank > 4
                                  ? 4
                                  : in == ElementType.BOOL ? 3 : in == ElementType.INT8 ? 2 : 1;
      case SQUEEZE -> in == ElementType.STRING ? 2 : 1;
      default -> 1;
    };
  }
}
