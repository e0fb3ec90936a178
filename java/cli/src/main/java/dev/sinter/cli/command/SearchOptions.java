// The options of a search under a budget, and what it prints.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.cli.report.JsonReport;
import dev.sinter.cli.report.Table;
import dev.sinter.graph.Graph;
import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.graph.tflite.TfliteWriter;
import dev.sinter.optimizer.data.Dataset;
import dev.sinter.optimizer.data.InputFolder;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.search.Budget;
import dev.sinter.optimizer.search.ExampleJudge;
import dev.sinter.optimizer.search.SchemeSpace;
import dev.sinter.optimizer.search.Search;
import dev.sinter.optimizer.search.SearchResult;
import dev.sinter.optimizer.search.Trial;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.SinterException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Option;

/** Chooses a scheme per layer. */
final class SearchOptions {
  @Option(
      names = "--budget",
      paramLabel = "B",
      description =
          "In the place of a recipe: choose a scheme for each layer, so that the file is as small as may be while"
              + " accuracy=POINTS (percent) are lost at most, or accuracy is kept as far as may be within bytes=N or"
              + " latency=MICROSECONDS.")
  private String budget;

  @Option(
      names = "--schemes",
      split = ",",
      paramLabel = "S",
      description =
          "Schemes to choose from, the least compressed first: float or names of recipes, behind them +reconstruct or +"
              + " and an algorithm such as GPTQ (default float,dynamic_wi8_afp32,dynamic_wi4_afp32+reconstruct).")
  private List<String> schemes =
      List.of(SchemeSpace.FLOAT, "dynamic_wi8_afp32", "dynamic_wi4_afp32+reconstruct");

  @Option(
      names = "--judge",
      paramLabel = "SPLIT",
      description =
          "Examples that candidates are judged by: their labels, or without them agreement with the float model"
              + " (default: train, if it has labels, else calibration). Not test, by which the result is judged.")
  private String judge;

  @Option(
      names = "--judge-examples",
      paramLabel = "N",
      defaultValue = "300",
      description = "How many of them at most (default ${DEFAULT-VALUE}).")
  private int judgeExamples;

