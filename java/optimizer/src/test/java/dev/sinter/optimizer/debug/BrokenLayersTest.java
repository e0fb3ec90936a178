// Layers broken on purpose are ranked first, and leaving them out mends the model.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class BrokenLayersTest {
  private static final DebugOptions OPTIONS =
      DebugOptions.DEFAULT.withExamples(16).withTimingRuns(0);

  private static DebugReport debug(Chain chain) {
    return new Debugger(OPTIONS).debug(chain.floats(), chain.int8(), Chain.examples(16));
  }

  private static final double HEALTHY = debug(new Chain(7)).outputNoise();

  /** The first step names the layer, says why, and brings the outputs near a healthy model's. */
  private static void assertMended(DebugReport report, String layer, String why) {
    assertTrue(report.outputNoise() > 20 * HEALTHY, "the fault does not show");
    Remedy first = report.ranking().get(0);
    assertTrue(first.names().contains(layer), first::toString);
    assertTrue(first.why().contains(why), first::toString);
    assertTrue(first.errorChange() < -0.9, first::toString);
    assertTrue(first.noise() < 3 * HEALTHY, first.noise() + " is not " + HEALTHY);
    assertEquals(layer, report.worst().get(0).name());
  }

  @Test
  void aHealthyModelHasLittleNoise() {
    assertTrue(ErrorMetrics.decibels(HEALTHY) > 30, "SNR " + ErrorMetrics.decibels(HEALTHY));
  }

  @Test
  void oneWideChannelOfWeightsWithOneScale() {
    Chain chain = new Chain(7);
    chain.widen(2, 5, 100);
    chain.bias[2][5] = -1e4f; // it never fires: the activations stay as they were
    chain.perTensor[2] = true;
    DebugReport report = debug(chain);
    assertMended(report, "layer2", "channel 5 is");
    assertEquals(List.of(2 + 1), report.ranking().get(0).layers()); // behind the input
    WeightErrors w = report.layers().get(3).weights();
    assertEquals(5, w.widest());
    assertTrue(w.rangeRatio() > 50, w::toString);
  }

  @Test
  void oneLoudChannelMakesStepsTooCoarseForTheOthers() {
    Chain chain = new Chain(7);
    chain.widen(2, 5, 100);
    for (int o = 0; o < Chain.WIDTH; o++) { // and the next layer takes it back
      chain.weights[3][o * Chain.WIDTH + 5] /= 100;
    }
    DebugReport report = debug(chain);
    Remedy first = report.ranking().get(0);
    assertEquals(Set.of("layer2", "layer3"), new TreeSet<>(first.names()));
    assertTrue(first.errorChange() < -0.8, first::toString);
  }

  @Test
  void aTensorCalibratedToNoRange() {
    Chain chain = new Chain(7);
    chain.scaleFactor[1] = 1e-5;
    DebugReport report = debug(chain);
    assertMended(report, "layer1", "calibrated too small");
    assertEquals(Set.of("layer1", "layer2"), new TreeSet<>(report.ranking().get(0).names()));
    TensorValues v = report.layers().get(2).values();
    assertTrue(v.saturation() > 0.3 && v.clipped() > 0.3, v::toString);
  }

  @Test
  void outliersInOneActivation() {
    Chain chain = new Chain(7);
    chain.scaleFactor[3] = 60;
    DebugReport report = debug(chain);
    assertMended(report, "layer3", "range of its type: outliers");
    TensorValues v = report.layers().get(4).values();
    assertTrue(v.rangeUse() < 0.05, v::toString);
  }

  /** Answers of which the model is sure stay as they are, whatever is broken before the softmax. */
  @Test
  void aSoftmaxDoesNotHideBrokenLayers() {
    for (float factor : new float[] {1, 20}) {
      Chain chain = new Chain(7);
      chain.softmax = factor;
      chain.scaleFactor[3] = 60;
      DebugReport report = debug(chain);
      Remedy first = report.ranking().get(0);
      assertTrue(first.names().contains("layer3"), first::toString);
      assertTrue(first.errorChange() < -0.9, first::toString);
      assertEquals("layer3", report.worst().get(0).name());
    }
  }

  @Test
  void floatEndsChangeNothing() {
    Chain chain = new Chain(7);
    chain.floatEnds = true;
    chain.scaleFactor[3] = 60;
    DebugReport report = debug(chain);
    assertMended(report, "layer3", "outliers");
  }

  @Test
  void namesThatSayNothing() {
    Chain chain = new Chain(7);
    chain.prefix = "anything";
    chain.scaleFactor[3] = 60;
    DebugReport report = debug(chain);
    assertMended(report, "anything3", "outliers");
    assertEquals(ModelMatch.How.STRUCTURE, report.layers().get(2).how());
    assertEquals("layer3", report.layers().get(4).referenceName());
  }
}
