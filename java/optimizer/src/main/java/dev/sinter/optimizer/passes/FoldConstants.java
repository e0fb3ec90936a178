// Products and sums with constants go into the layer before them.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.passes;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphEditor;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import dev.sinter.optimizer.reconstruct.Layer;
import dev.sinter.optimizer.weights.FloatMatrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Folds batch normalization, which stands in files as a MUL and an ADD (or SUB, DIV) with one
 * constant per channel, into weights and bias of the convolution, depthwise convolution or fully
 * connected layer before it. The layer's result must go nowhere else, it must have no activation,
 * and its weights must be its own.
 */
public final class FoldConstants implements GraphPass {
  /** Makes one. */
  public FoldConstants() {}

  @Override
  public String name() {
    return "fold_batch_norm";
  }

  @Override
  public Result apply(Graph graph) {
    List<String> done = new ArrayList<>();
    Graph g = graph;
    for (Graph next = step(g, done); next != null; next = step(g, done)) {
      g = next;
    }
    return new Result(g, done);
  }

  /** One fold; null if nothing is left to fold. */
  private static Graph step(Graph g, List<String> done) {
    for (Layer layer : Layer.of(g)) {
      Op op = g.ops().get(layer.op());
      int reader = Neighbours.onlyReader(g, op.output(0));
      if (reader < 0
          || Neighbours.activation(op.kind()) != Activation.NONE
          || !Neighbours.isChangeable(g, layer)
          || !(g.ops().get(reader).kind() instanceof OpKind.Binary b)) {
        continue;
      }
      Op after = g.ops().get(reader);
      boolean left = after.input(0) == op.output(0);
      int other = after.input(left ? 1 : 0);
      boolean known =
          switch (b.function()) {
            case ADD, MUL -> true;
            case SUB, DIV -> left;
            default -> false;
          };
      if (!known
          || !Neighbours.isFloatConstant(g, other)
          || !g.tensor(after.output(0)).shape().equals(g.tensor(op.output(0)).shape())) {
        continue;
      }
      float[] each = perChannel(g, other, layer.outputs());
      if (each == null || (b.function() == OpKind.Binary.Function.DIV && hasZero(each))) {
        continue;
      }
      FloatMatrix w = layer.matrix(g);
      float[] bias = layer.bias(g) == null ? new float[layer.outputs()] : layer.bias(g);
      for (int o = 0; o < layer.outputs(); o++) {
        switch (b.function()) {
          case ADD -> bias[o] += each[o];
          case SUB -> bias[o] -= each[o];
          default -> {
            boolean divide = b.function() == OpKind.Binary.Function.DIV;
            for (int i = o * w.inputs(); i < (o + 1) * w.inputs(); i++) {
              w.values()[i] = divide ? w.values()[i] / each[o] : w.values()[i] * each[o];
            }
            bias[o] = divide ? bias[o] / each[o] : bias[o] * each[o];
          }
        }
      }
      GraphEditor editor = g.edit();
      Op folded =
          Neighbours.change(g, editor, layer, op, w, bias)
              .withKind(Neighbours.with(op.kind(), b.activation()))
              .withOutputs(List.of(after.output(0)));
      List<String> origin = new ArrayList<>(g.tensor(op.output(0)).origin());
      origin.addAll(g.tensor(after.output(0)).origin());
      editor.replaceTensor(after.output(0), g.tensor(after.output(0)).withOrigin(origin));
      editor.replaceOp(layer.op(), folded);
      editor.removeOp(reader);
      done.add(
          b.function()
              + " '"
              + g.tensor(after.output(0)).name()
              + "' into "
              + op.kind().label()
              + " '"
              + g.tensor(op.output(0)).name()
              + "'");
      return editor.build();
    }
    return null;
  }

  private static boolean hasZero(float[] values) {
    for (float v : values) {
      if (v == 0) {
        return true;
      }
    }
    return false;
  }

  /** One value per channel of a constant that differs along the last axis only, else null. */
  private static float[] perChannel(Graph g, int tensor, int channels) {
    Shape shape = g.tensor(tensor).shape();
    float[] values = Neighbours.floats(g, tensor);
    if (values.length == 1) {
      float[] all = new float[channels];
      Arrays.fill(all, values[0]);
      return all;
    }
    boolean fits =
        values.length == channels && shape.rank() > 0 && shape.dim(shape.rank() - 1) == channels;
    return fits ? values : null;
  }
}
