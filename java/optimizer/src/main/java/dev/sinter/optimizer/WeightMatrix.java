// A layer's weights as a matrix of outputs by inputs, with zeros and magnitudes, whatever their
// type.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer;

import dev.sinter.graph.Constant;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Storage;
import dev.sinter.graph.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Weights [outputs][...][inputs] in float, int8 or uint8; changes stay in it until asked for. */
final class WeightMatrix {
  private final Tensor tensor;
  private final ByteBuffer values;
  private final int outputs;
  private final int run;
  private final int inputs;

  private WeightMatrix(Tensor tensor, ByteBuffer values, int run) {
    this.tensor = tensor;
    this.values = values;
    this.outputs = tensor.shape().dim(0);
    this.inputs = Math.toIntExact(tensor.shape().elements() / Math.max(1, outputs));
    this.run = run;
  }

  /**
   * Opens a layer's weights.
   *
   * @return null if their type cannot be pruned here
   */
  static WeightMatrix of(Tensor tensor, ByteBuffer stored) {
    if (tensor.type() != ElementType.FLOAT32
        && tensor.type() != ElementType.INT8
        && tensor.type() != ElementType.UINT8) {
      return null;
    }
    ByteBuffer copy = ByteBuffer.allocate(stored.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    copy.put(stored.duplicate()).flip();
    int rank = tensor.shape().rank();
    return new WeightMatrix(tensor, copy, tensor.shape().dim(rank - 1));
  }

  int outputs() {
    return outputs;
  }

  /** All inputs of an output: taps times channels. */
  int inputs() {
    return inputs;
  }

  /** Inputs that lie side by side: the channels of one tap. Blocks do not go past their end. */
  int run() {
    return run;
  }

  private int zero() {
    Quantization q = tensor.quantization();
    return tensor.type() == ElementType.UINT8 && q.isQuantized()
        ? Math.toIntExact(q.zeroPoint())
        : 0;
  }

  private float scale(int output) {
    Quantization q = tensor.quantization();
    if (!q.isQuantized()) {
      return 1;
    }
    return q.scale(q.count() > 1 ? output : 0);
  }

  /** The absolute real value of a weight. */
  double magnitude(int output, int input) {
    int at = output * inputs + input;
    return switch (tensor.type()) {
      case FLOAT32 -> Math.abs(values.getFloat(4 * at));
      case UINT8 -> Math.abs((values.get(at) & 0xff) - zero()) * (double) scale(output);
      default -> Math.abs(values.get(at)) * (double) scale(output);
    };
  }

  boolean isZero(int output, int input) {
    return magnitude(output, input) == 0;
  }

  void clear(int output, int input) {
    int at = output * inputs + input;
    if (tensor.type() == ElementType.FLOAT32) {
      values.putFloat(4 * at, 0);
    } else {
      values.put(at, (byte) zero());
    }
  }

  /** The share of weights that stand for 0. */
  double sparsity() {
    long zeros = 0;
    for (int o = 0; o < outputs; o++) {
      for (int i = 0; i < inputs; i++) {
        zeros += isZero(o, i) ? 1 : 0;
      }
    }
    return (double) zeros / Math.max(1, (long) outputs * inputs);
  }

  /** The weights as they are now. */
  Constant constant() {
    return tensor.withStorage(Storage.wrap(values.duplicate())).stored();
  }
}
