// What TensorFlow Lite's integer SVDF asks for: 8-bit inputs, features and outputs, 16-bit memory.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.rules;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Subgraph;
import dev.sinter.optimizer.decision.Affine;

/**
 * SVDF in integers: weights of features of 8 bits with one scale, weights of time that use 10 of
 * their 16 bits, so that sums over the memory stay in 32, a memory of 16 bits, and a bias with the
 * scale of memory times weights of time. The kernel has no activation: its RELU is the zero point
 * -128 of the result.
 */
public final class StaticSvdf {
  /** Which input holds the weights of features. */
  public static final int FEATURES = 1;

  /** Which input holds the weights of time. */
  public static final int TIME = 2;

  /** Which input is the bias. */
  public static final int BIAS = 3;

  /** Which input is the memory. */
  public static final int MEMORY = 4;

  private static final int RELU = 1;
  private static final double MOST = 511;

  private StaticSvdf() {}

  /**
   * Tells whether an op is a layer of this kind.
   *
   * @param op the op
   * @return true for SVDF
   */
  public static boolean is(Op op) {
    return op.kind() instanceof OpKind.Foreign f && f.name().equals("SVDF");
  }

  /**
   * Says what keeps a layer from computing in integers.
   *
   * @param g its subgraph
   * @param op the layer
   * @return the reason; null if there is none
   */
  public static String obstacle(Subgraph g, Op op) {
    if (op.inputs().size() != MEMORY + 1) {
      return "has " + op.inputs().size() + " inputs";
    }
    if (((OpKind.Foreign) op.kind()).number("fused_activation_function") != RELU) {
      return "has another activation than RELU, the only one that the integer kernel has; dynamic and weight-only"
          + " recipes take it";
    }
    for (int slot = FEATURES; slot < MEMORY; slot++) {
      int t = op.input(slot);
      if (t < 0 ? slot != BIAS : !g.isConstant(t) || g.tensor(t).type() != ElementType.FLOAT32) {
        return "its input " + slot + " is no constant of floats";
      }
    }
    int memory = op.input(MEMORY);
    if (memory < 0 || !g.tensor(memory).isVariable() || g.consumers(memory).size() != 1) {
      return "its memory is no variable of its own";
    }
    boolean fits =
        g.tensor(op.input(0)).shape().rank() == 2
            && g.tensor(op.input(FEATURES)).shape().rank() == 2
            && g.tensor(op.input(0)).shape().dim(1) == g.tensor(op.input(FEATURES)).shape().dim(1);
    return fits ? null : "its input of shape " + g.tensor(op.input(0)).shape() + " does not fit";
  }

  /**
   * Chooses the scale of the weights of time.
   *
   * @param low smallest of them
   * @param high largest of them
   * @return 16 bits, of which 10 are used
   */
  public static Affine time(double low, double high) {
    double most = Math.max(Math.abs(low), Math.abs(high));
    return Affine.of(ElementType.INT16, 0, most * 32767 / MOST, true);
  }
}
