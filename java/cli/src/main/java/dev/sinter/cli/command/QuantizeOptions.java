// The options of quantization after training, and what they do.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.cli.report.JsonReport;
import dev.sinter.graph.Graph;
import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.graph.tflite.TfliteWriter;
import dev.sinter.optimizer.Optimized;
import dev.sinter.optimizer.Optimizer;
import dev.sinter.optimizer.calibration.Calibration;
import dev.sinter.optimizer.calibration.CalibrationJson;
import dev.sinter.optimizer.calibration.Method;
import dev.sinter.optimizer.data.Dataset;
import dev.sinter.optimizer.data.InputFolder;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.data.Quantizing;
import dev.sinter.optimizer.decision.Decisions;
import dev.sinter.optimizer.decision.Decisions.Border;
import dev.sinter.optimizer.decision.DecisionsJson;
import dev.sinter.optimizer.decision.Mode;
import dev.sinter.optimizer.recipe.NamedRecipes;
import dev.sinter.optimizer.recipe.Recipe;
import dev.sinter.optimizer.recipe.RecipeException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Option;

/** Quantizes a model by a recipe, or by decisions that were made before. */
final class QuantizeOptions {
  private static final String TEST_SPLIT =
      "--split test: examples that a model is judged by must not be what it is calibrated with; take another split";

  @Option(
      names = "--data",
      paramLabel = "[KEY=]DIR",
      description =
          "Examples to calibrate with: a folder with a dataset.json, or with .npy files, raw values or pictures as"
              + " under 'verify --inputs'. KEY=DIR: for the signature KEY; may be given several times.")
  private List<String> data = new ArrayList<>();

  @Option(
      names = "--split",
      paramLabel = "NAME",
      description =
          "Which examples of a data set (default: calibration, or else train). Never test: what is judged by them"
              + " must not have seen them.")
  private String split;

  @Option(
      names = "--examples",
      paramLabel = "N",
      defaultValue = "500",
      description = "The first N examples at most (default ${DEFAULT-VALUE}).")
  private int examples;

  @Option(
      names = "--random",
      paramLabel = "N",
      description =
          "Calibrate with N random inputs, for want of data: shows speed and size, not accuracy.")
  private int random;

  @Option(
      names = "--scale",
      paramLabel = "S",
      description = "Bytes of pictures stand for byte * S + O (see --offset).")
  private Double scale;

  @Option(names = "--offset", paramLabel = "O", description = "See --scale.")
  private Double offset;

  @Option(
      names = "--calibration",
      paramLabel = "FILE",
      description =
          "What calibration saw, in AI Edge Quantizer's JSON. If the file is there it is read: without --data it must"
              + " suffice, with --data calibration goes on where it ended. With --data it is written.")
  private Path calibration;

  @Option(
      names = "--method",
      paramLabel = "M",
      description =
          "How ranges are chosen: min_max (default), moving_average, percentile, entropy, mse, histogram.")
  private String method;

  @Option(
      names = "--percentile",
      paramLabel = "P",
      description = "What --method percentile keeps on each side (default 99.99).")
  private Double percentile;

  @Option(
      names = "--memory",
      paramLabel = "MB",
      defaultValue = "256",
      description =
          "Tensors of so many megabytes are looked at in one pass over the examples; more take more passes (default"
              + " ${DEFAULT-VALUE}).")
  private int memory;

  @Option(
      names = "--inputs",
      paramLabel = "TYPE",
      description = "Type of the new model's inputs: float (default), int8, int16 or quantized.")
  private String inputs;

  @Option(
      names = "--outputs",
      paramLabel = "TYPE",
      description = "Type of the new model's outputs, as --inputs.")
  private String outputs;

  @Option(
      names = "--step",
      paramLabel = "NAME",
      description = "Also take this step for quality; may be given several times.")
  private List<String> steps = new ArrayList<>();

  @Option(
      names = "--without-step",
      paramLabel = "NAME",
      description = "Leave this step of the recipe out; may be given several times.")
  private List<String> without = new ArrayList<>();

  @Option(
      names = "--decisions",
      paramLabel = "FILE",
      description = "Carry out decisions that --save-decisions wrote, in the place of a recipe.")
  private Path decisions;

