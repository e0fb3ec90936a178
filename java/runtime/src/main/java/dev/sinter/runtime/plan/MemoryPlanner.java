// Places values in the arena so that those alive at the same time do not overlap.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Greedy by size: the largest values are placed first, each in the smallest gap that fits among
 * those alive at the same time. For chains and residual networks that reaches the largest sum of
 * neighbours, which is the lower bound.
 */
public final class MemoryPlanner {
  /** Alignment of every value: a cache line and the widest vector. */
  public static final int ALIGNMENT = 64;

  private MemoryPlanner() {}

  /**
   * A value to place.
   *
   * @param bytes its size
   * @param first step that writes it
   * @param last step that reads it last
   */
  public record Life(long bytes, int first, int last) {}

  /**
   * Where everything goes.
   *
   * @param offsets per value
   * @param total bytes of the arena
   */
  public record Placement(List<Long> offsets, long total) {}

  /** Places all values. */
  public static Placement place(List<Life> lives) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < lives.size(); i++) {
      order.add(i);
    }
    order.sort(
        Comparator.comparingLong((Integer i) -> lives.get(i).bytes())
            .reversed()
            .thenComparingInt(i -> lives.get(i).first()));
    long[] offsets = new long[lives.size()];
    List<Integer> placed = new ArrayList<>();
    long total = 0;
    for (int i : order) {
      Life life = lives.get(i);
      List<Integer> neighbours = new ArrayList<>();
      for (int p : placed) {
        Life other = lives.get(p);
        if (other.first() <= life.last() && life.first() <= other.last()) {
          neighbours.add(p);
        }
      }
      neighbours.sort(Comparator.comparingLong(p -> offsets[p]));
      long size = aligned(life.bytes());
      long best = -1;
      long bestGap = Long.MAX_VALUE;
      long at = 0;
      for (int p : neighbours) {
        long gap = offsets[p] - at;
        if (gap >= size && gap < bestGap) {
          best = at;
          bestGap = gap;
        }
        at = Math.max(at, offsets[p] + aligned(lives.get(p).bytes()));
      }
      offsets[i] = best >= 0 ? best : at;
      total = Math.max(total, offsets[i] + size);
      placed.add(i);
    }
    List<Long> result = new ArrayList<>();
    for (long offset : offsets) {
      result.add(offset);
    }
    return new Placement(result, total);
  }

  private static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}
