// Finds the clock of the core that runs this.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.bench;

/**
 * The clock while a core computes, by a chain of dependent operations whose latency is the same on
 * current x86-64 and arm64 cores: a multiplication of 64-bit integers (3 cycles) and an exclusive
 * or (1 cycle), which compilers do not take apart.
 */
public final class Clock {
  private static final int LINKS = 2_000_000;
  private static final int TRIES = 40;
  private static final double CYCLES = 4;

  @SuppressWarnings("unused") // written so that the chain is computed
  private static volatile long sink;

  private Clock() {}

  /**
   * Measures the clock; the fastest of some tries counts.
   *
   * @return GHz
   */
  public static double gigahertz() {
    long best = Long.MAX_VALUE;
    long x = System.nanoTime();
    for (int t = 0; t < TRIES; t++) {
      long start = System.nanoTime();
      x = chain(x);
      best = Math.min(best, System.nanoTime() - start);
    }
    sink = x;
    return LINKS * CYCLES / best;
  }

  private static long chain(long start) {
    long x = start;
    for (int i = 0; i < LINKS; i++) {
      x = x * 6364136223846793005L ^ 1442695040888963407L;
    }
    return x;
  }
}
