// Times several things in one process, in many short rounds of changing order.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.compare;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What {@link Bencher} does for two: each round times all of them for some milliseconds or one run,
 * and starts with another one each time; what the machine does besides strikes all alike.
 */
public final class RoundRobin {
  private static final long SLOT_NANOS = 4_000_000;
  private static final int FEWEST_ROUNDS = 11;

  private final List<double[]> rounds;

  private RoundRobin(List<double[]> rounds) {
    this.rounds = rounds;
  }

  /**
   * Measures.
   *
   * @param codes what is timed, ready to run any number of times
   * @param seconds time to measure for, for each of them; warm-up not counted
   * @return the times
   */
  public static RoundRobin measure(List<Runnable> codes, double seconds) {
    int n = codes.size();
    long nanos = (long) (seconds * 1e9 * n);
    int[] runs = new int[n];
    double[] best = new double[n];
    Arrays.fill(runs, 1);
    Arrays.fill(best, Double.MAX_VALUE);
    long warm = System.nanoTime() + Math.max(300_000_000L, nanos / 5);
    do {
      for (int i = 0; i < n; i++) {
        best[i] = Math.min(best[i], time(codes.get(i), runs[i]));
        runs[i] = (int) Math.max(1, Math.min(100_000, SLOT_NANOS / (best[i] * 1000)));
      }
    } while (System.nanoTime() < warm);
    List<double[]> rounds = new ArrayList<>();
    long end = System.nanoTime() + nanos;
    while (System.nanoTime() < end || rounds.size() < FEWEST_ROUNDS) {
      double[] round = new double[n];
      for (int k = 0; k < n; k++) {
        int i = (k + rounds.size()) % n;
        round[i] = time(codes.get(i), runs[i]);
      }
      rounds.add(round);
    }
    return new RoundRobin(rounds);
  }

  /** Returns microseconds per run. */
  private static double time(Runnable code, int runs) {
    long start = System.nanoTime();
    for (int i = 0; i < runs; i++) {
      code.run();
    }
    return (System.nanoTime() - start) / 1000.0 / runs;
  }

  /**
   * Returns how many rounds there were.
   *
   * @return rounds, at least 11
   */
  public int size() {
    return rounds.size();
  }

  /**
   * Returns a quantile of the times.
   *
   * @param index which of the things
   * @param q 0 to 1; 0.5 for the median
   * @return microseconds per run
   */
  public double quantile(int index, double q) {
    double[] all = rounds.stream().mapToDouble(r -> r[index]).sorted().toArray();
    double at = q * (all.length - 1);
    int low = (int) at;
    int high = Math.min(low + 1, all.length - 1);
    return all[low] + (at - low) * (all[high] - all[low]);
  }

  /**
   * Compares two of them, round by round.
   *
   * @param index one
   * @param other another
   * @return ratios above 1 where {@code index} is faster
   */
  public PairedRatios against(int index, int other) {
    PairedRatios pairs = new PairedRatios();
    rounds.forEach(r -> pairs.add(r[index], r[other]));
    return pairs;
  }
}
