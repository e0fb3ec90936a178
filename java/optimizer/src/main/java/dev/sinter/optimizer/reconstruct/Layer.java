// An op with constant float weights, as a matrix.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.reconstruct;

import dev.sinter.graph.Constant;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Tensor;
import dev.sinter.optimizer.weights.FloatMatrix;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A convolution, depthwise convolution, fully connected layer or product with a constant right
 * side, whose weights are stored in float.
 *
 * @param op its index in the main subgraph
 * @param kind what it does
 * @param input tensor of its input
 * @param weights tensor of its weights
 * @param bias tensor of its bias, -1 if it has none
 * @param shape shape of the weights as stored
 * @param groups parts of the input's channels that never meet: 1, or the channels of a depthwise
 *     convolution
 */
public record Layer(
    int op, OpKind kind, int input, int weights, int bias, Shape shape, int groups) {
  /**
   * Finds the layers of a model.
   *
   * @param graph the model
   * @return layers of the main subgraph in the order in which they run
   */
  public static List<Layer> of(Graph graph) {
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < graph.ops().size(); i++) {
      Op op = graph.ops().get(i);
      if (!op.hasInput(0) || !op.hasInput(1)) {
        continue;
      }
      Tensor w = graph.tensor(op.input(1));
      if (!w.isConstant()
          || w.type() != ElementType.FLOAT32
          || w.sparsity() != null
          || w.shape().elements() == 0
          || graph.tensor(op.input(0)).type() != ElementType.FLOAT32
          || graph.tensor(op.input(0)).isConstant()) {
        continue;
      }
      int groups = groups(graph, op, w.shape());
      if (groups > 0) {
        int bias = op.kind() instanceof OpKind.BatchMatMul ? -1 : op.input(2);
        layers.add(new Layer(i, op.kind(), op.input(0), op.input(1), bias, w.shape(), groups));
      }
    }
    return layers;
  }

  /** 0 for ops that are no layers. */
  private static int groups(Graph graph, Op op, Shape w) {
    Shape x = graph.tensor(op.input(0)).shape();
    OpKind kind = op.kind();
    if (kind instanceof OpKind.Conv) {
      return x.rank() == 4 && w.rank() == 4 && x.dim(3) % w.dim(3) == 0 ? x.dim(3) / w.dim(3) : 0;
    }
    if (kind instanceof OpKind.Depthwise) {
      return x.rank() == 4 && w.rank() == 4 && w.dim(3) % x.dim(3) == 0 ? x.dim(3) : 0;
    }
    if (kind instanceof OpKind.FullyConnected f) {
      return w.rank() == 2 && !f.shuffledWeights() ? 1 : 0;
    }
    if (kind instanceof OpKind.BatchMatMul b) {
      return w.rank() >= 2 && w.elements(0, w.rank() - 2) == 1 && !b.adjointX() ? 1 : 0;
    }
    return 0;
  }

  /**
   * Tells whether the weights lie output by output, as the rows of their matrix.
   *
   * @return false for depthwise convolutions and products whose right side is stored as it is
   *     multiplied
   */
  public boolean byRows() {
    return !(kind instanceof OpKind.Depthwise)
        && !(kind instanceof OpKind.BatchMatMul b && !b.adjointY());
  }

  /**
   * Returns the number of outputs.
   *
   * @return rows of the matrix
   */
  public int outputs() {
    return byRows()
        ? shape.dim(kind instanceof OpKind.BatchMatMul ? shape.rank() - 2 : 0)
        : shape.dim(shape.rank() - 1);
  }

  /**
   * Returns the number of weights of an output.
   *
   * @return columns of the matrix
   */
  public int inputs() {
    return Math.toIntExact(shape.elements() / outputs());
  }

  /**
   * Returns the weights of a model that has this layer.
   *
   * @param graph the model
   * @return a copy, a row per output
   */
  public FloatMatrix matrix(Graph graph) {
    ByteBuffer stored = graph.constant(weights).values().order(ByteOrder.LITTLE_ENDIAN);
    int rows = outputs();
    int columns = inputs();
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      int at = byRows() ? i : i % rows * columns + i / rows;
      values[at] = stored.getFloat(stored.position() + 4 * i);
    }
    return new FloatMatrix(values, rows, columns);
  }

  /**
   * Returns the bias of a model that has this layer.
   *
   * @param graph the model
   * @return a copy; null if there is none, or none that is stored in float
   */
  public float[] bias(Graph graph) {
    if (bias < 0
        || !graph.tensor(bias).isConstant()
        || graph.tensor(bias).type() != ElementType.FLOAT32) {
      return null;
    }
    ByteBuffer stored = graph.constant(bias).values().order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[stored.remaining() / 4];
    for (int i = 0; i < values.length; i++) {
      values[i] = stored.getFloat(stored.position() + 4 * i);
    }
    return values;
  }

  /**
   * Brings a matrix into the order of the weights.
   *
   * @param matrix a row per output
   * @return the constant to store
   */
  public Constant constant(FloatMatrix matrix) {
    float[] values = new float[matrix.values().length];
    int rows = outputs();
    int columns = inputs();
    for (int i = 0; i < values.length; i++) {
      values[i] = matrix.values()[byRows() ? i : i % rows * columns + i / rows];
    }
    return floats(values, shape);
  }

  /** A constant of floats. */
  static Constant.Dense floats(float[] values, Shape shape) {
    return GraphBuilder.dense(values, shape.toArray());
  }
}
