// What an op does: a few records instead of one class per builtin of each format.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.util.List;
import java.util.Map;

/** What an op does, apart from its inputs and outputs. Inputs are listed in TFLite's order. */
public sealed interface OpKind {

  /**
   * Returns the name used in messages.
   *
   * @return a short name
   */
  default String label() {
    return getClass().getSimpleName();
  }

  /**
   * 2-D convolution, NHWC. Inputs: x [N,H,W,C], weights [K,h,w,C/groups], optional bias [K]. The
   * number of groups follows from the shapes.
   *
   * @param padding edges
   * @param strideH stride down
   * @param strideW stride across
   * @param dilationH dilation down
   * @param dilationW dilation across
   * @param activation applied to the result
   */
  record Conv(
      Padding padding,
      int strideH,
      int strideW,
      int dilationH,
      int dilationW,
      Activation activation)
      implements OpKind {}

  /**
   * Depthwise 2-D convolution, NHWC. Inputs: x [N,H,W,C], weights [1,h,w,C*multiplier], optional
   * bias.
   *
   * @param padding edges
   * @param strideH stride down
   * @param strideW stride across
   * @param dilationH dilation down
   * @param dilationW dilation across
   * @param multiplier output channels per input channel, as the file says; the weights' shape
   *     decides
   * @param activation applied to the result
   */
  record Depthwise(
      Padding padding,
      int strideH,
      int strideW,
      int dilationH,
      int dilationW,
      int multiplier,
      Activation activation)
      implements OpKind {}

  /**
   * Transposed 2-D convolution, NHWC. Inputs: shape of the result [4], weights [K,h,w,C], x
   * [N,H,W,C], optional bias [K].
   *
   * @param padding edges of the convolution that this is the gradient of
   * @param strideH stride down
   * @param strideW stride across
   * @param activation applied to the result
   */
  record TransposeConv(Padding padding, int strideH, int strideW, Activation activation)
      implements OpKind {}

  /**
   * Fully connected layer. Inputs: x, weights [units, depth], optional bias [units].
   *
   * @param activation applied to the result
   * @param keepDims whether all dimensions of x but the last stay apart
   * @param shuffledWeights whether weights are stored in TFLite's 4x16 shuffled order
   * @param asymmetricInputs whether float inputs of a hybrid layer are quantized with a zero point
   */
  record FullyConnected(
      Activation activation, boolean keepDims, boolean shuffledWeights, boolean asymmetricInputs)
      implements OpKind {}

  /**
   * Batched matrix product. Inputs: x [..., M, K], y [..., K, N]; the leading dimensions broadcast.
   *
   * @param adjointX whether x is stored [..., K, M]
   * @param adjointY whether y is stored [..., N, K]
   * @param asymmetricInputs whether float inputs of a hybrid product are quantized with a zero
   *     point
   */
  record BatchMatMul(boolean adjointX, boolean adjointY, boolean asymmetricInputs)
      implements OpKind {}

  /**
   * Pooling, NHWC.
   *
   * @param mode what is taken of a window
   * @param padding edges
   * @param strideH stride down
   * @param strideW stride across
   * @param height window height
   * @param width window width
   * @param activation applied to the result
   */
  record Pool(
      Pool.Mode mode,
      Padding padding,
      int strideH,
      int strideW,
      int height,
      int width,
      Activation activation)
      implements OpKind {
    /** What is taken of a window. */
    public enum Mode {
      /** Mean of the positions inside the input. */
      AVERAGE,
      /** Largest. */
      MAX,
      /** Root of the mean of squares. */
      L2
    }

    @Override
    public String label() {
      return mode + "_POOL";
    }
  }

