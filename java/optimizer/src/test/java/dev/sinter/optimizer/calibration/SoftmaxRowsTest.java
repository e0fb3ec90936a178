// Masks do not widen the range of a softmax's input.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.calibration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SoftmaxRowsTest {
  @Test
  void liftsWhatComesOutAsZero() {
    float[] v = {3, -10000, -6, Float.NEGATIVE_INFINITY, -10000, -9990, -10000, -10001};
    SoftmaxRows.lift(v, 8, 4);
    assertArrayEquals(new float[] {3, -7, -6, -7, 0, 0, 0, 0}, v);
  }

  @Test
  void scoresWithoutMasksStay() {
    float[] v = {3, -17, -60, 2};
    SoftmaxRows.lift(v, 4, 4);
    assertArrayEquals(new float[] {3, -17, -60, 2}, v);
  }

  @Test
  void whatIsNoNumberIsFound() {
    float[] v = {1, Float.NaN, 2, 3};
    SoftmaxRows.lift(v, 4, 4);
    assertEquals(1, new TensorStatistics().add(v, 4, false));
    float[] w = {1, Float.POSITIVE_INFINITY, 2, 3};
    SoftmaxRows.lift(w, 4, 4);
    assertTrue(new TensorStatistics().add(w, 4, false) >= 0);
  }
}
