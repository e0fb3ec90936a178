// What becomes of one op.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.decision;

import dev.sinter.graph.ElementType;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What becomes of one op. Ops that no decision speaks of stay float.
 *
 * @param op index in its subgraph
 * @param kind TensorFlow Lite's name of the op, to find out whether a decision suits a graph
 * @param output name of its first output
 * @param mode how it computes
 * @param activations type of inputs and outputs if the mode is STATIC, else null
 * @param inputs inputs that are brought to another quantization than their tensor's, for this op
 *     alone, by position
 * @param weights what becomes of its weights; null if it has none, or they stay
 * @param others what becomes of further weights, such as the matrices of a recurrent layer
 * @param reason why it was decided so: the rule, or why no rule could be followed
 */
public record OpDecision(
    int op,
    String kind,
    String output,
    Mode mode,
    ElementType activations,
    Map<Integer, Affine> inputs,
    WeightDecision weights,
    List<WeightDecision> others,
    String reason) {
  /**
   * Keeps copies.
   *
   * @param op index in its subgraph
   * @param kind TensorFlow Lite's name of the op
   * @param output name of its first output
   * @param mode how it computes
   * @param activations INT8 or INT16 if the mode is STATIC, else null
   * @param inputs quantizations for this op alone
   * @param weights what becomes of its weights, or null
   * @param others what becomes of further weights
   * @param reason why
   */
  public OpDecision {
    others = List.copyOf(others);
    inputs = java.util.Collections.unmodifiableMap(new TreeMap<>(inputs));
    if ((mode == Mode.STATIC) != (activations != null)) {
      throw new IllegalArgumentException(mode + " with activations of type " + activations);
    }
    boolean asks = mode == Mode.DYNAMIC || mode == Mode.WEIGHT_ONLY;
    if (asks && weights == null) {
      throw new IllegalArgumentException(mode + " without weights");
    }
  }

  /**
   * An op that stays as it is.
   *
   * @param op index in its subgraph
   * @param kind TensorFlow Lite's name of the op
   * @param output name of its first output
   * @param reason why
   * @return the decision
   */
  public static OpDecision left(int op, String kind, String output, String reason) {
    return new OpDecision(op, kind, output, Mode.FLOAT, null, Map.of(), null, List.of(), reason);
  }

  /**
   * Replaces what becomes of the weights.
   *
   * @param newWeights the new decision
   * @return a changed copy
   */
  public OpDecision withWeights(WeightDecision newWeights) {
    return new OpDecision(op, kind, output, mode, activations, inputs, newWeights, others, reason);
  }

  /**
   * Finds what becomes of weights.
   *
   * @param input which input they are
   * @return the decision, or null if there is none
   */
  public WeightDecision weights(int input) {
    if (weights != null && weights.input() == input) {
      return weights;
    }
    return others.stream().filter(w -> w.input() == input).findFirst().orElse(null);
  }

  /**
   * Makes it stay float.
   *
   * @param why the reason
   * @return a changed copy
   */
  public OpDecision asFloat(String why) {
    return left(op, kind, output, why);
  }
}