  /**
   * Elementwise op with two inputs that broadcast.
   *
   * @param function what is computed
   * @param activation applied to the result (ADD, SUB, MUL, DIV)
   * @param powerScales whether ADD and SUB of int16 shift where all scales are powers of two; what
   *     files say that say nothing
   */
  record Binary(Binary.Function function, Activation activation, boolean powerScales)
      implements OpKind {
    /**
     * An op with the usual way to scale.
     *
     * @param function what is computed
     * @param activation applied to the result (ADD, SUB, MUL, DIV)
     */
    public Binary(Binary.Function function, Activation activation) {
      this(function, activation, true);
    }

    /** What is computed. */
    public enum Function {
      /** Sum. */
      ADD,
      /** Difference. */
      SUB,
      /** Product. */
      MUL,
      /** Quotient. */
      DIV,
      /** Larger. */
      MAXIMUM,
      /** Smaller. */
      MINIMUM,
      /** Power. */
      POW,
      /** Square of the difference. */
      SQUARED_DIFFERENCE,
      /** Quotient rounded down. */
      FLOOR_DIV,
      /** Remainder with the sign of the divisor. */
      FLOOR_MOD,
      /** Angle of (y, x). */
      ATAN2,
      /** x &lt; y. */
      LESS,
      /** x &lt;= y. */
      LESS_EQUAL,
      /** x &gt; y. */
      GREATER,
      /** x &gt;= y. */
      GREATER_EQUAL,
      /** x == y. */
      EQUAL,
      /** x != y. */
      NOT_EQUAL,
      /** Both. */
      LOGICAL_AND,
      /** Any. */
      LOGICAL_OR,
      /** Exclusive or of bits. */
      BITWISE_XOR,
      /** Shift right. */
      RIGHT_SHIFT
    }

    @Override
    public String label() {
      return function.name();
    }
  }

  /**
   * Elementwise op with one input, without activations (see {@link Activate}).
   *
   * @param function what is computed
   */
  record Unary(Unary.Function function) implements OpKind {
    /** What is computed. */
    public enum Function {
      /** Absolute value. */
      ABS,
      /** Negative. */
      NEG,
      /** Exponential. */
      EXP,
      /** Natural logarithm. */
      LOG,
      /** Root. */
      SQRT,
      /** 1 / root. */
      RSQRT,
      /** Square. */
      SQUARE,
      /** Sine. */
      SIN,
      /** Cosine. */
      COS,
      /** Rounded down. */
      FLOOR,
      /** Rounded up. */
      CEIL,
      /** Rounded to nearest, ties to even. */
      ROUND,
      /** -1, 0 or 1. */
      SIGN,
      /** Not. */
      LOGICAL_NOT,
      /** Zeros of the same shape. */
      ZEROS_LIKE
    }

    @Override
    public String label() {
      return function.name();
    }
  }

  /**
   * An activation that stands alone.
   *
   * @param function which
   * @param alpha slope of LEAKY_RELU, else 0
   * @param approximate whether GELU is computed with tanh
   */
  record Activate(Activate.Function function, float alpha, boolean approximate) implements OpKind {
    /** Which activation. */
    public enum Function {
      /** max(x, 0). */
      RELU,
      /** Clamped to -1 .. 1. */
      RELU_N1_TO_1,
      /** Clamped to 0 .. 6. */
      RELU6,
      /** Clamped to 0 .. 1. */
      RELU_0_TO_1,
      /** 1 / (1 + exp(-x)). */
      LOGISTIC,
      /** Hyperbolic tangent. */
      TANH,
      /** x * clamp(x + 3, 0, 6) / 6. */
      HARD_SWISH,
      /** exp(x) - 1 below 0. */
      ELU,
      /** alpha * x below 0. */
      LEAKY_RELU,
      /** Second input * x below 0; the second input broadcasts. */
      PRELU,
      /** x * normal distribution(x). */
      GELU
    }

    @Override
    public String label() {
      return function.name();
    }
  }

  /**
   * Softmax over the last dimension.
   *
   * @param beta factor of the exponent
   */
  record Softmax(float beta) implements OpKind {}

  /** Logarithm of softmax over the last dimension. */
  record LogSoftmax() implements OpKind {}

  /**
   * Division by the Euclidean norm over the last dimension.
   *
   * @param activation applied to the result
   */
  record L2Normalization(Activation activation) implements OpKind {}

  /**
   * Reduction. Inputs: x, axes.
   *
   * @param function what is computed
   * @param keepDims whether reduced dimensions stay as 1
   */
  record Reduce(Reduce.Function function, boolean keepDims) implements OpKind {
    /** What is computed. */
    public enum Function {
      /** Mean. */
      MEAN,
      /** Sum. */
      SUM,
      /** Product. */
      PROD,
      /** Largest. */
      MAX,
      /** Smallest. */
      MIN,
      /** Any true. */
      ANY,
      /** All true. */
      ALL
    }

    @Override
    public String label() {
      return function == Reduce.Function.MEAN || function == Reduce.Function.SUM
          ? function.name()
          : "REDUCE_" + function;
    }
  }

