// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.quality;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sinter.graph.Graph;
import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.optimizer.QualityStep;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.data.SessionSlots;
import dev.sinter.runtime.Model;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Session;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Preparations leave what real models compute as it is. */
class RealModelsTest {
  private static final InputSource SOME = InputSource.random(3, 8);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "kws_float.tflite",
        "resnet8_cifar10_float.tflite",
        "vww_96_float.tflite",
        "ad01_float.tflite",
        "efficientnet_lite0_w035_float.tflite",
        "tiny_text_float.tflite"
      })
  void preparationsKeepTheFunction(String name) {
    String shared = System.getenv("SINTER_SHARED");
    Path file = Path.of(shared == null ? "../../../shared" : shared, "models", "own", name);
    assumeTrue(Files.exists(file), "absent: " + file);
    Graph before = TfliteReader.read(file);
    int changed = 0;
    for (QualityStep step :
        List.of(
            new FoldBatchNormStep(),
            new FoldActivationsStep(),
            new EqualizeStep(),
            new AbsorbBiasStep(),
            new EmbeddingLookupStep(),
            new LayerNormsStep(),
            new SmoothQuantStep())) {
      Map<String, Object> parameters =
          step instanceof SmoothQuantStep ? Map.of("insert", true) : Map.of();
      Graph after =
          step.prepare(
              new QualityStep.Preparation(before, Map.of(0, SOME), Options.DEFAULT, s -> {}),
              parameters);
      changed += after.equals(before) ? 0 : 1;
      assertSame(before, after, name + " " + step.name());
    }
    assertTrue(changed > 0, "no step has changed anything");
  }

  private static void assertSame(Graph before, Graph after, String what) {
    InputSource.Feed feed = SOME.open(before);
    try (Model a = Model.load(before, Options.DEFAULT);
        Model b = Model.load(after, Options.DEFAULT);
        Session one = a.newSession();
        Session other = b.newSession()) {
      for (int run = 0; run < feed.runs(); run++) {
        feed.fill(run, new SessionSlots(one), new SessionSlots(other));
        one.run();
        other.run();
        for (int o = 0; o < before.outputs().size(); o++) {
          float[] expected = one.outputReals(o);
          float most = 0;
          for (float v : expected) {
            most = Math.max(most, Math.abs(v));
          }
          assertArrayEquals(expected, other.outputReals(o), 1e-4f * most, what);
        }
      }
    }
  }
}
