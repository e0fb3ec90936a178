// The version number an op needs, so that runtimes too old for what it says refuse it.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph.tflite;

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
    } else if (k instanceof OpKind.Depthwise) {
      OpKind.Depthwise d = (OpKind.Depthwise) k;
      int dilated = d.dilationH() != 1 || d.dilationW() != 1 ? 2 : 1;
      return int16
          ? 5
          : isHybrid(in, second)
              ? (perChannel(g, op) ? 6 : 4)
              : int8 ? (second == ElementType.INT4 ? 7 : 3) : dilated;
    } else if (k instanceof OpKind.FullyConnected) {
      return fullyConnected(g, op, in, second);
    } else if (k instanceof OpKind.BatchMatMul) {
      return int16
          ? 3
          : int8 ? 2 : isHybrid(in, second) && ((OpKind.BatchMatMul) k).asymmetricInputs() ? 4 : 1;
    } else if (k instanceof OpKind.Pool) {
      return int16 ? 3 : int8 ? 2 : 1;
    } else if (k instanceof OpKind.Binary) {
      return binary(g, op, (OpKind.Binary) k, in, out);
    } else if (k instanceof OpKind.Unary) {
      return unary(g, op, ((OpKind.Unary) k).function(), in);
    } else if (k instanceof OpKind.Activate) {
      return activate(((OpKind.Activate) k).function(), in);
    } else if (k instanceof OpKind.Softmax) {
      return in == ElementType.FLOAT16 ? 4 : int16 ? 3 : int8 ? 2 : 1;
    } else if (k instanceof OpKind.LogSoftmax || k instanceof OpKind.L2Normalization) {
      return int8 ? 2 : 1;
    } else if (k instanceof OpKind.Reduce) {
      return reduce(((OpKind.Reduce) k).function(), int8, int16);
    } else if (k instanceof OpKind.Pad) {
      OpKind.Pad.Mode mode = ((OpKind.Pad) k).mode();
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
    } else if (k instanceof OpKind.Move) {
      return move(((OpKind.Move) k).movement(), in, rank);
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
    switch (b.function()) {
      case ADD:
        return in == ElementType.FLOAT16
            ? 6
            : int16 && !x.quantization().isQuantized()
                ? 5
                : in == ElementType.INT64 ? 4 : int8 ? 2 : 1;
      case SUB:
        return in == ElementType.INT64 ? 4 : broad ? 3 : int8 ? 2 : 1;
      case MUL:
        return mul(g, op, x, y, in);
      case DIV:
        return broad ? 2 : 1;
      case MAXIMUM:
      case MINIMUM:
        return int16 && out == ElementType.INT16 ? 4 : broad ? 3 : int8 ? 2 : 1;
      case SQUARED_DIFFERENCE:
      case GREATER:
      case LESS_EQUAL:
        return int8 ? 2 : 1;
      case LESS:
      case GREATER_EQUAL:
        return int16 ? 3 : int8 ? 2 : 1;
      case EQUAL:
        return int16 ? 5 : in == ElementType.STRING ? 3 : int8 ? 2 : 1;
      case NOT_EQUAL:
        return int16 ? 4 : in == ElementType.STRING ? 3 : int8 ? 2 : 1;
      case FLOOR_DIV:
        return int8 || int16 ? 3 : in == ElementType.FLOAT32 ? 2 : 1;
      case FLOOR_MOD:
        return int8 || int16 ? 2 : 1;
      default:
        return 1;
    }
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
    switch (f) {
      case ABS:
        return in == ElementType.INT32
            ? 5
            : int16
                ? (g.tensor(op.input(0)).quantization().isQuantized() ? 3 : 4)
                : int8 || in == ElementType.UINT8 ? 2 : 1;
      case EXP:
      case LOG:
      case SQRT:
        return int8 || int16 ? 2 : 1;
      case RSQRT:
        return int16 ? 3 : int8 ? 2 : 1;
      case SIN:
      case COS:
        return in == ElementType.FLOAT16 ? 2 : 1;
      case SIGN:
        return in == ElementType.INT32 ? 2 : 1;
      default:
        return 1;
    }
  }

  private static int activate(OpKind.Activate.Function f, ElementType in) {
    boolean int8 = in == ElementType.INT8;
    boolean int16 = in == ElementType.INT16;
    boolean bytes = int8 || in == ElementType.UINT8;
    switch (f) {
      case RELU:
        return int16 ? 3 : bytes ? 2 : 1;
      case RELU6:
      case TANH:
      case LOGISTIC:
        return int16 ? 3 : int8 ? 2 : 1;
      case LEAKY_RELU:
        return int16 ? 2 : 1;
      case GELU:
        return in == ElementType.FLOAT16 ? 3 : bytes ? 2 : 1;
      default:
        return 1;
    }
  }

  private static int reduce(OpKind.Reduce.Function f, boolean int8, boolean int16) {
    switch (f) {
      case MEAN:
      case MAX:
      case MIN:
        return int16 ? 3 : int8 ? 2 : 1;
      case SUM:
        return int8 ? 2 : 1;
      case PROD:
        return int8 || int16 ? 2 : 1;
      default:
        return 1;
    }
  }

  private static int dequantize(Subgraph g, Op op, ElementType in) {
    switch (in) {
      case FLOAT8_E4M3FN:
      case FLOAT8_E5M2:
        return 9;
      case UINT4:
        return 8;
      case INT2:
        return 7;
      case INT4:
        return 6;
      case INT16:
      case FLOAT16:
        return 3;
      case INT8:
        return g.tensor(op.input(0)).quantization().count() > 1 ? 5 : 2;
      default:
        return 1;
    }
  }

  private static int move(OpKind.Move.Movement m, ElementType in, int rank) {
    switch (m) {
      case TRANSPOSE:
        return in == ElementType.FLOAT16
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
      case SQUEEZE:
        return in == ElementType.STRING ? 2 : 1;
      default:
        return 1;
    }
  }
}
