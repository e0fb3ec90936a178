// Tests of medians and their intervals.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class PairedRatiosTest {
  @Test
  void ratioIsPeerByOurs() {
    PairedRatios p = new PairedRatios();
    for (int i = 0; i < 20; i++) {
      p.add(2, 3);
    }
    assertEquals(1.5, p.ratio());
    assertEquals(1.5, p.low());
    assertEquals(1.5, p.high());
    assertEquals(2, p.medianOurs());
    assertEquals(3, p.medianTheirs());
  }

  @Test
  void outliersDoNotMoveTheMedian() {
    PairedRatios p = new PairedRatios();
    for (int i = 0; i < 99; i++) {
      p.add(1, i % 10 == 0 ? 1000 : 2);
    }
    assertEquals(2, p.ratio());
    assertEquals(2, p.high());
  }

  /** Of many intervals about 95 % must hold the true median. */
  @Test
  void intervalCovers() {
    Random random = new Random(3);
    int holds = 0;
    int trials = 2000;
    for (int t = 0; t < trials; t++) {
      PairedRatios p = new PairedRatios();
      for (int i = 0; i < 60; i++) {
        p.add(1, Math.exp(random.nextGaussian()));
      }
      holds += p.low() <= 1 && 1 <= p.high() ? 1 : 0;
    }
    assertTrue(holds > 0.94 * trials && holds < 0.985 * trials, holds + " of " + trials);
  }

  @Test
  void fewRoundsGiveTheWholeRange() {
    PairedRatios p = new PairedRatios();
    p.add(1, 1);
    p.add(1, 2);
    p.add(1, 3);
    assertEquals(1, p.low());
    assertEquals(3, p.high());
  }
}
