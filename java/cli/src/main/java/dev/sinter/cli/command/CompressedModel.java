// A model compressed by a recipe on the way to something else: for the demonstration.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.graph.tflite.TfliteWriter;
import dev.sinter.optimizer.Optimized;
import dev.sinter.optimizer.Optimizer;
import dev.sinter.optimizer.calibration.CalibrationException;
import dev.sinter.optimizer.data.InputFolder;
import dev.sinter.optimizer.data.MisfitException;
import dev.sinter.optimizer.recipe.NamedRecipes;
import dev.sinter.optimizer.recipe.Recipe;
import dev.sinter.optimizer.recipe.RecipeException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;

/** Compresses with the examples of a data set's split {@code calibration}. */
final class CompressedModel {
  private static final int EXAMPLES = 500;

  private CompressedModel() {}

  /** Where the result goes: the project's build folder, or one for temporary files. */
  static Path place(Path model, String recipe) throws IOException {
    String project = System.getProperty("sinter.project");
    Path folder =
        project == null
            ? Files.createTempDirectory("sinter-demo")
            : Files.createDirectories(Path.of(project, "build", "demo"));
    String name = model.getFileName().toString().replaceFirst("\\.tflite$", "");
    String how = Path.of(recipe).getFileName().toString().replaceFirst("\\.json$", "");
    return folder.resolve(name + "_" + how + ".tflite");
  }

  static void make(
      Path model, String recipe, Path data, Path output, PrintWriter out, PrintWriter err)
      throws IOException {
    long begin = System.nanoTime();
    ProgressLine progress = new ProgressLine(err);
    Optimized result;
    try {
      result =
          Optimizer.of(TfliteReader.read(model))
              .recipe(
                  NamedRecipes.names().contains(recipe)
                      ? Recipe.named(recipe)
                      : Recipe.load(Path.of(recipe)))
              .examples(InputFolder.open(data, "calibration", null, EXAMPLES))
              .progress(progress::at)
              .run();
    } catch (RecipeException | MisfitException | CalibrationException e) {
      throw new UsageException(e.getMessage());
    } finally {
      progress.end();
    }
    TfliteWriter.write(result.graph(), output);
    out.printf(
        "%s compressed by %s in %.1f s: %,d bytes, now %,d (%s)%n",
        model.getFileName(),
        recipe,
        (System.nanoTime() - begin) * 1e-9,
        Files.size(model),
        Files.size(output),
        output);
    out.flush();
  }
}
