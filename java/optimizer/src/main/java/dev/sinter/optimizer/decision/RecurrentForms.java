// In which units biases of recurrent layers count.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.decision;

import dev.sinter.graph.GraphException;
import dev.sinter.graph.Op;
import dev.sinter.graph.Subgraph;
import dev.sinter.optimizer.rules.StaticLstm;
import dev.sinter.optimizer.rules.StaticSvdf;

/** Biases of layers that keep a state, in integers. */
public final class RecurrentForms {
  /** Layer norms are computed in units of 2^-10. */
  private static final float NORM_UNIT = 1f / 1024;

  private RecurrentForms() {}

  /**
   * Finds the unit of a bias.
   *
   * @param g the layer's subgraph
   * @param op the layer
   * @param d what was decided on it
   * @param slot one of its inputs
   * @param input scale of what goes in
   * @return two scales whose product is the unit; null if the input is no bias of such a layer
   * @throws GraphException if the decision does not say what the unit hangs on
   */
  public static float[] biasUnit(Subgraph g, Op op, OpDecision d, int slot, Affine input) {
    if (StaticSvdf.is(op) && slot == StaticSvdf.BIAS) {
      return new float[] {
        scale(g, d, StaticSvdf.MEMORY).scale(), scale(g, d, StaticSvdf.TIME).scale()
      };
    }
    if (StaticLstm.is(op) && slot == StaticLstm.PROJECTION + 1) {
      float hidden = scale(g, d, StaticLstm.INSIDE + StaticLstm.HIDDEN).scale();
      return new float[] {hidden, weights(g, d, StaticLstm.PROJECTION)};
    }
    int gate = StaticLstm.weightsOfBias(op, slot);
    if (gate < 0) {
      return null;
    }
    return StaticLstm.hasNorm(op)
        ? new float[] {scale(g, d, StaticLstm.NORM + gate - 1).scale(), NORM_UNIT}
        : new float[] {input.scale(), weights(g, d, gate)};
  }

  private static Affine scale(Subgraph g, OpDecision d, int slot) {
    Affine a = d.inputs().get(slot);
    if (a == null) {
      throw new GraphException("nothing is decided on input " + slot + " of " + g.describe(d.op()));
    }
    return a;
  }

  private static float weights(Subgraph g, OpDecision d, int slot) {
    if (d.weights(slot) == null || d.weights(slot).scales().length == 0) {
      throw new GraphException(
          "nothing is decided on weights " + slot + " of " + g.describe(d.op()));
    }
    return d.weights(slot).scales()[0];
  }
}
