// What TensorFlow Lite's integer LSTM asks for: 8-bit inputs, weights and outputs, 16-bit cells.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.rules;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Subgraph;
import dev.sinter.optimizer.decision.Affine;
import java.util.List;

/**
 * UNIDIRECTIONAL_SEQUENCE_LSTM in integers: weights with one scale each, biases with the scale of
 * input times weights, the output's state as the output, cells of 16 bits whose scale is a power of
 * two, and five tensors that describe values inside the op, of which the kernel reads the last.
 * Layers with a projection, a layer norm or peephole weights stay float.
 */
public final class StaticLstm {
  /** Which input is the state of the outputs. */
  public static final int OUTPUT_STATE = 18;

  /** Which input is the state of the cells. */
  public static final int CELL_STATE = 19;

  private static final int RECURRENT = 5;
  private static final int PEEPHOLE = 9;
  private static final int BIAS = 12;
  private static final int PROJECTION = 16;
  private static final int INPUTS = 20;
  private static final int TANH = 4;

  private StaticLstm() {}

  /**
   * Tells whether an op is a layer of this kind, whatever its form.
   *
   * @param op the op
   * @return true for UNIDIRECTIONAL_SEQUENCE_LSTM
   */
  public static boolean is(Op op) {
    return op.kind() instanceof OpKind.Foreign f && f.name().equals("UNIDIRECTIONAL_SEQUENCE_LSTM");
  }

  /**
   * Returns the weights that a bias stands beside.
   *
   * @param op an op
   * @param slot one of its inputs
   * @return which input holds the weights of the same gate; -1 if this is no bias of such a layer
   */
  public static int weightsOfBias(Op op, int slot) {
    return is(op) && slot >= BIAS && slot < PROJECTION ? slot - BIAS + 1 : -1;
  }

  /**
   * Says what keeps a layer from computing in integers.
   *
   * @param g its subgraph
   * @param op the layer
   * @return the reason; null if there is none
   */
  public static String obstacle(Subgraph g, Op op) {
    if (op.inputs().size() < INPUTS) {
      return "has " + op.inputs().size() + " inputs";
    }
    for (int slot = PEEPHOLE; slot < op.inputs().size(); slot++) {
      boolean extra = slot < BIAS || slot == PROJECTION || slot == PROJECTION + 1 || slot >= INPUTS;
      if (extra && op.hasInput(slot)) {
        return "has peephole weights, a projection or a layer norm, which stay float";
      }
    }
    OpKind.Foreign kind = (OpKind.Foreign) op.kind();
    if (kind.number("fused_activation_function") != TANH) {
      return "has another activation than TANH, the only one that the integer kernel has";
    }
    for (int slot = 1; slot < PROJECTION; slot++) {
      boolean wanted = slot != 1 && slot != RECURRENT && slot != BIAS;
      if (slot >= PEEPHOLE && slot < BIAS) {
        continue;
      }
      int t = op.input(slot);
      if (t < 0 ? wanted : !g.isConstant(t) || g.tensor(t).type() != ElementType.FLOAT32) {
        return "its input " + slot + " is no constant of floats";
      }
    }
    if (g.tensor(op.input(RECURRENT + 3)).shape().rank() != 2) {
      return "its recurrent weights are a diagonal";
    }
    for (int slot : List.of(OUTPUT_STATE, CELL_STATE)) {
      int t = op.input(slot);
      if (t < 0 || !g.tensor(t).isVariable() || g.consumers(t).size() != 1) {
        return "its state is no variable of its own";
      }
    }
    return null;
  }

  /**
   * Chooses the scale of cells: the smallest power of two whose 16 bits hold the range.
   *
   * @param low smallest value seen
   * @param high largest value seen
   * @return 16 bits, zero point 0
   */
  public static Affine cells(double low, double high) {
    double most = Math.max(Math.abs(low), Math.abs(high));
    int power = -15;
    while (power < -9 && most > 32767 * Math.pow(2, power)) {
      power++;
    }
    return new Affine(ElementType.INT16, (float) Math.pow(2, power), 0);
  }
}
