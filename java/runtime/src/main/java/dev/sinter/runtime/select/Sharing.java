// What several threads make of a plan, as the library decides it when a session begins.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.select;

import java.util.List;

/**
 * What it costs a machine to share a step between threads; the library's {@code core/schedule.cc}
 * has the same figures and rules, for the machine that it runs on.
 *
 * @param handOverCycles from handing a call out to all being known done, beside the call itself
 * @param bytesPerCycle lines that another core has written are read so fast
 * @param ownBytes what a core holds for itself
 * @param farBytesPerCycle how fast comes what is larger
 */
public record Sharing(
    double handOverCycles, double bytesPerCycle, double ownBytes, double farBytesPerCycle) {
  /** Xeons, whose cores are joined by a mesh. */
  public static final Sharing MESH = new Sharing(2300, 3, 2 << 20, 6);

  /** AMD's processors, whose cores share a third level in groups. */
  public static final Sharing COMPLEX = new Sharing(1000, 6, 1 << 20, 8);

  /** The last tasks end at different times, each core reads the weights. */
  private static final double SHARE_OF_IDEAL = 0.9;

  /** Plans that would win less run alone. */
  private static final double LEAST_WIN = 0.15;

  /**
   * A step.
   *
   * @param cycles on one core
   * @param bytes that it reads and writes, packed weights not counted
   */
  public record StepCost(double cycles, double bytes) {}

  /**
   * Finds what a plan takes: the cheapest sequence of steps alone and steps shared. Where one kind
   * follows the other, maps travel between the cores' caches.
   *
   * @param steps in order
   * @param threads at least 1
   * @return cycles
   */
  public double cycles(List<StepCost> steps, int threads) {
    double all = steps.stream().mapToDouble(StepCost::cycles).sum();
    if (threads < 2) {
      return all;
    }
    double alone = 0;
    double shared = 0;
    double allAlone = 0;
    for (int i = 0; i < steps.size(); i++) {
      double held = Math.min(steps.get(i).bytes(), ownBytes);
      double far = (steps.get(i).bytes() - held) / farBytesPerCycle;
      double cycles = Math.max(steps.get(i).cycles(), far);
      double gather = held * (threads - 1) / threads / bytesPerCycle;
      double scatter = held / threads / bytesPerCycle;
      if (i == 0) {
        shared = scatter; // the caller has written the inputs
      }
      double before = Math.min(alone, shared + gather);
      shared = Math.min(shared, alone + scatter) + cycles / threads / SHARE_OF_IDEAL;
      shared += handOverCycles;
      alone = before + cycles;
      allAlone += cycles;
    }
    double best = Math.min(alone, shared);
    return allAlone - best < LEAST_WIN * allAlone ? all : best;
  }
}
