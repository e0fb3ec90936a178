// Scales that leave room for biases.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.optimizer.weights.WeightSpec.Granularity;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class BiasRoomTest {
  private static final WeightSpec SPEC = new WeightSpec(8, true, Granularity.CHANNEL, 0);

  @Test
  void whatFitsStays() {
    FloatMatrix w = new FloatMatrix(new float[] {1, 2, 3, 4}, 2, 2);
    QuantizedWeights q = new MinMaxQuantizer().quantize(w, SPEC, null);
    assertSame(q, BiasRoom.of(w, q, new float[] {100, -100}, 0.01f));
  }

  @Test
  void tinyWeightsBesideALargeBias() {
    FloatMatrix w = new FloatMatrix(new float[] {1e-7f, -1e-7f, 3, 4}, 2, 2);
    QuantizedWeights q = new MinMaxQuantizer().quantize(w, SPEC, null);
    QuantizedWeights r = BiasRoom.of(w, q, new float[] {-500, 1}, 0.001f);
    assertTrue(500 / (0.001f * (double) r.scales()[0]) <= (1 << 30) * 1.0001);
    assertEquals(q.scales()[1], r.scales()[1]);
    assertArrayEquals(Arrays.copyOfRange(q.values(), 2, 4), Arrays.copyOfRange(r.values(), 2, 4));
    assertEquals(0, r.values()[0]);
  }
}
