// The models that AI Edge Quantizer tests itself with, by every recipe that has a name; and how
// right the answers of quantized models are.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.quantize;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sinter.cli.compare.Evaluation;
import dev.sinter.cli.differential.Shared;
import dev.sinter.cli.peer.Peer;
import dev.sinter.cli.peer.SinterPeer;
import dev.sinter.graph.Graph;
import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.graph.tflite.TfliteWriter;
import dev.sinter.optimizer.Optimized;
import dev.sinter.optimizer.Optimizer;
import dev.sinter.optimizer.data.Dataset;
import dev.sinter.optimizer.data.InputFolder;
import dev.sinter.optimizer.recipe.NamedRecipes;
import dev.sinter.optimizer.recipe.Recipe;
import dev.sinter.runtime.Options;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantizedSharedTest {
  private static Path shared() {
    Path shared = Shared.folder();
    assumeTrue(shared != null, "SKIPPED: no folder ../shared with models");
    return shared;
  }

  @Test
  void everyRecipeDoesWhatItCanOrSaysWhyNot() throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(shared().resolve("models/quantizer"))) {
      files = all.filter(f -> f.toString().endsWith(".tflite")).sorted().toList();
    }
    try (QuantizedModels models = new QuantizedModels()) {
      for (Path file : files) {
        for (String recipe : NamedRecipes.names()) {
          models.run(file.getFileName().toString(), TfliteReader.read(file), recipe);
        }
      }
      System.out.println("Quantizer's models by all recipes: " + models.counts);
      assertTrue(models.wrong.isEmpty(), String.join("\n", models.wrong));
      assertTrue(models.counts.get("equal") > 150, models.counts.toString());
    }
  }

  @ParameterizedTest
  @CsvSource({
    // model, data, recipe, points below the float model at most
    "resnet8_cifar10_float, cifar10, static_wi8_ai8, 0.5",
    "kws_float, keyword-mfcc, static_wi8_ai8, 0.5",
    "kws_float, keyword-mfcc, static_wi8_ai16, 0.5",
    "kws_float, keyword-mfcc, dynamic_wi8_afp32, 0.5",
    "minilm_sst2_float, sst2, dynamic_wi8_afp32, 0.3"
  })
  void answersStayRight(String name, String data, String recipe, double points) throws IOException {
    Path file = shared().resolve("models/own/" + name + ".tflite");
    Path folder = shared().resolve("data/" + data);
    Graph graph = TfliteReader.read(file);
    Optimized result =
        Optimizer.of(graph)
            .recipe(Recipe.named(recipe))
            .examples(InputFolder.open(folder, "calibration", null, 500))
            .run();
    double before = accuracy(Files.readAllBytes(file), folder);
    double after = accuracy(TfliteWriter.toBytes(result.graph()), folder);
    System.out.printf("%s, %s: %.2f %%, in float %.2f %%%n", name, recipe, after, before);
    assertTrue(after >= before - points, after + " after " + before);
  }

  private static double accuracy(byte[] file, Path folder) throws IOException {
    Dataset set = Dataset.open(folder, "test");
    try (Peer peer = SinterPeer.open("model", file, Options.DEFAULT)) {
      return 100 * Evaluation.run("model", "sinter", peer, set, "test", (d, o) -> {}).accuracy();
    }
  }
}
