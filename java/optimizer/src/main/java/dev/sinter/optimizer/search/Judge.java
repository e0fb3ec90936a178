// Says how good a form of a model is.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.search;

import dev.sinter.graph.Graph;

/** Runs candidates on examples. */
public interface Judge {
  /**
   * What a candidate came to.
   *
   * @param accuracy share of examples that are right, 0 to 1
   * @param noise squared differences of the outputs to the reference's, divided by its squares
   * @param flips examples that are right here and wrong in the reference, or the other way round:
   *     what the difference of two accuracies on the same examples rests on
   */
  record Verdict(double accuracy, double noise, int flips) {}

  /**
   * Returns how many examples there are.
   *
   * @return at least 1
   */
  int examples();

  /**
   * Judges a candidate.
   *
   * @param candidate a form of the model
   * @param examples on how many examples, the first ones
   * @return how good it is
   */
  Verdict judge(Graph candidate, int examples);

  /**
   * Times a candidate, or says how long it is expected to run.
   *
   * @param candidate a form of the model
   * @return microseconds of a run
   */
  double micros(Graph candidate);
}
