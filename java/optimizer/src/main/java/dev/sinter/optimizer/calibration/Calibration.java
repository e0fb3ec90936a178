// What calibration saw: statistics by tensor, and the ranges that follow.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.calibration;

import java.util.Map;
import java.util.TreeMap;

/**
 * Statistics of a float model's tensors on examples. Knows the method by which ranges are chosen;
 * {@link #with(Method, double)} chooses by another without running anything again, as far as what
 * it needs was kept.
 */
public final class Calibration implements Ranges {
  private final Map<Integer, Map<Integer, TensorStatistics>> statistics;
  private final Map<Integer, Long> examples;
  private final Method method;
  private final double percentile;

  Calibration(
      Map<Integer, Map<Integer, TensorStatistics>> statistics,
      Map<Integer, Long> examples,
      Method method,
      double percentile) {
    this.statistics = statistics;
    this.examples = examples;
    this.method = method;
    this.percentile = percentile;
  }

  /**
   * Nothing was seen.
   *
   * @return an empty calibration
   */
  public static Calibration empty() {
    return new Calibration(new TreeMap<>(), new TreeMap<>(), Method.MIN_MAX, 99.99);
  }

  Map<Integer, Map<Integer, TensorStatistics>> statistics() {
    return statistics;
  }

  /**
   * Returns what the method PERCENTILE keeps.
   *
   * @return percentage of values on each side
   */
  public double share() {
    return percentile;
  }

  /**
   * Returns the way ranges are chosen.
   *
   * @return the method
   */
  public Method method() {
    return method;
  }

  /**
   * Returns how many examples a subgraph has seen.
   *
   * @param subgraph its index
   * @return examples
   */
  public long examples(int subgraph) {
    return examples.getOrDefault(subgraph, 0L);
  }

  /**
   * Chooses ranges in another way.
   *
   * @param other the method
   * @param share percentage of values that {@link Method#PERCENTILE} keeps on each side
   * @return the same statistics with the other method
   */
  public Calibration with(Method other, double share) {
    return new Calibration(statistics, examples, other, share);
  }

  /**
   * Tells whether a tensor was observed in a way that suffices for the method.
   *
   * @param subgraph index of its subgraph
   * @param tensor its index there
   * @return true if {@link #of} gives a range
   */
  public boolean knows(int subgraph, int tensor) {
    TensorStatistics s = statistics.getOrDefault(subgraph, Map.of()).get(tensor);
    return s != null && !s.isEmpty() && (!method.needsHistogram() || s.histogram() != null);
  }

  /**
   * Returns the range of a tensor for integers of 8 bits.
   *
   * @param subgraph index of its subgraph
   * @param tensor its index there
   * @return the range, or null if it was not observed
   */
  public Range of(int subgraph, int tensor) {
    return of(subgraph, tensor, 8);
  }

  @Override
  public Range of(int subgraph, int tensor, int bits) {
    TensorStatistics s = statistics.getOrDefault(subgraph, Map.of()).get(tensor);
    return s == null ? null : s.range(method, percentile, bits);
  }
}
