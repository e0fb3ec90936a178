// Times two runtimes in one process, in many short rounds of changing order.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.compare;

import dev.sinter.cli.peer.Peer;

/**
 * Alternating measurement: what the machine does besides strikes both sides alike, and shows in the
 * interval.
 */
public final class Bencher {
  private static final long SLOT_NANOS = 4_000_000;
  private static final int FEWEST_ROUNDS = 11;

  private final long nanos;

  /**
   * Makes a bencher.
   *
   * @param seconds time to measure for, warm-up not counted
   */
  public Bencher(double seconds) {
    this.nanos = (long) (seconds * 1e9);
  }

  /**
   * Measures. Each round times both, one after the other, each for at least some milliseconds or
   * one run; the first of a round is the second of the next.
   *
   * @param ours our runtime, inputs filled
   * @param theirs the peer, inputs filled
   * @return microseconds per run, one pair per round
   */
  public PairedRatios measure(Peer ours, Peer theirs) {
    return measure(ours::invoke, theirs::invoke);
  }

  /**
   * Measures two pieces of code in the same way.
   *
   * @param ours ours, ready to run any number of times
   * @param theirs the peer's
   * @return microseconds per run, one pair per round
   */
  public PairedRatios measure(Runnable ours, Runnable theirs) {
    long warm = System.nanoTime() + Math.max(300_000_000L, nanos / 5);
    int ourRuns = 1;
    int theirRuns = 1;
    double ourBest = Double.MAX_VALUE;
    double theirBest = Double.MAX_VALUE;
    do {
      ourBest = Math.min(ourBest, time(ours, ourRuns));
      theirBest = Math.min(theirBest, time(theirs, theirRuns));
      ourRuns = runs(ourBest);
      theirRuns = runs(theirBest);
    } while (System.nanoTime() < warm);
    PairedRatios pairs = new PairedRatios();
    long end = System.nanoTime() + nanos;
    boolean oursFirst = true;
    while (System.nanoTime() < end || pairs.size() < FEWEST_ROUNDS) {
      double our = oursFirst ? time(ours, ourRuns) : 0;
      double their = time(theirs, theirRuns);
      our = oursFirst ? our : time(ours, ourRuns);
      pairs.add(our, their);
      oursFirst = !oursFirst;
    }
    return pairs;
  }

  private static int runs(double micros) {
    return (int) Math.max(1, Math.min(100_000, SLOT_NANOS / (micros * 1000)));
  }

  /** Returns microseconds per run. */
  private static double time(Runnable code, int runs) {
    long start = System.nanoTime();
    for (int i = 0; i < runs; i++) {
      code.run();
    }
    return (System.nanoTime() - start) / 1000.0 / runs;
  }
}
