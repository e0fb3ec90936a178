// One form of a model that a search has measured.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.search;

/**
 * A trial.
 *
 * @param assignment scheme per layer: one digit each, in the layers' order; 0 is the first scheme;
 *     {@link SchemeSpace#ORIGINAL} for the model as it was
 * @param bytes size of the file
 * @param accuracy share of examples that are right, or without labels that the float model answers
 *     alike
 * @param noise squared differences of the outputs to the float model's, divided by its squares
 * @param flips examples that are right here and wrong in the float model, or the other way round
 * @param micros microseconds of a run; NaN where none were asked for
 */
public record Trial(
    String assignment, long bytes, double accuracy, double noise, int flips, double micros) {
  /**
   * Tells whether another one is at least as good in everything and better in something.
   *
   * @param other another trial
   * @return true if there is no reason to take this one
   */
  public boolean isDominatedBy(Trial other) {
    boolean timed = !Double.isNaN(micros) && !Double.isNaN(other.micros);
    boolean noWorse =
        other.bytes <= bytes && other.accuracy >= accuracy && (!timed || other.micros <= micros);
    boolean better =
        other.bytes < bytes || other.accuracy > accuracy || (timed && other.micros < micros);
    return noWorse && better;
  }
}
