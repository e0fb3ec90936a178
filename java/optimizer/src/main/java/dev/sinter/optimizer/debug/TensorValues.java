// Ranges and histograms of one tensor in both models.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import java.util.List;

/**
 * What the values of a tensor look like.
 *
 * @param min smallest value in the reference
 * @param max largest value in the reference
 * @param compressedMin smallest value in the compressed model
 * @param compressedMax largest value in the compressed model
 * @param saturation share of stored numbers at an end of their type, but for an end that stands for
 *     0; NaN where nothing is quantized, as for the next two
 * @param clipped share of the reference's values that the type cannot hold, by more than half a
 *     step
 * @param rangeUse width of the stored values divided by the width that the type and its scale offer
 * @param binLow lower end of the first bin of both histograms
 * @param binWidth width of a bin
 * @param bins counts of the reference's values
 * @param compressedBins counts of the compressed model's values
 */
public record TensorValues(
    double min,
    double max,
    double compressedMin,
    double compressedMax,
    double saturation,
    double clipped,
    double rangeUse,
    double binLow,
    double binWidth,
    List<Long> bins,
    List<Long> compressedBins) {
  /**
   * Keeps immutable copies.
   *
   * @param min smallest value in the reference
   * @param max largest value in the reference
   * @param compressedMin smallest value in the compressed model
   * @param compressedMax largest value in the compressed model
   * @param saturation share of stored numbers at an end of their type
   * @param clipped share of values that the type cannot hold
   * @param rangeUse share of the range that is used
   * @param binLow lower end of the first bin
   * @param binWidth width of a bin
   * @param bins counts of the reference's values
   * @param compressedBins counts of the compressed model's values
   */
  public TensorValues {
    bins = List.copyOf(bins);
    compressedBins = List.copyOf(compressedBins);
  }
}
