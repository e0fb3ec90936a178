// A layer's weights in float, a row per output.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.weights;

/**
 * Weights in float, row-major, a row per output channel. Of a convolution the columns are its
 * window's pixels times its input channels, in the order [y][x][channel]; of a depthwise one they
 * are the window's pixels.
 *
 * @param values outputs * inputs numbers; not copied
 * @param outputs rows
 * @param inputs columns
 */
@SuppressWarnings("ArrayRecordComponent") // large, and shared on purpose
public record FloatMatrix(float[] values, int outputs, int inputs) {
  /**
   * Checks that the numbers fit.
   *
   * @param values outputs * inputs numbers
   * @param outputs rows, at least 1
   * @param inputs columns, at least 1
   */
  public FloatMatrix {
    if (outputs < 1 || inputs < 1 || (long) outputs * inputs != values.length) {
      throw new IllegalArgumentException(
          values.length + " values are no matrix of " + outputs + " x " + inputs);
    }
  }

  /**
   * Returns a weight.
   *
   * @param output its row
   * @param input its column
   * @return the weight
   */
  public float get(int output, int input) {
    return values[output * inputs + input];
  }
}
