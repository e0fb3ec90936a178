// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.runtime.plan.MemoryPlanner.Life;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MemoryPlannerTest {
  @Test
  void valuesThatLiveTogetherDoNotOverlap() {
    Random random = new Random(1);
    for (int round = 0; round < 500; round++) {
      List<Life> lives = new ArrayList<>();
      int count = random.nextInt(40);
      for (int i = 0; i < count; i++) {
        int first = random.nextInt(20);
        lives.add(new Life(random.nextInt(5000), first, first + random.nextInt(6)));
      }
      MemoryPlanner.Placement placement = MemoryPlanner.place(lives);
      for (int i = 0; i < count; i++) {
        long offset = placement.offsets().get(i);
        assertEquals(0, offset % MemoryPlanner.ALIGNMENT);
        assertTrue(offset >= 0 && offset + lives.get(i).bytes() <= placement.total());
        for (int j = 0; j < i; j++) {
          assertTrue(apart(lives, placement, i, j), "values " + i + " and " + j);
        }
      }
    }
  }

  private static boolean apart(List<Life> lives, MemoryPlanner.Placement p, int i, int j) {
    Life a = lives.get(i);
    Life b = lives.get(j);
    boolean together = a.first() <= b.last() && b.first() <= a.last();
    long at = p.offsets().get(i);
    long bt = p.offsets().get(j);
    return !together || at + a.bytes() <= bt || bt + b.bytes() <= at;
  }

  @Test
  void aChainNeedsItsTwoLargestNeighbours() {
    List<Life> chain = new ArrayList<>();
    long[] sizes = {640, 64, 1280, 640, 128};
    for (int i = 0; i < sizes.length; i++) {
      chain.add(new Life(sizes[i], i, i + 1));
    }
    assertEquals(1280 + 640, MemoryPlanner.place(chain).total());
  }
}