  @Option(
      names = "--save-decisions",
      paramLabel = "FILE",
      description =
          "Write what was decided on every op and tensor, to be looked at, changed, carried out again.")
  private Path saveDecisions;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description = "Threads for calibration (default ${DEFAULT-VALUE}).")
  private int threads;

  /**
   * The folder of --data for a search, null if there is none; what a search leaves out is refused.
   */
  Path searchData() {
    if (data.size() > 1 || (data.size() == 1 && data.get(0).contains("="))) {
      throw new UsageException("--budget takes one --data DIR, without a signature");
    }
    if ("test".equals(split)) {
      throw new UsageException(TEST_SPLIT);
    }
    boolean unused =
        random > 0
            || scale != null
            || offset != null
            || calibration != null
            || method != null
            || percentile != null
            || saveDecisions != null
            || inputs != null
            || outputs != null;
    if (unused) {
      throw new UsageException(
          "--budget goes without --random, --scale, --offset, --calibration, --method, --percentile, --save-decisions,"
              + " --inputs and --outputs");
    }
    return data.isEmpty() ? null : Path.of(data.get(0));
  }

  String split() {
    return split;
  }

  List<Recipe.Step> steps() {
    return steps.stream().map(s -> new Recipe.Step(s, Map.of())).toList();
  }

  int examples() {
    return examples;
  }

  int threads() {
    return threads;
  }

  Path decisions() {
    return decisions;
  }

  int run(
      Path model,
      String recipe,
      Path output,
      Path json,
      RuntimeOptions runtime,
      PrintWriter out,
      PrintWriter err)
      throws IOException {
    check();
    Graph graph = TfliteReader.read(model);
    Optimized result;
    ProgressLine progress = new ProgressLine(err);
    if (decisions != null) {
      Decisions read = borders(DecisionsJson.read(decisions));
      result = Optimized.of(graph, read);
    } else {
      Optimizer.Builder b =
          Optimizer.of(graph)
              .recipe(recipe(recipe))
              .options(runtime.options(threads))
              .memory((long) memory << 20)
              .progress(progress::at);
      builder(b);
      result = b.run();
      progress.end();
    }
    TfliteWriter.write(result.graph(), output);
    if (saveDecisions != null) {
      DecisionsJson.write(result.decisions(), saveDecisions);
    }
    if (calibration != null && (!data.isEmpty() || random > 0)) {
      CalibrationJson.write(result.calibration(), result.prepared(), calibration);
    }
    String what = decisions != null ? decisions.toString() : recipe;
    new QuantizeReport(result, runtime.options(1)).print(out, model, output, what, json, wanted());
    return result.layers().stream().anyMatch(l -> l.mode() != Mode.FLOAT) ? Main.OK : Main.FAILED;
  }

  private void check() throws IOException {
    if (threads < 1 || examples < 1 || memory < 1 || random < 0) {
      throw new UsageException("--threads, --examples and --memory must be at least 1");
    }
    if (random > 0 && !data.isEmpty()) {
      throw new UsageException("--random is for want of data; leave it out beside --data");
    }
    if (saveDecisions != null) {
      JsonReport.check("--save-decisions", saveDecisions);
    }
    if (calibration != null && (!data.isEmpty() || random > 0)) {
      JsonReport.check("--calibration", calibration);
    }
    if ("test".equals(split)) {
      throw new UsageException(TEST_SPLIT);
    }
  }

  private static Recipe recipe(String name) throws IOException {
    Path file = Path.of(name);
    if (NamedRecipes.names().contains(name)) {
      return Recipe.named(name);
    }
    if (!Files.exists(file) && !name.endsWith(".json")) {
      List<String> names = new ArrayList<>(NamedRecipes.names());
      names.add(PruneOptions.RECIPE);
      throw new RecipeException(
          "--recipe " + name + " is no file, and no recipe has this name; there are " + names);
    }
    return Recipe.load(file);
  }

  private void builder(Optimizer.Builder b) throws IOException {
    if (method != null) {
      try {
        b.method(Method.named(method));
      } catch (IllegalArgumentException e) {
        throw new UsageException("--method: " + e.getMessage());
      }
    }
    if (percentile != null) {
      try {
        b.percentile(percentile);
      } catch (IllegalArgumentException e) {
        throw new UsageException("--percentile: " + e.getMessage());
      }
    }
    if (calibration != null && Files.exists(calibration)) {
      String text = Files.readString(calibration);
      b.calibration(g -> earlier(text, g));
    } else if (calibration != null && data.isEmpty() && random == 0) {
      throw new UsageException(
          "--calibration " + calibration + " is not there, and no --data to make it");
    }
    for (String step : steps) {
      b.step(step, Map.of());
    }
    without.forEach(b::without);
    if (inputs != null) {
      b.inputs(border("--inputs", inputs));
    }
    if (outputs != null) {
      b.outputs(border("--outputs", outputs));
    }
    if (random > 0) {
      b.examples(InputSource.random(random, 1));
    }
    for (String d : data) {
      int at = d.indexOf('=');
      if (at < 0) {
        b.examples(source(Path.of(d)));
      } else {
        try {
          b.examples(d.substring(0, at), source(Path.of(d.substring(at + 1))));
        } catch (IllegalArgumentException e) {
          throw new UsageException("--data " + d + ": " + e.getMessage());
        }
      }
    }
  }

  private Calibration earlier(String text, Graph graph) {
    try {
      return CalibrationJson.read(calibration.toString(), text, graph);
    } catch (IOException e) {
      throw new UsageException(e.getMessage());
    }
  }

  private InputSource source(Path folder) throws IOException {
    Quantizing.Real real =
        scale == null && offset == null
            ? null
            : new Quantizing.Real(scale == null ? 1 : scale, offset == null ? 0 : offset);
    String name = split;
    if (name == null && Files.exists(folder.resolve("dataset.json"))) {
      List<String> names = Dataset.splits(folder);
      name =
          names.contains("calibration") ? "calibration" : names.contains("train") ? "train" : null;
      if (name == null) {
        throw new UsageException(
            folder
                + " has neither a split 'calibration' nor one 'train'; say with --split which of "
                + names
                + " is not used to judge the model");
      }
    }
    return InputFolder.open(folder, name, real, examples);
  }

  private Decisions borders(Decisions d) {
    return d.withBorders(
        inputs == null ? d.inputs() : border("--inputs", inputs),
        outputs == null ? d.outputs() : border("--outputs", outputs));
  }

  private static Border border(String option, String type) {
    return switch (type.toLowerCase(Locale.ROOT)) {
      case "float", "float32" -> Border.FLOAT;
      case "int8", "int16", "quantized" -> Border.QUANTIZED;
      default ->
          throw new UsageException(
              option + " " + type + " is none of float, int8, int16, quantized");
    };
  }

  /** Types that were asked for by name, of inputs and of outputs; null where any will do. */
  private List<String> wanted() {
    List<String> out = new ArrayList<>();
    for (String type : new String[] {inputs, outputs}) {
      boolean named = type != null && type.toLowerCase(Locale.ROOT).startsWith("int");
      out.add(named ? type.toUpperCase(Locale.ROOT) : "");
    }
    return out;
  }
}
