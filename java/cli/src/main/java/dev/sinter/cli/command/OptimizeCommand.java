// sinter optimize: makes a model smaller or faster.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.cli.report.JsonReport;
import dev.sinter.optimizer.calibration.CalibrationException;
import dev.sinter.optimizer.data.MisfitException;
import dev.sinter.optimizer.recipe.RecipeException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Compresses a model. */
@Command(
    name = "optimize",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Writes a smaller or faster form of a model; the file that is read stays as it is.",
      "",
      "A recipe says which ops are quantized, and how: AI Edge Quantizer's list of rules in a JSON file, or a name:"
          + " static_wi8_ai8 (integers throughout), static_wi8_ai16, dynamic_wi8_afp32 (integer weights, float inputs),"
          + " weight_only_wi8_afp32 (smaller, computed in float), the same with wi4, weight_only_wf16_afp32, and more"
          + " (docs/guides/compress-a-model.md). Static recipes must see examples (--data), which should be others than"
          + " those the result is judged by.",
      "",
      "The recipe prune_for_benchmark sets the smallest weights of each layer to zero, in blocks that sparse kernels skip."
          + " Nothing is trained: it shows what sparsity would give in speed ('sinter bench') before anyone cares for"
          + " accuracy, which it costs ('sinter evaluate').",
      "",
      "With --budget a scheme is chosen for each layer: as small as may be while little accuracy is lost, or as accurate as"
          + " may be in so many bytes or microseconds (docs/guides/search-under-a-budget.md)."
    },
    footer = {
      "",
      "Examples:",
      "  sinter optimize model.tflite --recipe static_wi8_ai8 --data data/ -o model_int8.tflite",
      "  sinter optimize model.tflite --recipe rules.json --data data/ --method mse -o small.tflite --json report.json",
      "  sinter optimize model.tflite --recipe dynamic_wi8_afp32 -o dynamic.tflite",
      "  sinter optimize model.tflite --recipe prune_for_benchmark --sparsity 0.8 --pattern 4x4 -o sparse.tflite",
      "  sinter optimize model.tflite --budget accuracy=1.0 --data data/ -o small.tflite --journal search.journal",
      "  sinter evaluate model.tflite model_int8.tflite --data data/"
    })
public final class OptimizeCommand implements Callable<Integer> {
  @Parameters(paramLabel = "MODEL", description = "A .tflite file.")
  private Path model;

  @Option(
      names = "--recipe",
      paramLabel = "R",
      description = "What to do: a JSON file with rules, or the name of a recipe.")
  private String recipe;

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "FILE",
      description = "Where the new model goes.")
  private Path output;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description =
          "Write model, output, recipe, bytesBefore, bytesAfter and the lines of the table; see docs/cli.md.")
  private Path json;

  @Mixin private QuantizeOptions quantize;

  @Mixin private PruneOptions prune;

  @Mixin private SearchOptions search;

  @Mixin private RuntimeOptions runtime;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    int wishes = (recipe == null ? 0 : 1) + (quantize.decisions() == null ? 0 : 1);
    if (wishes + (search.isWanted() ? 1 : 0) != 1) {
      throw new UsageException("say what to do: one of --recipe, --decisions and --budget");
    }
    if (json != null) {
      JsonReport.check(json);
    }
    JsonReport.check("--output", output);
    if (Files.exists(output) && Files.isSameFile(model, output)) {
      throw new UsageException("--output is the model itself; give another file");
    }
    try {
      if (search.isWanted()) {
        return search.run(
            model,
            quantize,
            output,
            json,
            runtime.options(quantize.threads()),
            runtime.target(),
            out,
            spec.commandLine().getErr());
      }
      return PruneOptions.RECIPE.equalsIgnoreCase(recipe)
          ? prune.run(model, output, json, out)
          : quantize.run(model, recipe, output, json, runtime, out, spec.commandLine().getErr());
    } catch (RecipeException | MisfitException | CalibrationException e) {
      throw new UsageException(e.getMessage());
    }
  }
}
