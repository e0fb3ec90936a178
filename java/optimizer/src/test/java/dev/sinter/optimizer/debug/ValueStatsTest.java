// Ranges, histograms, saturation and channels, by hand.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class ValueStatsTest {
  private static Tensor int8(float scale, int zero, int... dims) {
    return Tensor.of("t", ElementType.INT8, Shape.of(dims))
        .withQuantization(Quantization.perTensor(scale, zero));
  }

  @Test
  void saturationClippingAndRange() {
    Tensor t = int8(0.5f, 0, 1, 4); // -64 to 63.5
    ValueStats stats = new ValueStats(t, t.shape());
    stats.add(new float[] {100, 63.6f, -64.2f, 0}, new float[] {63.5f, 63.5f, -64, 0});
    TensorValues v = stats.values();
    assertEquals(0.75, v.saturation());
    assertEquals(0.25, v.clipped()); // the others are within half a step
    assertEquals(1, v.rangeUse());
    assertEquals(100, v.max());
    assertEquals(-64, v.compressedMin());
  }

  @Test
  void zerosOfAReluAreNoSaturation() {
    Tensor t = int8(0.1f, -128, 1, 4);
    ValueStats stats = new ValueStats(t, t.shape());
    stats.add(new float[] {0, 0, 2.55f, 5.1f}, new float[] {0, 0, 2.5f, 5.1f});
    assertEquals(0, stats.values().saturation());
    assertEquals(5.1 / 25.5, stats.values().rangeUse(), 1e-6);
  }

  @Test
  void floatsHaveNoEnds() {
    Tensor t = Tensor.of("t", ElementType.FLOAT32, Shape.of(2));
    ValueStats stats = new ValueStats(t, t.shape());
    stats.add(new float[] {1, 2}, new float[] {1, 2});
    assertTrue(Double.isNaN(stats.values().saturation()));
    assertTrue(Double.isNaN(stats.values().rangeUse()));
  }

  @Test
  void histogramsGrowAndLoseNothing() {
    Tensor t = Tensor.of("t", ElementType.FLOAT32, Shape.of(1, 2));
    ValueStats stats = new ValueStats(t, t.shape());
    float[][] examples = {{0, 1}, {-3, 0.5f}, {1000, 2}, {-70, 5}, {Float.NaN, 1}};
    for (float[] e : examples) {
      stats.add(e, e);
    }
    TensorValues v = stats.values();
    assertEquals(9, v.bins().stream().mapToLong(x -> x).sum());
    assertEquals(v.bins(), v.compressedBins());
    assertTrue(v.binLow() <= -70 && v.binLow() + v.binWidth() * ValueStats.BINS >= 1000);
    int at = (int) ((1000 - v.binLow()) / v.binWidth());
    assertEquals(1, v.bins().get(Math.min(at, ValueStats.BINS - 1)));
  }

  @Test
  void aConstantTensorHasAHistogram() {
    Tensor t = Tensor.of("t", ElementType.FLOAT32, Shape.of(3));
    for (float x : new float[] {0, 7, -1e30f}) {
      ValueStats stats = new ValueStats(t, t.shape());
      stats.add(new float[] {x, x, x}, new float[] {x, x, x});
      assertEquals(3, stats.values().bins().stream().mapToLong(n -> n).sum());
    }
  }

  @Test
  void channelsAreTheLastDimension() {
    Tensor t = Tensor.of("t", ElementType.FLOAT32, Shape.of(1, 2, 3));
    ValueStats stats = new ValueStats(t, t.shape());
    stats.add(new float[] {1, 1, 1, 1, 1, 1}, new float[] {1, 1.5f, 1, 1, 0.5f, 2});
    ChannelErrors c = stats.channels();
    assertEquals(3, c.channels());
    assertEquals(List.of(2, 1), c.worst().stream().map(ChannelErrors.Channel::index).toList());
    assertEquals(1 / 1.5, c.worst().get(0).share(), 1e-9);
    assertEquals(-10 * Math.log10(0.5), c.snrDb().get(2), 1e-9);
    assertEquals(ErrorMetrics.PERFECT_DB, c.snrDb().get(0));
  }
}