  /**
   * Padding. Inputs: x, paddings [rank, 2]; for CONSTANT_VALUE also the value.
   *
   * @param mode what is put there
   */
  record Pad(Pad.Mode mode) implements OpKind {
    /** What is put into the new positions. */
    public enum Mode {
      /** Zero (the zero point, if quantized). */
      ZERO,
      /** The third input. */
      CONSTANT_VALUE,
      /** Mirrored, the edge not repeated. */
      REFLECT,
      /** Mirrored, the edge repeated. */
      SYMMETRIC
    }
  }

  /**
   * Reshape. Inputs: x, optional new shape.
   *
   * @param newShape the shape stored with the op, at most one -1; null if only the second input
   *     says
   */
  record Reshape(List<Integer> newShape) implements OpKind {
    /**
     * Keeps an immutable copy.
     *
     * @param newShape the shape stored with the op, at most one -1; null if only the second input
     *     says
     */
    public Reshape {
      newShape = newShape == null ? null : List.copyOf(newShape);
    }
  }

  /**
   * Concatenation.
   *
   * @param axis along which; negative counts from the end
   * @param activation applied to the result
   */
  record Concat(int axis, Activation activation) implements OpKind {}

  /** Float to integers, or integers to integers of another quantization. */
  record Quantize() implements OpKind {}

  /** Integers or half floats to float. */
  record Dequantize() implements OpKind {}

  /** Dense form of a sparse constant. */
  record Densify() implements OpKind {}

  /**
   * Moves values without computing.
   *
   * @param movement how
   * @param axes dimensions that SQUEEZE removes, else empty
   */
  record Move(Movement movement, List<Integer> axes) implements OpKind {
    /** How values move. */
    public enum Movement {
      /** Inputs: x, permutation. */
      TRANSPOSE,
      /** Inputs: x, axis. */
      EXPAND_DIMS,
      /** Removes dimensions of size 1: those named, or all. */
      SQUEEZE
    }

    /**
     * Keeps an immutable copy.
     *
     * @param movement how
     * @param axes dimensions that SQUEEZE removes, else empty
     */
    public Move {
      axes = List.copyOf(axes);
    }

    @Override
    public String label() {
      return movement.name();
    }
  }

  /**
   * Runs other subgraphs.
   *
   * @param form which
   * @param subgraphs indices: IF then, else; WHILE condition, body; CALL_ONCE, CALL and COMPOSITE
   *     the one
   * @param name name of a composite, else empty
   */
  record Control(Form form, List<Integer> subgraphs, String name) implements OpKind {
    /** Which construct. */
    public enum Form {
      /** Choice by the first input. */
      IF,
      /** Loop. */
      WHILE,
      /** Runs once in the life of a model. */
      CALL_ONCE,
      /** Plain call. */
      CALL,
      /** A named op with a decomposition. */
      COMPOSITE
    }

    /**
     * Keeps an immutable copy.
     *
     * @param form which
     * @param subgraphs indices: IF then, else; WHILE condition, body; CALL_ONCE, CALL and COMPOSITE
     *     the one
     * @param name name of a composite, else empty
     */
    public Control {
      subgraphs = List.copyOf(subgraphs);
    }

    @Override
    public String label() {
      return form.name();
    }
  }

  /**
   * An op this library has no record for; kept as it stands in the file.
   *
   * @param format the file format, "tflite"
   * @param code number of the op there
   * @param name its name there, or of a custom op the custom code
   * @param version its version there
   * @param attributes what the file says about it, as far as the format's tables are known
   */
  record Foreign(String format, int code, String name, int version, Map<String, Object> attributes)
      implements OpKind {
    /**
     * Keeps an immutable copy.
     *
     * @param format the file format, "tflite"
     * @param code number of the op there
     * @param name its name there, or of a custom op the custom code
     * @param version its version there
     * @param attributes what the file says about it, as far as the format's tables are known
     */
    public Foreign {
      attributes = Map.copyOf(attributes);
    }

    /**
     * Returns a whole number among the attributes.
     *
     * @param attribute its name in the format
     * @return the number; of a flag 1 or 0; 0 if it is not there
     */
    public int number(String attribute) {
      Object v = attributes.get(attribute);
      return v instanceof Boolean b ? (b ? 1 : 0) : v instanceof Number n ? n.intValue() : 0;
    }

    @Override
    public String label() {
      return name;
    }
  }
}
