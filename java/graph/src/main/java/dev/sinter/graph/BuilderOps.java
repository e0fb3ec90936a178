// The ops that can be called on a value under construction.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import dev.sinter.graph.GraphBuilder.Value;

/**
 * Ops of {@link GraphBuilder.Value}. The result has the input's type, and its quantization where
 * the op keeps it.
 */
public abstract class BuilderOps {
  BuilderOps() {}

  abstract GraphBuilder builder();

  abstract Value self();

  private Tensor me() {
    return builder().tensor(self());
  }

  /** An op whose result keeps the quantization of its input. */
  private Value keep(OpKind kind, Value... operands) {
    return builder().op(kind, me().type(), me().quantization(), operands);
  }

  /** An op whose result has a quantization of its own, to be set by the caller. */
  private Value fresh(OpKind kind, Value... operands) {
    return builder().op(kind, me().type(), Quantization.NONE, operands);
  }

  private Value axes(String name, int... values) {
    return builder().int32(name, values, Quantization.NONE, values.length);
  }

  /**
   * Convolves.
   *
   * @param weights [channels out, height, width, channels in / groups]
   * @param bias one per channel out, or null
   * @param stride stride both ways
   * @param padding edges
   * @param activation applied to the result
   * @return the result
   */
  public Value conv2d(
      Value weights, Value bias, int stride, Padding padding, Activation activation) {
    return conv2d(weights, bias, new OpKind.Conv(padding, stride, stride, 1, 1, activation));
  }

  /**
   * Convolves.
   *
   * @param weights [channels out, height, width, channels in / groups]
   * @param bias one per channel out, or null
   * @param kind strides, dilations and the rest
   * @return the result
   */
  public Value conv2d(Value weights, Value bias, OpKind.Conv kind) {
    return fresh(kind, self(), weights, bias);
  }

  /**
   * Convolves each channel on its own.
   *
   * @param weights [1, height, width, channels out]
   * @param bias one per channel out, or null
   * @param stride stride both ways
   * @param padding edges
   * @param activation applied to the result
   * @return the result
   */
  public Value depthwise(
      Value weights, Value bias, int stride, Padding padding, Activation activation) {
    int multiplier = weights.shape().dim(-1) / Math.max(1, me().shape().dim(-1));
    return depthwise(
        weights, bias, new OpKind.Depthwise(padding, stride, stride, 1, 1, multiplier, activation));
  }

  /**
   * Convolves each channel on its own.
   *
   * @param weights [1, height, width, channels out]
   * @param bias one per channel out, or null
   * @param kind strides, dilations and the rest
   * @return the result
   */
  public Value depthwise(Value weights, Value bias, OpKind.Depthwise kind) {
    return fresh(kind, self(), weights, bias);
  }

  /**
   * Multiplies by a matrix.
   *
   * @param weights [units, depth]
   * @param bias one per unit, or null
   * @param activation applied to the result
   * @return the result [batch, units]
   */
  public Value fullyConnected(Value weights, Value bias, Activation activation) {
    return fullyConnected(
        weights, bias, new OpKind.FullyConnected(activation, false, false, false));
  }

  /**
   * Multiplies by a matrix.
   *
   * @param weights [units, depth]
   * @param bias one per unit, or null
   * @param kind all options
   * @return the result
   */
  public Value fullyConnected(Value weights, Value bias, OpKind.FullyConnected kind) {
    return bias == null ? fresh(kind, self(), weights) : fresh(kind, self(), weights, bias);
  }

  /**
   * Multiplies stacks of matrices.
   *
   * @param y the right side
   * @param adjointX whether this is transposed first
   * @param adjointY whether the right side is
   * @return the result
   */
  public Value batchMatMul(Value y, boolean adjointX, boolean adjointY) {
    return fresh(new OpKind.BatchMatMul(adjointX, adjointY, false), self(), y);
  }

  /**
   * Computes element by element; shapes broadcast. Comparisons and logic give BOOL.
   *
   * @param function what is computed
   * @param y the right side
   * @param activation applied to the result
   * @return the result
   */
  public Value binary(OpKind.Binary.Function function, Value y, Activation activation) {
    OpKind.Binary kind = new OpKind.Binary(function, activation);
    return switch (function) {
      case LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, EQUAL, NOT_EQUAL, LOGICAL_AND, LOGICAL_OR ->
          builder().op(kind, ElementType.BOOL, Quantization.NONE, self(), y);
      case MAXIMUM, MINIMUM -> keep(kind, self(), y);
      default -> fresh(kind, self(), y);
    };
  }

