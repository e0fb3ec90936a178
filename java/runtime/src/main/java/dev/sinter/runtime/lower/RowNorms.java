// Finds normalizations, which files hold as five to ten ops, and lowers each to one.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Normalizations of rows of floats, in the spellings that {@link LayerNorms} and {@link RmsNorms}
 * know.
 */
final class RowNorms {
  private RowNorms() {}

  /**
   * One that was found.
   *
   * @param form how it is computed, as in native/src/kernels/layer_norm/op.h
   * @param x the tensor that is normalized
   * @param gamma what its columns are multiplied by, -1: nothing
   * @param beta what is added to them, -1: nothing
   * @param epsilon added to the variance
   * @param last the op whose output it has
   * @param others the other ops
   */
  record Found(
      int form, int x, int gamma, int beta, float epsilon, int last, List<Integer> others) {}

  static List<Found> find(Part part) {
    List<Found> all = new ArrayList<>();
    for (int i = part.from(); i < part.to(); i++) {
      if (part.graph().ops().get(i).kind() instanceof OpKind.Unary u
          && (u.function() == OpKind.Unary.Function.RSQRT
              || u.function() == OpKind.Unary.Function.SQRT)) {
        Found found = new LayerNorms(part).around(i);
        found = found != null ? found : new RmsNorms(part).around(i);
        if (found != null) {
          all.add(found);
        }
      }
    }
    return all;
  }

  static void lower(Lowering l, Found found) {
    Shape shape = l.shape(found.x());
    int depth = shape.dim(-1);
    Value from = l.value(found.x());
    Value gamma = found.gamma() < 0 ? ones(depth) : l.value(found.gamma());
    Value beta =
        found.beta() < 0 ? Value.literal("none", ByteBuffer.allocate(0)) : l.value(found.beta());
    String f32 = "f32";
    l.add(
        new Step(
                "layer_norm",
                found.last(),
                (found.form() == RmsNorms.RMS ? "RmsNorm " : "LayerNorm ") + shape,
                f32,
                f32,
                f32,
                f32)
            .set("form", found.form())
            .set("rows", depth == 0 ? 0 : Math.toIntExact(shape.elements() / depth))
            .set("depth", depth)
            .set("epsilon", found.epsilon())
            .slot(from)
            .slot(gamma)
            .slot(beta)
            .slot(l.define(l.outputTensor(found.last())))
            .work((double) shape.elements()));
  }

  private static Value ones(int count) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      bytes.putFloat(4 * i, 1f);
    }
    return Value.literal("ones", bytes);
  }
}
