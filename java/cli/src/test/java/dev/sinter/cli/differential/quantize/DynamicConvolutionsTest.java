// Convolutions whose activations are quantized on the way, beside TensorFlow Lite, to the last bit:
// a model of many
// such layers makes of a last bit a step of their quantization.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.quantize;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.cli.differential.random.RandomModels;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DynamicConvolutionsTest {
  private static final List<String> NAMES = List.of("CONV_2D float32", "CONV_2D 1x1 float32");

  @ParameterizedTest
  @ValueSource(strings = {"dynamic_wi8_afp32", "dynamic_wi4_afp32"})
  void areEqual(String recipe) {
    try (QuantizedModels models = new QuantizedModels()) {
      for (String name : NAMES) {
        for (int seed = 1; seed <= 20; seed++) {
          models.run(name + " " + seed, RandomModels.make(name, seed), recipe);
        }
      }
      System.out.println(recipe + ": " + models.counts);
      assertTrue(models.wrong.isEmpty(), String.join("\n", models.wrong));
      assertTrue(models.counts.getOrDefault("equal", 0) > 30, models.counts.toString());
      assertTrue(!models.counts.containsKey("close"), models.counts.toString());
    }
  }
}
