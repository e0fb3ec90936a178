// Everybody is timed in every round; nothing here depends on how busy the machine is.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RoundRobinTest {
  private static void spin(long micros) {
    long end = System.nanoTime() + micros * 1000;
    while (System.nanoTime() < end) {
      Thread.onSpinWait();
    }
  }

  @Test
  void timesAreThoseOfTheCode() {
    int[] runs = new int[3];
    List<Runnable> codes = new ArrayList<>();
    for (int i = 0; i < runs.length; i++) {
      int index = i;
      codes.add(
          () -> {
            runs[index]++;
            spin(100L << index);
          });
    }
    RoundRobin times = RoundRobin.measure(codes, 0.05);
    assertTrue(times.size() >= 11);
    for (int i = 0; i < runs.length; i++) {
      // A busy machine lengthens times; it does not shorten them.
      assertTrue(times.quantile(i, 0) >= (100 << i) - 1, "index " + i);
      assertTrue(times.quantile(i, 0.25) <= times.quantile(i, 0.75));
      assertTrue(runs[i] >= times.size(), "each takes part in every round");
      assertEquals(1, times.against(i, i).ratio(), 1e-12);
      assertEquals(times.size(), times.against(0, i).size());
    }
    assertEquals(times.quantile(1, 0.5), times.against(1, 0).medianOurs(), 1e-9);
  }
}
