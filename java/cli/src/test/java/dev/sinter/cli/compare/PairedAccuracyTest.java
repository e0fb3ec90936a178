// Differences of accuracy and how sure they are.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PairedAccuracyTest {
  @Test
  void countsExamplesThatTellThemApart() {
    PairedAccuracy p =
        PairedAccuracy.of(
            List.of(true, true, false, false, true), List.of(true, false, true, false, false));
    assertEquals(new PairedAccuracy(5, 1, 2), p);
    assertEquals(-0.2, p.difference(), 1e-12);
    assertThrows(IllegalArgumentException.class, () -> PairedAccuracy.of(List.of(true), List.of()));
  }

  @Test
  void intervalByHand() {
    PairedAccuracy p = new PairedAccuracy(98, 4, 9);
    // d = (4.5 - 9.5) / 100; variance = ((4.5 + 9.5) / 100 - d²) / 100
    double half = 1.959964 * Math.sqrt((0.14 - 0.0025) / 100);
    assertEquals(-0.05 - half, p.low(), 1e-12);
    assertEquals(-0.05 + half, p.high(), 1e-12);
  }

  @Test
  void mcNemarExact() {
    assertEquals(1, new PairedAccuracy(50, 0, 0).probability());
    assertEquals(2 * Math.pow(0.5, 5), new PairedAccuracy(50, 5, 0).probability(), 1e-12);
    // 2 * (1 + 10 + 45) / 1024
    assertEquals(112 / 1024.0, new PairedAccuracy(50, 8, 2).probability(), 1e-12);
    assertEquals(1, new PairedAccuracy(50, 3, 3).probability());
    assertTrue(new PairedAccuracy(5000, 900, 700).probability() < 1e-5);
  }

  @Test
  void theIntervalHoldsTheTruthAsOftenAsItSays() {
    Random random = new Random(11);
    int held = 0;
    for (int trial = 0; trial < 2000; trial++) {
      int gained = 0;
      int lost = 0;
      for (int i = 0; i < 300; i++) {
        double u = random.nextDouble();
        gained += u < 0.02 ? 1 : 0;
        lost += u > 0.96 ? 1 : 0;
      }
      PairedAccuracy p = new PairedAccuracy(300, gained, lost);
      held += p.low() <= -0.02 && p.high() >= -0.02 ? 1 : 0;
    }
    assertTrue(held > 0.935 * 2000 && held < 0.975 * 2000, held + " of 2000");
  }
}
