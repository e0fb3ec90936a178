// What a file may say about quantization: the rules that TFLite keeps when it loads a model.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.Graph;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;

/**
 * Checked when a graph is loaded to be run, not when it is read: a file that breaks the rules can
 * still be looked at and repaired.
 */
final class QuantizationRules {
  private QuantizationRules() {}

  /**
   * Refuses a graph that TFLite refuses for its quantization parameters.
   *
   * @throws SinterException naming the tensor and what is wrong with it
   */
  static void check(Graph graph) {
    for (Subgraph g : graph.subgraphs()) {
      for (Tensor t : g.tensors()) {
        String wrong = wrong(t);
        if (wrong != null) {
          throw new SinterException(
              Status.INVALID_MODEL,
              graph.name()
                  + ": the quantization of tensor "
                  + t
                  + " is not valid: "
                  + wrong
                  + "; convert the model again, or correct the tensor (Graph.edit)");
        }
      }
    }
  }

  private static String wrong(Tensor t) {
    Quantization q = t.quantization();
    boolean elsewhere =
        q.details() instanceof Quantization.Blockwise
            || q.details() instanceof Quantization.MultiAxis;
    if (elsewhere || q.count() == 0) {
      return null;
    }
    int zeroPoints = q.zeroPoints().length;
    if (zeroPoints != q.count()) {
      return q.count() + " scales but " + zeroPoints + " zero points";
    }
    int rank = t.shape().rank();
    if (q.axis() < 0 || (rank > 0 && q.axis() >= rank)) {
      return "its axis is " + q.axis() + ", but the tensor has " + rank + " dimensions";
    }
    if (q.count() != 1 && rank > 0 && q.count() != t.shape().dim(q.axis())) {
      return q.count()
          + " scales for "
          + t.shape().dim(q.axis())
          + " slices along axis "
          + q.axis();
    }
    return null;
  }
}
