// Finds the factor and the shift of a layer norm that stands as single ops.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.passes;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Graph;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.OpKind.Binary.Function;

/**
 * Two forms: ADD(MUL(n, factor), shift), and TensorFlow's ADD(MUL(x, p), SUB(shift, MUL(mean, p)))
 * with p = MUL(r, factor).
 */
final class LayerNorms {
  private LayerNorms() {}

  /**
   * Constants that, divided channel by channel, divide the result of an op.
   *
   * @return their tensors, each used nowhere else; null if this is no such op
   */
  static int[] constants(Graph g, int op, int channels) {
    Op add = g.ops().get(op);
    if (!is(add, Function.ADD)) {
      return null;
    }
    for (int side = 0; side < 2; side++) {
      Op product = producer(g, add.input(side), Function.MUL);
      if (product == null) {
        continue;
      }
      int other = add.input(1 - side);
      if (isChannels(g, other, channels)) {
        int factor = channelInput(g, product, channels);
        if (factor >= 0) {
          return new int[] {factor, other};
        }
      }
      int[] found = written(g, product, producer(g, other, Function.SUB), channels);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  private static int[] written(Graph g, Op product, Op sub, int channels) {
    if (sub == null || !isChannels(g, sub.input(0), channels)) {
      return null;
    }
    Op mean = producer(g, sub.input(1), Function.MUL);
    if (mean == null) {
      return null;
    }
    for (int p : product.inputs()) {
      int q = g.main().producer(p);
      if (!mean.inputs().contains(p) || q < 0 || !is(g.ops().get(q), Function.MUL)) {
        continue;
      }
      int factor = channelInput(g, g.ops().get(q), channels);
      if (factor >= 0 && g.main().consumers(p).size() == 2 && !g.outputs().contains(p)) {
        return new int[] {factor, sub.input(0)};
      }
    }
    return null;
  }

  private static boolean is(Op op, Function function) {
    return op.kind() instanceof OpKind.Binary b
        && b.function() == function
        && b.activation() == Activation.NONE;
  }

  /** The op that makes a tensor for one reader alone. */
  private static Op producer(Graph g, int tensor, Function function) {
    int p = g.main().producer(tensor);
    if (p < 0 || Neighbours.onlyReader(g, tensor) < 0 || !is(g.ops().get(p), function)) {
      return null;
    }
    return g.ops().get(p);
  }

  private static int channelInput(Graph g, Op op, int channels) {
    for (int t : op.inputs()) {
      if (isChannels(g, t, channels)) {
        return t;
      }
    }
    return -1;
  }

  private static boolean isChannels(Graph g, int tensor, int channels) {
    return g.tensor(tensor).isConstant()
        && Neighbours.isFloatConstant(g, tensor)
        && g.tensor(tensor).shape().elements() == channels
        && g.tensor(tensor).shape().rank() > 0
        && g.tensor(tensor).shape().dim(g.tensor(tensor).shape().rank() - 1) == channels
        && g.main().consumers(tensor).size() == 1
        && !g.outputs().contains(tensor);
  }
}
