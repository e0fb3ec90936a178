// Random float models of every op, quantized, beside TensorFlow Lite.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.quantize;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.cli.differential.random.RandomModels;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuantizedRandomTest {
  private static final List<String> RECIPES =
      List.of(
          "static_wi8_ai8",
          "static_wi8_ai16",
          "dynamic_wi8_afp32",
          "dynamic_wi4_afp32",
          "weight_only_wi4_afp32");

  @Test
  void givesWhatTensorFlowLiteGives() {
    int seeds = Integer.getInteger("sinter.test.quantized", 2);
    try (QuantizedModels models = new QuantizedModels()) {
      for (String name : RandomModels.names()) {
        if (name.endsWith("float32") && RandomModels.isRightInDelegate(name)) {
          for (int seed = 1; seed <= seeds; seed++) {
            for (String recipe : RECIPES) {
              models.run(name + " " + seed, RandomModels.make(name, seed), recipe);
            }
          }
        }
      }
      System.out.println("Random models, quantized: " + models.counts);
      assertTrue(models.wrong.isEmpty(), String.join("\n", models.wrong));
      assertTrue(models.counts.getOrDefault("equal", 0) > 80 * seeds, models.counts.toString());
    }
  }
}
