// Channels of what a layer gives are divided in its weights.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.passes;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Constant;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphEditor;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Tensor;
import dev.sinter.optimizer.reconstruct.Layer;
import dev.sinter.optimizer.weights.FloatMatrix;

/** What makes a term of a sum, if that can divide it for nothing. */
final class DividedTerms {
  static final String DIVIDED = "/divided";

  private DividedTerms() {}

  /**
   * Divides a term's channels where it is made: in a constant; or, if nobody else reads it, in a
   * convolution or fully connected layer without activation, or in a table that GATHER takes rows
   * of, also behind RESHAPEs that keep the channels.
   *
   * @return the term, under another name; -1 if it cannot be done
   */
  static int fold(Graph g, GraphEditor editor, int term, int[] divisors) {
    if (Neighbours.isFloatConstant(g, term)) {
      Tensor whole = g.tensor(term);
      return editor.addTensor(
          Tensor.of(whole.name() + DIVIDED, ElementType.FLOAT32, whole.shape())
              .withStorage(quotients(g, term, divisors).storage()));
    }
    int producer = g.main().producer(term);
    if (producer < 0 || Neighbours.onlyReader(g, term) < 0) {
      return -1;
    }
    Op op = g.ops().get(producer);
    if (op.kind() instanceof OpKind.Reshape && last(g, op.input(0)) == divisors.length) {
      int before = fold(g, editor, op.input(0), divisors);
      if (before >= 0) {
        rename(g, editor, term);
        return term;
      }
      return -1;
    }
    if (isRows(g, op)) {
      editor.replaceConstant(op.input(0), quotients(g, op.input(0), divisors));
      rename(g, editor, term);
      return term;
    }
    for (Layer layer : Layer.of(g)) {
      if (layer.op() == producer
          && Neighbours.activation(op.kind()) == Activation.NONE
          && layer.outputs() == divisors.length
          && Neighbours.isChangeable(g, layer)
          && (layer.bias() < 0 || g.main().consumers(layer.bias()).size() == 1)) {
        FloatMatrix w = layer.matrix(g);
        for (int i = 0; i < w.values().length; i++) {
          w.values()[i] /= divisors[i / w.inputs()];
        }
        editor.replaceConstant(layer.weights(), layer.constant(w));
        if (layer.bias() >= 0) {
          editor.replaceConstant(layer.bias(), quotients(g, layer.bias(), divisors));
        }
        rename(g, editor, term);
        return term;
      }
    }
    return -1;
  }

  /** Whether an op takes rows of a table that it alone reads. */
  private static boolean isRows(Graph g, Op op) {
    return op.kind() instanceof OpKind.Foreign f
        && f.name().equals("GATHER")
        && Neighbours.isFloatConstant(g, op.input(0))
        && g.tensor(op.input(0)).shape().rank() == 2
        && g.tensor(op.input(0)).sparsity() == null
        && g.main().consumers(op.input(0)).size() == 1
        && f.number("axis") == 0
        && f.number("batch_dims") == 0;
  }

  /** A constant whose channels are divided. */
  private static Constant.Dense quotients(Graph g, int constant, int[] divisors) {
    float[] values = Neighbours.floats(g, constant);
    for (int i = 0; i < values.length; i++) {
      values[i] /= divisors[i % divisors.length];
    }
    return Neighbours.constant(values, g.tensor(constant).shape());
  }

  /** Its values are others now, and tools compare tensors by name. */
  private static void rename(Graph g, GraphEditor editor, int tensor) {
    editor.rename(tensor, g.tensor(tensor).name() + DIVIDED);
  }

  private static int last(Graph g, int tensor) {
    Shape shape = g.tensor(tensor).shape();
    return shape.rank() == 0 ? 0 : shape.dim(shape.rank() - 1);
  }
}
