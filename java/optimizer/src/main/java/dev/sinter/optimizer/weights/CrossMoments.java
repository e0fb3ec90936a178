// What a layer's inputs look like before and after the layers in front of it were quantized.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.weights;

/**
 * Sums over pairs of rows: x, which the float model multiplies with a layer's weights, and z, which
 * stands in its place in the model whose earlier layers are quantized already.
 *
 * @param quantized of z
 * @param sums [groups][inputs]: sum of x
 * @param products [groups][inputs][inputs]: sum of x z'; not copied
 */
@SuppressWarnings("ArrayRecordComponent") // Shared on purpose: they may be large.
public record CrossMoments(InputMoments quantized, double[] sums, double[] products) {
  /**
   * Checks sizes.
   *
   * @param quantized of z
   * @param sums [groups][inputs]: sum of x
   * @param products [groups][inputs][inputs]: sum of x z'; not copied
   */
  public CrossMoments {
    if (sums.length != quantized.sums().length || products.length != quantized.products().length) {
      throw new IllegalArgumentException("moments of other sizes than those of quantized inputs");
    }
  }
}
