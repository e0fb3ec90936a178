// Which scales a file can hold.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.weights;

import dev.sinter.graph.HalfFloat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Scales by tensor and channel are floats. Those by block are stored in half precision, of which
 * TensorFlow Lite's delegate uses the bits that bfloat16 has: only numbers that are exact in both
 * mean the same to everybody.
 */
public final class BlockScales {
  private static final float LEAST =
      0x1p-17f; // 8 significant bits of it are exact in half precision

  private BlockScales() {}

  /**
   * Makes a scale storable.
   *
   * @param spec form of the weights
   * @param wanted the scale that would be best; 0 where all weights are 0
   * @return a scale above 0 close to it: of blocks rounded to 8 significant bits, at least 2^-17
   */
  public static float storable(WeightSpec spec, double wanted) {
    if (wanted <= 0) {
      return 1;
    }
    float scale = (float) Math.max(wanted, 1e-12);
    if (spec.granularity() != WeightSpec.Granularity.BLOCK) {
      return scale;
    }
    int bits = Float.floatToRawIntBits(scale);
    int rounded = (bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000;
    float cut = Float.intBitsToFloat(rounded);
    return HalfFloat.toFloat(HalfFloat.ofFloat(Math.max(LEAST, Math.min(65280f, cut))));
  }

  /**
   * Brings scales by block into the form that files have.
   *
   * @param scales such as {@link #storable} makes
   * @return half precision, little endian
   */
  public static ByteBuffer halves(float[] scales) {
    ByteBuffer out = ByteBuffer.allocate(2 * scales.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float s : scales) {
      out.putShort(HalfFloat.ofFloat(s));
    }
    return out.flip();
  }
}
