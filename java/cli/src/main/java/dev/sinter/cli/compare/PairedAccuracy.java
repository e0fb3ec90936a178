// How sure one may be that one of two models is right more often.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.compare;

import java.util.List;

/**
 * Two classifiers on the same labelled examples. Only the examples on which one is right and the
 * other is wrong tell them apart; on a few hundred examples two percentages may differ by points
 * for no reason.
 *
 * @param examples how many examples
 * @param gained right by the second, wrong by the first
 * @param lost wrong by the second, right by the first
 */
public record PairedAccuracy(int examples, int gained, int lost) {
  private static final double Z95 = 1.959964;

  /**
   * Compares two models.
   *
   * @param first per example whether the first is right
   * @param second per example whether the second is right
   * @return the counts
   */
  public static PairedAccuracy of(List<Boolean> first, List<Boolean> second) {
    if (first.size() != second.size()) {
      throw new IllegalArgumentException(first.size() + " and " + second.size() + " answers");
    }
    int gained = 0;
    int lost = 0;
    for (int i = 0; i < first.size(); i++) {
      gained += second.get(i) && !first.get(i) ? 1 : 0;
      lost += first.get(i) && !second.get(i) ? 1 : 0;
    }
    return new PairedAccuracy(first.size(), gained, lost);
  }

  /**
   * Returns the difference of accuracies.
   *
   * @return second minus first, -1 to 1; NaN without examples
   */
  public double difference() {
    return (double) (gained - lost) / examples;
  }

  /**
   * Returns the lower end of the 95 % interval of the difference: Wald's for paired proportions
   * with half an example added to each of the four counts (Agresti and Min, Statistics in Medicine
   * 24, 2005), which holds its level for few differing examples too.
   *
   * @return the lower end, at least -1
   */
  public double low() {
    return Math.max(-1, end(-1));
  }

  /**
   * Returns the upper end of the interval; see {@link #low}.
   *
   * @return the upper end, at most 1
   */
  public double high() {
    return Math.min(1, end(1));
  }

  private double end(int sign) {
    double n = examples + 2;
    double b = gained + 0.5;
    double c = lost + 0.5;
    double d = (b - c) / n;
    return d + sign * Z95 * Math.sqrt((b + c) / n - d * d) / Math.sqrt(n);
  }

  /**
   * Returns the probability of a split at least this uneven if both models were equally good:
   * McNemar's test, exact, two-sided.
   *
   * @return 0 to 1; 1 where they do not differ
   */
  public double probability() {
    int n = gained + lost;
    int few = Math.min(gained, lost);
    double logHalf = n * Math.log(0.5);
    double logChoose = 0; // of n over 0
    double sum = 0;
    for (int k = 0; k <= few; k++) {
      sum += Math.exp(logChoose + logHalf);
      logChoose += Math.log(n - k) - Math.log(k + 1);
    }
    return Math.min(1, 2 * sum);
  }
}
