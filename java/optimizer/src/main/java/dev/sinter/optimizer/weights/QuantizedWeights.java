// Weights as integers with scales.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.weights;

/**
 * Quantized weights: real = (stored - zeroPoint) * scale.
 *
 * @param spec their form
 * @param outputs rows
 * @param inputs columns
 * @param values outputs * inputs stored numbers, one per byte whatever the bits, row-major
 * @param scales one (TENSOR), one per output (CHANNEL), or [output][block of inputs] (BLOCK)
 * @param zeroPoints as many as scales; all 0 if symmetric
 */
@SuppressWarnings("ArrayRecordComponent") // large, and shared on purpose
public record QuantizedWeights(
    WeightSpec spec, int outputs, int inputs, byte[] values, float[] scales, int[] zeroPoints) {
  /**
   * Returns where the scale of a weight stands.
   *
   * @param output row
   * @param input column
   * @return index into scales and zero points
   */
  public int scaleIndex(int output, int input) {
    return switch (spec.granularity()) {
      case TENSOR -> 0;
      case CHANNEL -> output;
      case BLOCK -> output * spec.scalesPerOutput(inputs) + input / spec.block();
    };
  }

  /**
   * Returns the real value of a weight.
   *
   * @param output row
   * @param input column
   * @return the value that kernels compute with
   */
  public float real(int output, int input) {
    int s = scaleIndex(output, input);
    return (values[output * inputs + input] - zeroPoints[s]) * scales[s];
  }
}
