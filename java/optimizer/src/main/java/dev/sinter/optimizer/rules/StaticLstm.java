// What TensorFlow Lite's integer LSTM asks for: 8-bit inputs, weights and outputs, 16-bit cells.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.rules;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Subgraph;
import dev.sinter.optimizer.decision.Affine;
import java.util.ArrayList;
import java.util.List;

/**
 * UNIDIRECTIONAL_SEQUENCE_LSTM in integers: weights with one scale each, biases with the scale of
 * input times weights, the output's state as the output, cells of 16 bits whose scale is a power of
 * two, peephole weights and those of layer norms of 16 bits, and five tensors that describe values
 * inside the op: of layers with layer norms the four gates before their norms, of those with a
 * projection what is projected.
 */
public final class StaticLstm {
  /** Which input is the state of the outputs. */
  public static final int OUTPUT_STATE = 18;

  /** Which input is the state of the cells. */
  public static final int CELL_STATE = 19;

  /**
   * The five values inside follow the inputs where decisions speak of positions: the gates (input,
   * forget, cell, output), and what is projected.
   */
  public static final int INSIDE = 24;

  /** How many values inside there are. */
  public static final int COUNT_INSIDE = 5;

  /** Which of the values inside is what is projected. */
  public static final int HIDDEN = 4;

  /** First input of the layer norms. */
  public static final int NORM = 20;

  /** Input of a projection's weights; its bias follows. */
  public static final int PROJECTION = 16;

  /** First input of the biases of the gates. */
  public static final int BIAS = 12;

  /** First input of the peephole weights. */
  public static final int PEEPHOLE = 9;

  private static final int RECURRENT = 5;
  private static final int TANH = 4;
  private static final List<String> NAMES =
      List.of("input_gate", "forget_gate", "cell_gate", "output_gate", "hidden");

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
   * Tells whether a layer has layer norms.
   *
   * @param op the layer
   * @return true if their weights are there
   */
  public static boolean hasNorm(Op op) {
    return op.hasInput(NORM + 1);
  }

  /**
   * Tells whether a layer projects its outputs.
   *
   * @param op the layer
   * @return true if the weights are there
   */
  public static boolean hasProjection(Op op) {
    return op.hasInput(PROJECTION);
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
   * Tells whether a constant of a layer has 16 bits.
   *
   * @param slot the input
   * @return true for peephole weights and those of layer norms
   */
  public static boolean isWide(int slot) {
    return (slot >= PEEPHOLE && slot < BIAS) || (slot >= NORM && slot < INSIDE);
  }

  /**
   * Numbers a value inside a layer, which no tensor shows, where calibration numbers tensors.
   *
   * @param g the layer's subgraph
   * @param op index of the layer
   * @param which of the values inside
   * @return a number above those of all tensors
   */
  public static int inside(Subgraph g, int op, int which) {
    return g.tensors().size() + COUNT_INSIDE * op + which;
  }

  /**
   * Names a value inside a layer, or a tensor.
   *
   * @param g the subgraph
   * @param number of the tensor, or of {@link #inside}
   * @return its name
   */
  public static String name(Subgraph g, int number) {
    int at = number - g.tensors().size();
    return at < 0
        ? g.tensor(number).name()
        : g.tensor(g.ops().get(at / COUNT_INSIDE).output(0)).name()
            + "/"
            + NAMES.get(at % COUNT_INSIDE);
  }

  /**
   * Returns the values of a layer that calibration must see beside what goes in and comes out.
   *
   * @param g its subgraph
   * @param index its index
   * @return numbers of the cells' state and of {@link #inside}
   */
  public static List<Integer> observed(Subgraph g, int index) {
    Op op = g.ops().get(index);
    List<Integer> out = new ArrayList<>(List.of(op.input(CELL_STATE)));
    for (int gate = 0; gate < 4 && hasNorm(op); gate++) {
      if (op.hasInput(1 + gate)) {
        out.add(inside(g, index, gate));
      }
    }
    if (hasProjection(op)) {
      out.add(inside(g, index, HIDDEN));
    }
    return out;
  }

  /**
   * Says what keeps a layer from computing in integers.
   *
   * @param g its subgraph
   * @param op the layer
   * @return the reason; null if there is none
   */
  public static String obstacle(Subgraph g, Op op) {
    int count = op.inputs().size();
    if (count != NORM && count != INSIDE) {
      return "has " + count + " inputs";
    }
    OpKind.Foreign kind = (OpKind.Foreign) op.kind();
    if (kind.number("fused_activation_function") != TANH) {
      return "has another activation than TANH, the only one that the integer kernel has";
    }
    boolean cifg = !op.hasInput(1);
    boolean peephole = op.hasInput(PEEPHOLE + 2);
    for (int slot = 1; slot < count; slot++) {
      if (slot == OUTPUT_STATE || slot == CELL_STATE) {
        continue;
      }
      boolean ofInput =
          slot == 1 || slot == RECURRENT || slot == PEEPHOLE || slot == BIAS || slot == NORM;
      boolean wanted =
          !(cifg && ofInput)
              && (slot < PEEPHOLE
                  || (slot < BIAS && peephole)
                  || (slot >= BIAS && slot < PROJECTION)
                  || (slot >= NORM && hasNorm(op)));
      int t = op.input(slot);
      if (t < 0 ? wanted : !g.isConstant(t) || g.tensor(t).type() != ElementType.FLOAT32) {
        return "its input " + slot + " is no constant of floats";
      }
    }
    if (g.tensor(op.input(RECURRENT + 3)).shape().rank() != 2) {
      return "its recurrent weights are a diagonal";
    }
    int outputs = g.tensor(op.input(RECURRENT + 3)).shape().dim(1);
    int cells = g.tensor(op.input(RECURRENT + 3)).shape().dim(0);
    if (peephole && outputs != cells) {
      return "has peephole weights and a projection to "
          + outputs
          + " outputs of "
          + cells
          + " cells, of whose peephole weights TensorFlow Lite 2.21's integer kernel reads as many as there are"
          + " outputs; dynamic and weight-only recipes take it";
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
