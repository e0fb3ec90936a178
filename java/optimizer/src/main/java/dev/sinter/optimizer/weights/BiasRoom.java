// Weights whose scales leave room for the bias.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.weights;

import java.util.Arrays;

/**
 * A bias is stored in 32 bits, in units of input scale times weight scale. Channels whose weights
 * are tiny beside their bias get a larger weight scale, so that it fits.
 */
public final class BiasRoom {
  /**
   * A bias beyond this many steps of its scale does not fit into int32, sums beside it included.
   */
  private static final double MOST = 1 << 30;

  private BiasRoom() {}

  /**
   * Makes room.
   *
   * @param weights what was rounded
   * @param q the rounded weights, one scale or one per output
   * @param bias one number per output, all finite
   * @param inputScale scale of the layer's input
   * @return {@code q} if all fit; else with larger scales, rows under them rounded anew
   */
  public static QuantizedWeights of(
      FloatMatrix weights, QuantizedWeights q, float[] bias, float inputScale) {
    float[] scales = q.scales().clone();
    for (int o = 0; o < q.outputs(); o++) {
      int s = scales.length == 1 ? 0 : o;
      scales[s] = Math.max(scales[s], (float) (Math.abs(bias[o]) / (inputScale * MOST)));
    }
    if (Arrays.equals(scales, q.scales())) {
      return q;
    }
    QuantizedWeights nearest = MinMaxQuantizer.round(weights, q.spec(), scales, q.zeroPoints());
    byte[] values = q.values().clone();
    for (int o = 0; o < q.outputs(); o++) {
      int s = scales.length == 1 ? 0 : o;
      if (scales[s] != q.scales()[s]) {
        int from = o * q.inputs();
        System.arraycopy(nearest.values(), from, values, from, q.inputs());
      }
    }
    return new QuantizedWeights(q.spec(), q.outputs(), q.inputs(), values, scales, q.zeroPoints());
  }
}
