// What of a softmax's input its result depends on.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.calibration;

import dev.sinter.graph.OpKind;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;

/**
 * Values that lie far below the largest of their row come out as 0, how far they ever lie. Masks,
 * such as -10000 for places that do not count, are such values: a range that spans them leaves the
 * scores a step or two of the 255. Where there are masks, nothing is taken for more than a little
 * below the row's largest value: stored, it is cut off there, and comes out as 0 still. Scores
 * without masks stay as they are.
 */
public final class SoftmaxRows {
  /** e^-10 is a hundredth of a step of a result of 8 bits. */
  private static final float DEPTH = 10;

  /** So far below the others no score lies, but masks do. */
  private static final float MASK = 100;

  /** A row whose largest value lies below is masked as a whole; nobody looks at its result. */
  private static final float MASKED = -1000;

  private SoftmaxRows() {}

  /**
   * Returns the length of the rows that a tensor's only readers take it for.
   *
   * @param g its subgraph
   * @param tensor its index
   * @return its last dimension; 0 if others than softmaxes read it
   */
  public static int length(Subgraph g, int tensor) {
    Tensor t = g.tensor(tensor);
    if (g.consumers(tensor).isEmpty() || g.outputs().contains(tensor) || t.shape().rank() < 1) {
      return 0;
    }
    for (int op : g.consumers(tensor)) {
      if (!(g.ops().get(op).kind() instanceof OpKind.Softmax s) || s.beta() != 1) {
        return 0;
      }
    }
    return t.shape().dim(t.shape().rank() - 1);
  }

  /**
   * Brings values up to where they stop to matter.
   *
   * @param values rows side by side, changed in place
   * @param n how many of them count
   * @param length of a row
   */
  public static void lift(float[] values, int n, int length) {
    if (!isMasked(values, n, length)) {
      return;
    }
    for (int from = 0; from + length <= n; from += length) {
      float most = Float.NEGATIVE_INFINITY;
      for (int i = from; i < from + length; i++) {
        if (Float.isNaN(values[i])) {
          return; // to be found by who looks at all values
        }
        most = Math.max(most, values[i]);
      }
      float least = most < MASKED ? 0 : most - DEPTH;
      for (int i = from; i < from + length; i++) {
        values[i] = Math.max(values[i], least);
      }
    }
  }

  private static boolean isMasked(float[] values, int n, int length) {
    for (int from = 0; from + length <= n; from += length) {
      float most = Float.NEGATIVE_INFINITY;
      float least = Float.POSITIVE_INFINITY;
      for (int i = from; i < from + length; i++) {
        most = Math.max(most, values[i]);
        least = Math.min(least, values[i]);
      }
      if (most - least > MASK) {
        return true;
      }
    }
    return false;
  }
}
