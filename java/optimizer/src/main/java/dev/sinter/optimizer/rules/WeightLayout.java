// How an op's weights lie in memory, and as a matrix with a row per output.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.rules;

import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import dev.sinter.optimizer.weights.FloatMatrix;
import dev.sinter.optimizer.weights.WeightSpec;
import java.nio.ByteBuffer;

/**
 * Weights as a matrix [outputs][inputs]. Of most ops that is how they lie: the first axis counts
 * outputs. Of a depthwise convolution [1,h,w,channels], and of the right side of a product that is
 * not stored transposed [..., K, N], outputs are the last axis.
 *
 * @param shape shape of the tensor
 * @param outputs rows of the matrix
 * @param inputs columns of the matrix
 * @param last whether outputs are the last axis of the tensor instead of the first
 */
public record WeightLayout(Shape shape, int outputs, int inputs, boolean last) {
  /**
   * Looks at an op's weights.
   *
   * @param op the op
   * @param shape shape of its weights, of rank 1 at least, with an element at least
   * @return their layout
   */
  public static WeightLayout of(Op op, Shape shape) {
    boolean last = op.kind() instanceof OpKind.Depthwise;
    int outputs = shape.dim(last ? shape.rank() - 1 : 0);
    if (op.kind() instanceof OpKind.BatchMatMul product && shape.rank() >= 2) {
      // Leading dimensions are batches: rows of their own, or columns that are summed apart.
      last = !product.adjointY();
      outputs =
          last
              ? shape.dim(shape.rank() - 1)
              : Math.toIntExact(shape.elements() / shape.dim(shape.rank() - 1));
    }
    return new WeightLayout(
        shape, outputs, Math.toIntExact(shape.elements() / Math.max(1, outputs)), last);
  }

  /**
   * Returns the axis of the tensor along which outputs are counted.
   *
   * @return first or last axis
   */
  public int axis() {
    return last ? shape.rank() - 1 : 0;
  }

  /**
   * Returns where a weight of the matrix lies in the tensor.
   *
   * @param output row
   * @param input column
   * @return index in the order of memory
   */
  public int index(int output, int input) {
    return last ? input * outputs + output : output * inputs + input;
  }

  /**
   * Reads weights.
   *
   * @param values floats in the order of memory
   * @return the matrix
   */
  public FloatMatrix matrix(ByteBuffer values) {
    float[] out = new float[outputs * inputs];
    for (int o = 0; o < outputs; o++) {
      for (int i = 0; i < inputs; i++) {
        out[o * inputs + i] = values.getFloat(4 * index(o, i));
      }
    }
    return new FloatMatrix(out, outputs, inputs);
  }

  /**
   * Puts stored values into the order of memory.
   *
   * @param values one per byte, a row per output
   * @return one per byte, in the order of memory
   */
  public byte[] toMemory(byte[] values) {
    if (!last) {
      return values.clone();
    }
    byte[] out = new byte[values.length];
    for (int o = 0; o < outputs; o++) {
      for (int i = 0; i < inputs; i++) {
        out[index(o, i)] = values[o * inputs + i];
      }
    }
    return out;
  }

  /**
   * Fits a wish to what the op can have: ops without an axis of channels have one scale.
   *
   * @param rule rules of the op
   * @param wanted the wish
   * @return what is possible
   */
  public static WeightSpec possible(OpRule rule, WeightSpec wanted) {
    return rule.axis() < 0 && wanted.granularity() == WeightSpec.Granularity.CHANNEL
        ? new WeightSpec(wanted.bits(), wanted.symmetric(), WeightSpec.Granularity.TENSOR, 0)
        : wanted;
  }
}
