// Metrics against values computed by hand and by their formulas.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ErrorSumsTest {
  private static ErrorMetrics of(float[][] reference, float[][] compressed) {
    ErrorSums sums = new ErrorSums(true);
    for (int e = 0; e < reference.length; e++) {
      sums.add(reference[e], compressed[e], new float[reference[e].length]);
    }
    return sums.metrics();
  }

  @Test
  void twoExamplesByHand() {
    ErrorMetrics m =
        of(new float[][] {{1, 2, 3, 4}, {0, 0, 2, 0}}, new float[][] {{1, 2, 4, 2}, {0, 0, 1, 0}});
    // d = (0, 0, 1, -2) and (0, 0, -1, 0)
    assertEquals(4, m.numElements());
    assertEquals((-0.25 - 0.25) / 2, m.meanError(), 1e-12);
    assertEquals((5 / 4.0 + 1 / 4.0) / 2, m.meanSquaredError(), 1e-12);
    assertEquals((2 + 1) / 2.0, m.maxAbsError(), 1e-12); // a mean of largest ones
    double first = Math.sqrt(5 / 4.0 - 0.0625);
    double second = Math.sqrt(1 / 4.0 - 0.0625);
    assertEquals((first + second) / 2, m.stddev(), 1e-12);
    assertEquals(2, m.largestError());
    assertEquals(6.0 / 34, m.noise(), 1e-12);
    assertEquals(-10 * Math.log10(6.0 / 34), m.snrDb(), 1e-9);
    assertEquals(1, m.worstExample()); // 1 / 4 is more than 5 / 30
    assertEquals(-10 * Math.log10(0.25), m.worstSnrDb(), 1e-9);
    assertEquals(Math.sqrt(0.75) / 0.5, m.rmseOverScale(0.5), 1e-12);
    // |d| / |r|: (0, 0, 1/3, 1/2) and (0, 0, 1/2, 0): medians 1/6 and 0
    assertEquals(1 / 12.0, m.medianDiffRatio(), 1e-6);
    double cosine = (1 + 4 + 12 + 8) / Math.sqrt(30.0 * 25);
    assertEquals((cosine + 1) / 2, m.cosineSimilarity(), 1e-12);
    double kl = 3 * Math.log(3 / 4.0) + 4 * Math.log(2) + 2 * Math.log(2);
    assertEquals(kl / 2, m.klDivergence(), 1e-6);
    assertEquals((30 / 4.0 / (5 / 4.0 + 1e-9) + 1 / (0.25 + 1e-9)) / 2, m.snr(), 1e-6);
  }

  @Test
  void allZero() {
    ErrorMetrics m = of(new float[][] {{0, 0}}, new float[][] {{0, 0}});
    assertEquals(ErrorMetrics.PERFECT_DB, m.snrDb());
    assertEquals(1, m.cosineSimilarity());
    assertEquals(0, m.noise());
    assertEquals(0, of(new float[][] {{0, 0}}, new float[][] {{0, 1}}).cosineSimilarity());
  }

  @Test
  void whatIsNoNumberIsCountedAndLeftOut() {
    float nan = Float.NaN;
    float inf = Float.POSITIVE_INFINITY;
    ErrorMetrics m =
        of(new float[][] {{1, 2}, {1, 1}, {2, 2}}, new float[][] {{nan, 2}, {1, inf}, {2, 1}});
    assertEquals(2, m.nonFinite());
    // Examples with such values have no metrics of their own: the mean is the third's.
    assertEquals(0.5, m.meanSquaredError(), 1e-12);
    assertEquals(-0.5, m.meanError(), 1e-12);
    assertEquals(1.0 / (4 + 1 + 4 + 4), m.noise(), 1e-12);
    assertEquals(0, m.worstExample());
  }

  @Test
  void mediansOfManyLengths() {
    Random random = new Random(3);
    for (int n = 1; n < 200; n++) {
      float[] v = new float[n];
      for (int i = 0; i < n; i++) {
        v[i] = n % 3 == 0 ? random.nextInt(4) : random.nextFloat();
      }
      float[] sorted = v.clone();
      Arrays.sort(sorted);
      double expected =
          n % 2 == 1 ? sorted[n / 2] : ((double) sorted[n / 2 - 1] + sorted[n / 2]) / 2;
      assertEquals(expected, ErrorSums.median(v, n), 0.0, "n = " + n);
    }
  }

  @Test
  void noiseOfRoundingIsOneTwelfthOfTheStepSquared() {
    Random random = new Random(5);
    float[] x = new float[100_000];
    float[] y = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextFloat() * 20 - 10;
      y[i] = Math.round(x[i] / 0.1f) * 0.1f;
    }
    ErrorMetrics m = of(new float[][] {x}, new float[][] {y});
    assertEquals(1 / Math.sqrt(12), m.rmseOverScale(0.1), 0.002);
    assertTrue(Math.abs(m.meanError()) < 0.001);
  }
}
