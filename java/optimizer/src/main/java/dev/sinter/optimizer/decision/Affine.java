// How the integers of an activation, or of a constant beside it, stand for real numbers.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.decision;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Quantization;

/**
 * One scale for a whole tensor: real = scale * (stored - zeroPoint).
 *
 * @param type INT8 or INT16
 * @param scale above 0
 * @param zeroPoint the stored number that stands for 0; 0 for INT16
 */
public record Affine(ElementType type, float scale, int zeroPoint) {
  /**
   * Checks the numbers.
   *
   * @param type INT8 or INT16
   * @param scale above 0, finite
   * @param zeroPoint within the type; 0 for INT16
   */
  public Affine {
    if (type != ElementType.INT8 && type != ElementType.INT16) {
      throw new IllegalArgumentException("activations of type " + type + "; INT8 or INT16 can be");
    }
    if (!(scale > 0) || Float.isInfinite(scale)) {
      throw new IllegalArgumentException("a scale of " + scale);
    }
    boolean inside =
        type == ElementType.INT16 ? zeroPoint == 0 : zeroPoint >= -128 && zeroPoint <= 127;
    if (!inside) {
      throw new IllegalArgumentException("a zero point of " + zeroPoint + " for " + type);
    }
  }

  /**
   * Chooses scale and zero point for a range. 0 is always inside and exact. INT8 uses all 256
   * values, or with zero point 0 the 255 of [-127, 127]; INT16 is always symmetric.
   *
   * @param type INT8 or INT16
   * @param low smallest real value
   * @param high largest real value
   * @param symmetric whether the zero point of INT8 shall be 0
   * @return the smallest scale that holds the range; for a tensor that is 0 throughout 1, in INT16
   *     one that reaches to 1: kernels of sums want no scale far above the others
   */
  public static Affine of(ElementType type, double low, double high, boolean symmetric) {
    double from = Math.min(low, 0);
    double to = Math.max(high, 0);
    if (type == ElementType.INT16 && from == 0 && to == 0) {
      return new Affine(type, 1f / 32768, 0);
    }
    if (type == ElementType.INT16 || symmetric) {
      double most = type == ElementType.INT16 ? 32767 : 127;
      return new Affine(type, scale(Math.max(-from, to) / most), 0);
    }
    float scale = scale((to - from) / 255);
    long zero = Math.round(-128 - from / scale);
    return new Affine(type, scale, (int) Math.max(-128, Math.min(127, zero)));
  }

  private static float scale(double wanted) {
    // Scales whose quotients and products would leave float's normal numbers serve nobody.
    return wanted == 0 ? 1 : (float) Math.max(wanted, 1e-12);
  }

  /**
   * Returns the smallest stored value.
   *
   * @return -128, or -32768
   */
  public int least() {
    return type == ElementType.INT8 ? -128 : -32768;
  }

  /**
   * Returns the largest stored value.
   *
   * @return 127, or 32767
   */
  public int most() {
    return type == ElementType.INT8 ? 127 : 32767;
  }

  /**
   * Quantizes a number as TensorFlow Lite's QUANTIZE does, halves to even.
   *
   * @param real the number
   * @return the stored number
   */
  public int stored(float real) {
    double q = Math.rint(real / scale) + zeroPoint;
    return (int) Math.max(least(), Math.min(most(), q));
  }

  /**
   * Returns the smallest real value that can be stored.
   *
   * @return low end of the range
   */
  public double low() {
    return (double) scale * (least() - zeroPoint);
  }

  /**
   * Returns the largest real value that can be stored.
   *
   * @return high end of the range
   */
  public double high() {
    return (double) scale * (most() - zeroPoint);
  }

  /**
   * Returns the form that graphs have it in.
   *
   * @return quantization of a whole tensor
   */
  public Quantization quantization() {
    return Quantization.perTensor(scale, zeroPoint);
  }
}
