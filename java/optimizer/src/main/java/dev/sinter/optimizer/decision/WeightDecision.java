// What becomes of an op's weights.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.decision;

import dev.sinter.graph.ElementType;
import dev.sinter.optimizer.weights.WeightSpec;
import java.util.Arrays;
import java.util.Objects;

/**
 * How an op's weights are stored.
 *
 * @param input which input of the op they are
 * @param type INT8, INT4 or INT2; FLOAT16 or BFLOAT16 (then there are no scales)
 * @param spec bits and how many weights share a scale; null for floats
 * @param algorithm its name in recipes, such as {@code min_max_uniform_quantize}
 * @param scales in the order of {@link dev.sinter.optimizer.weights.QuantizedWeights}; not copied
 * @param zeroPoints as many
 * @param values stored values, a row per output; null: real / scale, rounded halves to even; not
 *     copied
 */
@SuppressWarnings("ArrayRecordComponent") // large, and shared on purpose
public record WeightDecision(
    int input,
    ElementType type,
    WeightSpec spec,
    String algorithm,
    float[] scales,
    int[] zeroPoints,
    byte[] values) {
  /**
   * Checks that type, form and scales belong together.
   *
   * @param input which input of the op they are
   * @param type INT8, INT4, INT2, FLOAT16 or BFLOAT16
   * @param spec null for floats
   * @param algorithm its name
   * @param scales one per group of weights; empty for floats
   * @param zeroPoints as many
   * @param values stored values or null
   */
  public WeightDecision {
    boolean real = type == ElementType.FLOAT16 || type == ElementType.BFLOAT16;
    int bits =
        switch (type) {
          case INT8 -> 8;
          case INT4 -> 4;
          case INT2 -> 2;
          default -> 0;
        };
    if (real ? spec != null || scales.length > 0 : spec == null || spec.bits() != bits) {
      throw new IllegalArgumentException("weights stored as " + type + " with " + spec);
    }
    if (scales.length != zeroPoints.length) {
      throw new IllegalArgumentException(
          scales.length + " scales with " + zeroPoints.length + " zero points");
    }
  }

  /**
   * Weights as halves of floats.
   *
   * @param input which input of the op they are
   * @param type FLOAT16 or BFLOAT16
   * @return the decision
   */
  public static WeightDecision floats(int input, ElementType type) {
    return new WeightDecision(input, type, null, "float_casting", new float[0], new int[0], null);
  }

  /**
   * Tells whether weights stay floats, of fewer bits.
   *
   * @return true for FLOAT16 and BFLOAT16
   */
  public boolean isFloat() {
    return spec == null;
  }

  /**
   * Returns the type that stores weights of so many bits.
   *
   * @param bits bits of a weight
   * @return the smallest type of TensorFlow Lite that holds them
   */
  public static ElementType typeOf(int bits) {
    return bits <= 2 ? ElementType.INT2 : bits <= 4 ? ElementType.INT4 : ElementType.INT8;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof WeightDecision d
        && input == d.input
        && type == d.type
        && Objects.equals(spec, d.spec)
        && algorithm.equals(d.algorithm)
        && Arrays.equals(scales, d.scales)
        && Arrays.equals(zeroPoints, d.zeroPoints)
        && Arrays.equals(values, d.values);
  }

  @Override
  public int hashCode() {
    return Objects.hash(input, type, spec, algorithm, Arrays.hashCode(scales));
  }
}
