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
import dev.sinter.optimizer.rules.WeightLayout;
import dev.sinter.optimizer.weights.FloatMatrix;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A convolution, depthwise convolution, fully connected layer or product with a constant side,
 * whose weights are stored in float.
 *
 * @param op its index in the main subgraph
 * @param kind what it does
 * @param input tensor of its input
 * @param weights tensor of its weights
 * @param bias tensor of its bias, -1 if it has none
 * @param shape shape of the weights as stored
 * @param groups parts of the weights that never meet the same inputs: 1, the channels of a
 *     depthwise convolution, or the matrices of a product
 * @param left whether the weights are the left side of a product
 */
public record Layer(
    int op, OpKind kind, int input, int weights, int bias, Shape shape, int groups, boolean left) {
  /** What is known about a layer's inputs takes at most so many numbers. */
  private static final long MOST_MOMENTS = 1L << 27;

  /**
   * Finds the layers whose weights meet the last dimension of their input.
   *
   * @param graph the model
   * @return layers of the main subgraph in the order in which they run
   */
  public static List<Layer> of(Graph graph) {
    return all(graph).stream()
        .filter(l -> !(l.kind instanceof OpKind.BatchMatMul) || (l.groups == 1 && !l.byColumns()))
        .toList();
  }

  /**
   * Finds all layers: also products of several constant matrices, and of those whose other side
   * meets them by its columns.
   *
   * @param graph the model
   * @return layers of the main subgraph in the order in which they run
   */
  public static List<Layer> all(Graph graph) {
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < graph.ops().size(); i++) {
      Op op = graph.ops().get(i);
      if (!op.hasInput(0) || !op.hasInput(1)) {
        continue;
      }
      boolean left = op.kind() instanceof OpKind.BatchMatMul && isFloat(graph, op.input(0), true);
      int weights = op.input(left ? 0 : 1);
      int input = op.input(left ? 1 : 0);
      Tensor w = graph.tensor(weights);
      if (!isFloat(graph, weights, true)
          || w.sparsity() != null
          || w.shape().elements() == 0
          || !isFloat(graph, input, false)) {
        continue;
      }
      int groups = groups(op.kind(), graph.tensor(input).shape(), w.shape(), left);
      if (groups > 0) {
        int bias = op.kind() instanceof OpKind.BatchMatMul ? -1 : op.input(2);
        layers.add(new Layer(i, op.kind(), input, weights, bias, w.shape(), groups, left));
      }
    }
    return layers;
  }

  private static boolean isFloat(Graph graph, int tensor, boolean constant) {
    return graph.tensor(tensor).isConstant() == constant
        && graph.tensor(tensor).type() == ElementType.FLOAT32;
  }

  /** 0 for ops that are no layers. */
  private static int groups(OpKind kind, Shape x, Shape w, boolean left) {
    if (kind instanceof OpKind.Conv) {
      return x.rank() == 4 && w.rank() == 4 && x.dim(3) % w.dim(3) == 0 ? x.dim(3) / w.dim(3) : 0;
    }
    if (kind instanceof OpKind.Depthwise) {
      return x.rank() == 4 && w.rank() == 4 && w.dim(3) % x.dim(3) == 0 ? x.dim(3) : 0;
    }
    if (kind instanceof OpKind.FullyConnected f) {
      return w.rank() == 2 && !f.shuffledWeights() ? 1 : 0;
    }
    if (kind instanceof OpKind.BatchMatMul && meet(x, w)) {
      WeightLayout layout = WeightLayout.of(kind, left ? 0 : 1, w);
      long moments = (long) layout.matrices() * layout.inputs() * layout.inputs();
      return moments <= MOST_MOMENTS ? layout.matrices() : 0;
    }
    return 0;
  }

  private static boolean meet(Shape x, Shape w) {
    if (x.rank() < 2 || w.rank() < 2) {
      return false;
    }
    for (int d = 3; d <= Math.min(x.rank(), w.rank()); d++) {
      int a = x.dim(x.rank() - d);
      int b = w.dim(w.rank() - d);
      if (a < 1 || (a != b && a != 1 && b != 1)) {
        return false;
      }
    }
    return true;
  }

  /** How many matrices a product has along a dimension of its result. */
  int outer(Shape x, int d) {
    int rank = Math.max(x.rank(), shape.rank());
    int a = d - rank + x.rank();
    int b = d - rank + shape.rank();
    return Math.max(a < 0 ? 1 : x.dim(a), b < 0 ? 1 : shape.dim(b));
  }

  /** How many matrices a product has. */
  int outer(Shape x) {
    int count = 1;
    for (int d = 0; d < Math.max(x.rank(), shape.rank()) - 2; d++) {
      count = Math.multiplyExact(count, outer(x, d));
    }
    return count;
  }

  /**
   * Tells whether what the weights are multiplied with are columns of the input, not rows.
   *
   * @return true for products whose other side lies that way
   */
  public boolean byColumns() {
    return kind instanceof OpKind.BatchMatMul b && (left ? !b.adjointY() : b.adjointX());
  }

  private WeightLayout layout() {
    return WeightLayout.of(kind, left ? 0 : 1, shape);
  }

  /**
   * Returns the number of outputs.
   *
   * @return rows of the matrix
   */
  public int outputs() {
    return layout().outputs();
  }

  /**
   * Returns the number of weights of an output.
   *
   * @return columns of the matrix
   */
  public int inputs() {
    return layout().inputs();
  }

  /**
   * Returns the weights of a model that has this layer.
   *
   * @param graph the model
   * @return a copy, a row per output
   */
  public FloatMatrix matrix(Graph graph) {
    return layout().matrix(graph.constant(weights).values());
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
    WeightLayout layout = layout();
    float[] values = new float[matrix.values().length];
    for (int o = 0; o < layout.outputs(); o++) {
      for (int i = 0; i < layout.inputs(); i++) {
        values[layout.index(o, i)] = matrix.get(o, i);
      }
    }
    return floats(values, shape);
  }

  /** A constant of floats. */
  static Constant.Dense floats(float[] values, Shape shape) {
    return GraphBuilder.dense(values, shape.toArray());
  }
}
