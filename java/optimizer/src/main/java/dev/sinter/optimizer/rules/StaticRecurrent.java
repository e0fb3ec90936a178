// Layers with a state that have kernels in integers throughout.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.rules;

import dev.sinter.graph.Op;

/** What {@link StaticLstm} and {@link StaticSvdf} have in common. */
public final class StaticRecurrent {
  private StaticRecurrent() {}

  /**
   * Tells whether an op is such a layer, whatever its form.
   *
   * @param op the op
   * @return true for UNIDIRECTIONAL_SEQUENCE_LSTM and SVDF
   */
  public static boolean is(Op op) {
    return StaticLstm.is(op) || StaticSvdf.is(op);
  }

  /**
   * Tells whether a constant has 16 bits, so that its scale is decided on where those of inputs
   * are.
   *
   * @param op such a layer
   * @param slot one of its inputs
   * @return true for weights of time, of peepholes and of layer norms
   */
  public static boolean isWide(Op op, int slot) {
    return StaticLstm.is(op) ? StaticLstm.isWide(slot) : slot == StaticSvdf.TIME;
  }
}