  /**
   * Adds; shapes broadcast.
   *
   * @param y the right side
   * @param activation applied to the result
   * @return the result
   */
  public Value add(Value y, Activation activation) {
    return binary(OpKind.Binary.Function.ADD, y, activation);
  }

  /**
   * Computes element by element.
   *
   * @param function what is computed
   * @return the result
   */
  public Value unary(OpKind.Unary.Function function) {
    return fresh(new OpKind.Unary(function), self());
  }

  /**
   * Takes the mean of windows.
   *
   * @param size window height and width
   * @param stride stride both ways
   * @param padding edges
   * @return the result
   */
  public Value averagePool(int size, int stride, Padding padding) {
    return pool(
        new OpKind.Pool(
            OpKind.Pool.Mode.AVERAGE, padding, stride, stride, size, size, Activation.NONE));
  }

  /**
   * Takes the largest of windows.
   *
   * @param size window height and width
   * @param stride stride both ways
   * @param padding edges
   * @return the result
   */
  public Value maxPool(int size, int stride, Padding padding) {
    return pool(
        new OpKind.Pool(
            OpKind.Pool.Mode.MAX, padding, stride, stride, size, size, Activation.NONE));
  }

  /**
   * Pools.
   *
   * @param kind all options
   * @return the result
   */
  public Value pool(OpKind.Pool kind) {
    return keep(kind, self());
  }

  /**
   * Takes the mean.
   *
   * @param keepDims whether the dimensions stay as 1
   * @param axes over which dimensions
   * @return the result, with the input's quantization unless another is set
   */
  public Value mean(boolean keepDims, int... axes) {
    return reduce(OpKind.Reduce.Function.MEAN, keepDims, axes);
  }

  /**
   * Reduces.
   *
   * @param function how
   * @param keepDims whether the dimensions stay as 1
   * @param axes over which dimensions
   * @return the result, with the input's quantization unless another is set
   */
  public Value reduce(OpKind.Reduce.Function function, boolean keepDims, int... axes) {
    return keep(new OpKind.Reduce(function, keepDims), self(), axes("axes", axes));
  }

  /**
   * Applies softmax with factor 1 over the last dimension.
   *
   * @return the result; if int8, with scale 1/256 and zero point -128
   */
  public Value softmax() {
    return softmax(1);
  }

  /**
   * Applies softmax over the last dimension.
   *
   * @param beta factor of the exponent
   * @return the result; if int8, with scale 1/256 and zero point -128
   */
  public Value softmax(float beta) {
    return builder().op(new OpKind.Softmax(beta), me().type(), unit(), self());
  }

  /** Quantization of results between 0 and 1. */
  private Quantization unit() {
    return switch (me().type()) {
      case INT8 -> Quantization.perTensor(1 / 256f, -128);
      case UINT8 -> Quantization.perTensor(1 / 256f, 0);
      case INT16 -> Quantization.perTensor(1 / 32768f, 0);
      default -> Quantization.NONE;
    };
  }

  /**
   * Applies an activation without parameters.
   *
   * @param function which
   * @return the result; RELU and its clamped forms keep the quantization, LOGISTIC and TANH have
   *     the fixed ones
   */
  public Value activate(OpKind.Activate.Function function) {
    OpKind.Activate kind = new OpKind.Activate(function, 0, false);
    switch (function) {
      case RELU, RELU6, RELU_N1_TO_1, RELU_0_TO_1 -> {
        return keep(kind, self());
      }
      case LOGISTIC -> {
        return builder().op(kind, me().type(), unit(), self());
      }
      case TANH -> {
        Quantization q =
            me().type() == ElementType.INT8 ? Quantization.perTensor(1 / 128f, 0) : unit();
        return builder().op(kind, me().type(), q, self());
      }
      default -> {
        return fresh(kind, self());
      }
    }
  }

  /**
   * Clamps below at 0.
   *
   * @return the result
   */
  public Value relu() {
    return activate(OpKind.Activate.Function.RELU);
  }

  /**
   * Clamps to 0 .. 6.
   *
   * @return the result
   */
  public Value relu6() {
    return activate(OpKind.Activate.Function.RELU6);
  }

