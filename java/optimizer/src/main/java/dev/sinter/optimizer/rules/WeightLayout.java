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
 * outputs. Of a depthwise convolution [1,h,w,channels], of the right side of a product that is not
 * stored transposed [..., K, N], and of a left side that is, outputs are the last axis. Matrices of
 * products lie one after the other: rows of the second follow those of the first.
 *
 * @param shape shape of the tensor
 * @param outputs rows of the matrix
 * @param inputs columns of the matrix
 * @param last whether outputs are the last axis of the tensor instead of the first
 * @param matrices how many lie one after the other, 1 but for products
 */
public record WeightLayout(Shape shape, int outputs, int inputs, boolean last, int matrices) {
  /**
   * Looks at an op's weights.
   *
   * @param op the op
   * @param slot which of its inputs they are
   * @param shape their shape, of rank 1 at least, with an element at least
   * @return their layout
   */
  public static WeightLayout of(Op op, int slot, Shape shape) {
    return of(op.kind(), slot, shape);
  }

  /**
   * Looks at the weights of a kind of op.
   *
   * @param kind what it does
   * @param slot which of its inputs they are
   * @param shape their shape, of rank 1 at least, with an element at least
   * @return their layout
   */
  public static WeightLayout of(OpKind kind, int slot, Shape shape) {
    int rank = shape.rank();
    boolean last = kind instanceof OpKind.Depthwise;
    int matrices = 1;
    int first = 0;
    if (kind instanceof OpKind.BatchMatMul product && rank >= 2) {
      last = slot == 0 ? product.adjointX() : !product.adjointY();
      first = rank - 2;
      matrices = Math.toIntExact(shape.elements(0, first));
    }
    int each = shape.dim(last ? rank - 1 : first);
    int outputs = Math.multiplyExact(matrices, each);
    return new WeightLayout(
        shape, outputs, Math.toIntExact(shape.elements() / Math.max(1, outputs)), last, matrices);
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
    if (!last) {
      return output * inputs + input;
    }
    int each = outputs / matrices;
    return (output / each * inputs + input) * each + output % each;
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
