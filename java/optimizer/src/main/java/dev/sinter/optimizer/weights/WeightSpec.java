// What quantized weights shall look like.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.weights;

/**
 * The form of quantized weights.
 *
 * @param bits 2 to 8
 * @param symmetric zero points are 0; otherwise each scale has a zero point of its own
 * @param granularity how many weights share a scale
 * @param block weights of a row that share a scale if the granularity is {@code BLOCK}; else 0
 */
public record WeightSpec(int bits, boolean symmetric, Granularity granularity, int block) {
  /** How many weights share a scale. */
  public enum Granularity {
    /** All of a layer. */
    TENSOR,
    /** A row: the weights of one output channel. */
    CHANNEL,
    /** {@link WeightSpec#block()} neighbours of a row. */
    BLOCK
  }

  /**
   * Checks the numbers.
   *
   * @param bits 2 to 8
   * @param symmetric whether zero points are 0
   * @param granularity how many weights share a scale
   * @param block neighbours that share a scale, or 0
   */
  public WeightSpec {
    if (bits < 2 || bits > 8) {
      throw new IllegalArgumentException("weights of " + bits + " bits; 2 to 8 are possible");
    }
    if ((granularity == Granularity.BLOCK) != (block > 0)) {
      throw new IllegalArgumentException(
          "a block of " + block + " weights with a granularity of " + granularity);
    }
  }

  /**
   * Returns the largest stored value.
   *
   * @return 2^(bits-1) - 1
   */
  public int most() {
    return (1 << (bits - 1)) - 1;
  }

  /**
   * Returns the smallest stored value. Symmetric weights of 8 bits leave out -128, as TensorFlow
   * Lite's specification asks; of fewer bits every value counts.
   *
   * @return -most() or -most() - 1
   */
  public int least() {
    return symmetric && bits >= 8 ? -most() : -most() - 1;
  }

  /**
   * Returns the scales in a row.
   *
   * @param inputs columns of the matrix
   * @return scales for one output, 1 unless the granularity is {@code BLOCK}
   */
  public int scalesPerOutput(int inputs) {
    return granularity == Granularity.BLOCK ? (inputs + block - 1) / block : 1;
  }
}