  /**
   * Multiplies what is negative.
   *
   * @param alpha by what
   * @return the result
   */
  public Value leakyRelu(float alpha) {
    return fresh(new OpKind.Activate(OpKind.Activate.Function.LEAKY_RELU, alpha, false), self());
  }

  /**
   * Multiplies what is negative by learned slopes.
   *
   * @param slopes they spread over the input
   * @return the result
   */
  public Value prelu(Value slopes) {
    return fresh(new OpKind.Activate(OpKind.Activate.Function.PRELU, 0, false), self(), slopes);
  }

  /**
   * Applies GELU.
   *
   * @param approximate whether with tanh
   * @return the result
   */
  public Value gelu(boolean approximate) {
    return fresh(new OpKind.Activate(OpKind.Activate.Function.GELU, 0, approximate), self());
  }

  /**
   * Pads with zeros (the zero point).
   *
   * @param paddings before and after, for each dimension
   * @return the result
   */
  public Value pad(int... paddings) {
    return pad(OpKind.Pad.Mode.ZERO, paddings);
  }

  /**
   * Pads.
   *
   * @param mode with what; not CONSTANT_VALUE, which takes another input, see {@link
   *     GraphBuilder#op}
   * @param paddings before and after, for each dimension
   * @return the result
   */
  public Value pad(OpKind.Pad.Mode mode, int... paddings) {
    Value p = builder().int32("paddings", paddings, Quantization.NONE, paddings.length / 2, 2);
    return keep(new OpKind.Pad(mode), self(), p);
  }

  /**
   * Pads with a value.
   *
   * @param value a scalar of the same type and quantization
   * @param paddings before and after, for each dimension
   * @return the result
   */
  public Value padWith(Value value, int... paddings) {
    Value p = builder().int32("paddings", paddings, Quantization.NONE, paddings.length / 2, 2);
    return keep(new OpKind.Pad(OpKind.Pad.Mode.CONSTANT_VALUE), self(), p, value);
  }

  /**
   * Gives the values another shape.
   *
   * @param dims the new shape, at most one -1
   * @return the result
   */
  public Value reshape(int... dims) {
    java.util.List<Integer> list = java.util.Arrays.stream(dims).boxed().toList();
    return keep(new OpKind.Reshape(list), self(), axes("new_shape", dims));
  }

  /**
   * Removes dimensions of size 1.
   *
   * @param axes which; none for all
   * @return the result
   */
  public Value squeeze(int... axes) {
    java.util.List<Integer> list = java.util.Arrays.stream(axes).boxed().toList();
    return keep(new OpKind.Move(OpKind.Move.Movement.SQUEEZE, list), self());
  }

  /**
   * Adds a dimension of size 1.
   *
   * @param axis its place
   * @return the result
   */
  public Value expandDims(int axis) {
    Value a = builder().int32("axis", new int[] {axis}, Quantization.NONE);
    return keep(new OpKind.Move(OpKind.Move.Movement.EXPAND_DIMS, java.util.List.of()), self(), a);
  }

  /**
   * Permutes the dimensions.
   *
   * @param permutation which dimension of the input comes at each place
   * @return the result
   */
  public Value transpose(int... permutation) {
    OpKind kind = new OpKind.Move(OpKind.Move.Movement.TRANSPOSE, java.util.List.of());
    return keep(kind, self(), axes("permutation", permutation));
  }

  /**
   * Joins this and others.
   *
   * @param axis along which dimension
   * @param others what follows
   * @return the result, with this value's quantization unless another is set
   */
  public Value concat(int axis, Value... others) {
    Value[] all = new Value[others.length + 1];
    all[0] = self();
    System.arraycopy(others, 0, all, 1, others.length);
    return keep(new OpKind.Concat(axis, Activation.NONE), all);
  }

  /**
   * Quantizes, or changes the quantization.
   *
   * @param type integer type
   * @param scale the scale
   * @param zeroPoint the stored number that stands for 0
   * @return the result
   */
  public Value quantize(ElementType type, float scale, int zeroPoint) {
    return builder()
        .op(new OpKind.Quantize(), type, Quantization.perTensor(scale, zeroPoint), self());
  }

  /**
   * Makes floats of integers or half floats.
   *
   * @return the result
   */
  public Value dequantize() {
    return builder().op(new OpKind.Dequantize(), ElementType.FLOAT32, Quantization.NONE, self());
  }

  /**
   * Gives a sparse constant its dense form.
   *
   * @return the result
   */
  public Value densify() {
    return keep(new OpKind.Densify(), self());
  }
}