  @Option(
      names = "--trials",
      paramLabel = "N",
      defaultValue = "60",
      description = "Candidates judged on all of them at most (default ${DEFAULT-VALUE}).")
  private int trials;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "3600",
      description = "Stop after so long, with the best so far (default ${DEFAULT-VALUE}).")
  private double seconds;

  @Option(
      names = "--margin",
      paramLabel = "E",
      defaultValue = "0",
      description =
          "With accuracy=POINTS: so many standard errors of the loss must fit into the budget, too, so that it is kept"
              + " on other examples (default ${DEFAULT-VALUE}; 1: most likely, 2: almost certainly).")
  private double margin;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description =
          "Equal seeds make equal searches, unless times are measured (default ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--journal",
      paramLabel = "FILE",
      description =
          "Keep what was measured here; a search that was stopped or killed goes on from it (default: none).")
  private Path journal;

  /** Where times come from; null where none are asked for. */
  private Times times;

  boolean isWanted() {
    return budget != null;
  }

  int run(
      Path model,
      QuantizeOptions quantize,
      Path output,
      Path json,
      Options options,
      Path targetFile,
      PrintWriter out,
      PrintWriter err)
      throws IOException {
    Path data = quantize.searchData();
    if (data == null) {
      throw new UsageException("--budget needs --data DIR, a folder with a dataset.json");
    }
    if (judgeExamples < 1 || trials < 1 || !(seconds > 0) || !(margin >= 0)) {
      throw new UsageException(
          "--judge-examples, --trials and --seconds must be above 0, and --margin not below");
    }
    if (journal != null) {
      JsonReport.check("--journal", journal);
    }
    Graph graph = TfliteReader.read(model);
    times = null;
    String split = split(data);
    SearchResult result;
    SchemeSpace space;
    int examples;
    try {
      Budget wanted = Budget.parse(budget);
      space =
          new SchemeSpace(graph, schemes, calibration(data, quantize), quantize.steps(), options);
      Dataset set = Dataset.open(data, split);
      boolean labelled = set.label(0) >= 0;
      ExampleJudge judged =
          new ExampleJudge(
              graph,
              InputFolder.open(data, split, null, judgeExamples),
              labelled ? set::label : null,
              judgeExamples,
              options);
      examples = judged.examples();
      if (wanted.kind() == Budget.Kind.LATENCY) {
        times =
            Times.of(
                targetFile, options, graph, InputFolder.open(data, split, null, judgeExamples));
        times.tell(judged);
        out.println(times);
      }
      out.printf(
          "%d layers, schemes %s; judged by %s on %d examples of %s%n",
          space.layers().size(),
          schemes,
          labelled ? "labels" : "agreement with the float model",
          examples,
          split);
      out.flush();
      Search.Settings settings = new Search.Settings(trials, seconds, seed, 16, margin, journal);
      SchemeSpace built = space;
      result =
          new Search(space, judged, wanted, settings)
              .onBest(
                  t -> {
                    keep(built, t, output);
                    err.printf(
                        Locale.ROOT,
                        "  %,d bytes, accuracy %.2f %%%n",
                        t.bytes(),
                        100 * t.accuracy());
                    err.flush();
                  })
              .run(subject(model, data, split, quantize) + (times == null ? "" : times.subject()));
    } catch (IllegalArgumentException | SinterException e) {
      throw new UsageException(e.getMessage());
    }
    print(out, result, space, output, examples);
    if (json != null) {
      JsonReport.write(json, List.of(fields(model, output, result, space, examples)));
    }
    return result.best() == null ? Main.FAILED : Main.OK;
  }

  private static void keep(SchemeSpace space, Trial t, Path output) {
    TfliteWriter.write(space.build(t.assignment()), output);
  }

  private String split(Path data) throws IOException {
    if (!Files.exists(data.resolve("dataset.json"))) {
      throw new UsageException("--budget needs a data set: " + data + " has no dataset.json");
    }
    if ("test".equals(judge)) {
      throw new UsageException(
          "--judge test: the search would choose what does well on the very examples that judge its result");
    }
    if (judge != null) {
      return judge;
    }
    List<String> splits = Dataset.splits(data);
    if (splits.contains("train") && Dataset.open(data, "train").label(0) >= 0) {
      return "train";
    }
    if (splits.contains("calibration")) {
      return "calibration";
    }
    throw new UsageException(
        "--judge: " + data + " has neither a split train nor calibration, but " + splits);
  }

  private InputSource calibration(Path data, QuantizeOptions quantize) throws IOException {
    List<String> splits = Dataset.splits(data);
    String split = quantize.split();
    if (split == null) {
      split = splits.contains("calibration") ? "calibration" : split(data);
    }
    return InputFolder.open(data, split, null, quantize.examples());
  }

  /** What decides on the measurements: the journal of another search is not gone on with. */
  private static String subject(Path model, Path data, String split, QuantizeOptions quantize)
      throws IOException {
    return digest(model)
        + " on "
        + data.toAbsolutePath()
        + " "
        + split
        + ", "
        + (quantize.split() == null ? "" : "calibrated on " + quantize.split() + ", ")
        + quantize.examples()
        + " examples, steps "
        + quantize.steps();
  }

  static String digest(Path file) throws IOException {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(sha.digest(Files.readAllBytes(file))).substring(0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private void print(PrintWriter out, SearchResult r, SchemeSpace space, Path output, int judged) {
    Table table =
        new Table("bytes", "of float", "accuracy", "noise dB", "us", "layers per scheme", "");
    List<Trial> shown = new ArrayList<>(r.pareto());
    if (r.best() != null && !shown.contains(r.best())) {
      shown.add(r.best()); // of equal accuracy, but with less noise than a smaller one
    }
    for (Trial t : shown) {
      table.row(
          t.bytes(),
          String.format(Locale.ROOT, "%.1f %%", 100.0 * t.bytes() / r.reference().bytes()),
          String.format(Locale.ROOT, "%.2f %%", 100 * t.accuracy()),
          String.format(Locale.ROOT, "%.1f", Math.min(200, -10 * Math.log10(t.noise()))),
          Double.isNaN(t.micros()) ? "-" : String.format(Locale.ROOT, "%.1f", t.micros()),
          counts(t, space),
          t.equals(r.best()) ? "<- " + output.getFileName() : "");
    }
    table.print(out);
    if (times != null && r.best() != null) {
      times.about(space.build(r.best().assignment())).ifPresent(out::println);
    }
    if (r.best() != null) {
      double loss = 100 * (r.reference().accuracy() - r.best().accuracy());
      out.printf(
          Locale.ROOT,
          "%s: %.2f points lost on these examples, standard error %.2f; others say how good the choice is.%n",
          output.getFileName(),
          loss + 0.0,
          100 * Math.sqrt(r.best().flips()) / judged);
    }
    if (!r.complete()) {
      out.println("A cap was reached (--trials, --seconds); --journal FILE lets a search go on.");
    }
    if (r.best() == null) {
      out.printf(
          "No candidate kept the budget %s; closest came %,d bytes with %.2f %%. Nothing was written.%n",
          budget, r.closest().bytes(), 100 * r.closest().accuracy());
    }
    out.flush();
  }

  private static String counts(Trial t, SchemeSpace space) {
    if (t.assignment().equals(SchemeSpace.ORIGINAL)) {
      return "the model as it was";
    }
    List<String> parts = new ArrayList<>();
    for (int s = 0; s < space.schemes().size(); s++) {
      char digit = (char) ('0' + s);
      long n = t.assignment().chars().filter(c -> c == digit).count();
      if (n > 0) {
        parts.add(n + " " + space.schemes().get(s));
      }
    }
    return String.join(", ", parts);
  }

  private Map<String, Object> fields(
      Path model, Path output, SearchResult r, SchemeSpace space, int examples) {
    Map<String, Object> f = new LinkedHashMap<>();
    f.put("model", model.toString());
    f.put("output", output.toString());
    f.put("budget", budget);
    f.put("seed", seed);
    f.put("margin", margin);
    f.put("examples", examples);
    f.put("complete", r.complete());
    f.put("times", times == null ? null : times.toString());
    f.put("schemes", space.schemes());
    f.put("layers", space.layers());
    f.put("reference", trial(r.reference()));
    f.put("best", r.best() == null ? null : trial(r.best()));
    f.put("pareto", r.pareto().stream().map(SearchOptions::trial).toList());
    f.put("trials", r.trials().stream().map(SearchOptions::trial).toList());
    return f;
  }

  private static Map<String, Object> trial(Trial t) {
    Map<String, Object> f = new LinkedHashMap<>();
    f.put("assignment", t.assignment());
    f.put("bytes", t.bytes());
    f.put("accuracy", t.accuracy());
    f.put("noise", t.noise());
    f.put("flips", t.flips());
    f.put("micros", Double.isNaN(t.micros()) ? null : t.micros());
    return f;
  }
}
