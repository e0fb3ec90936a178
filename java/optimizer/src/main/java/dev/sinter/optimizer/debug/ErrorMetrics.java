// How far values are from what they should be.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

/**
 * Differences {@code d = compressed - reference} of one tensor over all examples.
 *
 * <p>The first five are those of TensorFlow Lite's QuantizationDebugger: computed per example, then
 * the mean over the examples in which they are numbers; so {@code maxAbsError} is a mean of largest
 * differences. The next five are those of the AI Edge Quantizer's validation, aggregated alike. The
 * rest is over all elements of all examples; pairs in which one side is not finite are counted in
 * {@code nonFinite} and left out.
 *
 * @param numElements elements of one example
 * @param stddev standard deviation of d (population)
 * @param meanError mean of d
 * @param maxAbsError largest |d|
 * @param meanSquaredError mean of d²
 * @param medianDiffRatio median of |d| / (|reference| + 1e-6)
 * @param cosineSimilarity cosine of the angle between both; 1 if both are 0, 0 if one is
 * @param klDivergence sum of p ln((p + 1e-9) / (q + 1e-9)), p = max(0, reference), q = max(0,
 *     compressed); not normalised
 * @param snr mean of reference² / (mean of d² + 1e-9)
 * @param noise sum of d² / sum of reference²: 0 is perfect, 1 as bad as giving zeros; infinite
 *     where the reference is 0 and the compressed model's values are not
 * @param snrDb -10 log10(noise): decibels, 40 means an error of 1 %
 * @param largestError largest |d| of all examples
 * @param worstExample example with the largest noise, -1 without examples
 * @param worstSnrDb its signal-to-noise ratio in decibels
 * @param nonFinite pairs left out
 */
public record ErrorMetrics(
    double numElements,
    double stddev,
    double meanError,
    double maxAbsError,
    double meanSquaredError,
    double medianDiffRatio,
    double cosineSimilarity,
    double klDivergence,
    double snr,
    double noise,
    double snrDb,
    double largestError,
    int worstExample,
    double worstSnrDb,
    long nonFinite) {
  /** What stands for the decibels of no error at all. */
  public static final double PERFECT_DB = 200;

  /**
   * Converts a noise-to-signal ratio.
   *
   * @param noise the ratio of powers
   * @return decibels, at most {@link #PERFECT_DB}
   */
  public static double decibels(double noise) {
    return noise <= 0 ? PERFECT_DB : Math.min(PERFECT_DB, -10 * Math.log10(noise));
  }

  /**
   * Returns the root of the mean squared error in steps of a quantization: 0.289 where values are
   * rounded and nothing else, suspicious above 0.7.
   *
   * @param scale the step
   * @return rmse / scale; NaN without a step
   */
  public double rmseOverScale(double scale) {
    return scale > 0 ? Math.sqrt(meanSquaredError) / scale : Double.NaN;
  }
}
