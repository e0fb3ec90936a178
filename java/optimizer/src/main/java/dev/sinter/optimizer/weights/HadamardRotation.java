// Weights turned so that no few of them are much larger than the others.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.weights;

/**
 * Rotation by Hadamard's matrix (Ashkboos et al., QuaRot: Outlier-Free 4-Bit Inference in Rotated
 * LLMs, NeurIPS 2024). With H orthogonal, x W' = (x H) (W H)'; H is made of blocks of the largest
 * power of two that divides a row, each by Sylvester's construction, divided by the root of its
 * size, and symmetric, so that it is its own inverse. Each turned weight is a mean of a whole
 * block, so that outliers are spread over all of it, and one scale suits them better. The turned
 * weights are rounded under {@link Octav}'s scales. Who asks for it turns the layer's input, too.
 */
public class HadamardRotation implements WeightQuantizer {
  /** Its name in recipes. */
  public static final String NAME = "DECOMPOSED_HADAMARD_ROTATION";

  private final Octav octav = new Octav();

  /** Makes one. */
  public HadamardRotation() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean needsInputs() {
    return false;
  }

  /** Rounds weights that {@link #rotate} has turned. */
  @Override
  public QuantizedWeights quantize(FloatMatrix weights, WeightSpec spec, InputMoments inputs) {
    return octav.quantize(weights, spec, inputs);
  }

  /**
   * Returns the size of the blocks that rows are turned by.
   *
   * @param inputs numbers in a row, above 0
   * @param most the largest size allowed
   * @return a power of two that divides a row; 1 if there is nothing to turn
   */
  public static int size(int inputs, int most) {
    int size = Integer.lowestOneBit(inputs);
    return Math.min(size, Integer.highestOneBit(Math.max(1, most)));
  }

  /**
   * Turns rows, block by block.
   *
   * @param values rows side by side, changed in place; their number is a multiple of {@code size}
   * @param size a power of two
   */
  public static void rotate(float[] values, int size) {
    double scale = 1 / Math.sqrt(size);
    double[] block = new double[size];
    for (int from = 0; from < values.length; from += size) {
      for (int i = 0; i < size; i++) {
        block[i] = values[from + i];
      }
      for (int half = 1; half < size; half *= 2) {
        for (int i = 0; i < size; i++) {
          if ((i & half) == 0) {
            double a = block[i];
            double b = block[i + half];
            block[i] = a + b;
            block[i + half] = a - b;
          }
        }
      }
      for (int i = 0; i < size; i++) {
        values[from + i] = (float) (block[i] * scale);
      }
    }
  }

  /**
   * Returns the matrix.
   *
   * @param size a power of two
   * @return [size][size]
   */
  public static float[] matrix(int size) {
    float[] h = new float[size * size];
    for (int i = 0; i < size; i++) {
      h[i * size + i] = 1;
    }
    rotate(h, size);
    return h;
  }
}
