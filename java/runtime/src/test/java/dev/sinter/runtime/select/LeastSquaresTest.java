// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.select;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LeastSquaresTest {
  @Test
  void exactSumsAreTakenApart() {
    Random random = new Random(1);
    double[] x = {0.01, 0, 2.5, 300};
    List<double[]> features = new ArrayList<>();
    List<Double> values = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      double[] row = {1e6 * random.nextDouble(), 1e3 * random.nextDouble(), random.nextInt(99), 1};
      double value = 0;
      for (int j = 0; j < x.length; j++) {
        value += x[j] * row[j];
      }
      features.add(row);
      values.add(value);
    }
    assertArrayEquals(x, LeastSquares.relative(features, values), 1e-4);
  }

  @Test
  void noFactorIsBelowZero() {
    // Best without bounds: value = 2 a - b.
    List<double[]> features =
        List.of(new double[] {1, 0}, new double[] {2, 1}, new double[] {3, 3}, new double[] {1, 1});
    double[] x = LeastSquares.relative(features, List.of(2.0, 3.0, 3.0, 1.0));
    assertEquals(0, x[1]);
    // Of one factor a alone: sum (u a - 1)^2 least for a = sum u / sum u^2, u = feature / value.
    double[] u = {0.5, 2 / 3.0, 1, 1};
    double sum = 0;
    double squares = 0;
    for (double v : u) {
      sum += v;
      squares += v * v;
    }
    assertEquals(sum / squares, x[0], 1e-9);
  }

  @Test
  void aFeatureThatNeverIsCountsNothing() {
    double[] x =
        LeastSquares.relative(
            List.of(new double[] {2, 0}, new double[] {4, 0}), List.of(6.0, 12.0));
    assertArrayEquals(new double[] {3, 0}, x, 1e-12);
  }
}
