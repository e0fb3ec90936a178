// sinter debug: where did a compressed model lose its accuracy?
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.cli.report.JsonReport;
import dev.sinter.cli.report.Table;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.optimizer.data.Dataset;
import dev.sinter.optimizer.data.InputFolder;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.data.MisfitException;
import dev.sinter.optimizer.debug.ComparisonJson;
import dev.sinter.optimizer.debug.DebugOptions;
import dev.sinter.optimizer.debug.DebugReport;
import dev.sinter.optimizer.debug.Debugger;
import dev.sinter.optimizer.debug.DebuggerCsv;
import dev.sinter.optimizer.debug.Diagnosis;
import dev.sinter.optimizer.debug.HtmlReport;
import dev.sinter.optimizer.debug.LayerReport;
import dev.sinter.optimizer.debug.Remedy;
import dev.sinter.optimizer.debug.ReportJson;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.SinterException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Explains what compression cost. */
@Command(
    name = "debug",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Finds where a compressed model lost its accuracy, layer by layer, and which layers are best left out.",
      "",
      "Any compressed form will do, by any tool: int8, 16x8, dynamic range, int4, weight-only, pruned, clustered."
          + " Values of the two models are matched by name, origin and structure. Each layer's error is measured alone"
          + " (own), with the rounding of its inputs (local), and within the whole model (whole);"
          + " docs/guides/debug-a-compressed-model.md explains them."
    },
    footer = {
      "",
      "Exit code: 0 if the models could be compared, else 1.",
      "",
      "Examples:",
      "  sinter debug float.tflite int8.tflite --data data/clothes --html debug.html",
      "  sinter debug float.tflite int4.tflite --data data/sst2 --examples 64 --csv layers.csv --json debug.json"
    })
public final class DebugCommand implements Callable<Integer> {
  private static final int ROWS = 12;

  @Parameters(index = "0", paramLabel = "FLOAT", description = "The model as it was.")
  private Path reference;

  @Parameters(index = "1", paramLabel = "COMPRESSED", description = "A compressed form of it.")
  private Path compressed;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description =
          "Folder with a dataset.json, or with inputs as 'sinter verify --inputs' takes them.")
  private Path data;

  @Option(
      names = "--split",
      paramLabel = "NAME",
      description = "Which examples of a data set (default: calibration, or else its first).")
  private String split;

  @Option(
      names = "--examples",
      paramLabel = "N",
      defaultValue = "32",
      description = "How many at most (default ${DEFAULT-VALUE}).")
  private int examples;

  @Option(
      names = "--exclude",
      paramLabel = "K",
      defaultValue = "5",
      description =
          "How many layers to seek that are best left out, each tried on the model; 0 for none (default ${DEFAULT-VALUE}).")
  private int exclude;

  @Option(
      names = "--candidates",
      paramLabel = "N",
      defaultValue = "12",
      description = "How many layers are tried for it (default ${DEFAULT-VALUE}).")
  private int candidates;

  @Option(
      names = "--memory",
      paramLabel = "MB",
      defaultValue = "1024",
      description =
          "What the values of both models may take at once; with less the examples are run several times (default"
              + " ${DEFAULT-VALUE}).")
  private long memory;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description = "Threads (default ${DEFAULT-VALUE}).")
  private int threads;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Write a report to look at: the graph, all layers, histograms, channels.")
  private Path html;

  @Option(
      names = "--csv",
      paramLabel = "FILE",
      description = "Write the own errors in the form of TensorFlow Lite's QuantizationDebugger.")
  private Path csv;

  @Option(
      names = "--aeq",
      paramLabel = "FILE",
      description =
          "Write the errors within the whole model in the form of the AI Edge Quantizer's comparison results.")
  private Path aeq;

  @Option(names = "--json", paramLabel = "FILE", description = "Write everything that was found.")
  private Path json;

  @Mixin private ModelOptions entry;

  @Mixin private RuntimeOptions runtime;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (examples < 1 || candidates < 1 || threads < 1) {
      throw new UsageException("--examples, --candidates and --threads must be at least 1");
    }
    if (exclude < 0 || memory < 0) {
      throw new UsageException("--exclude and --memory cannot be negative");
    }
    check("--html", html);
    check("--csv", csv);
    check("--aeq", aeq);
    check("--json", json);
    Graph before = read(reference);
    Graph after = read(compressed);
    PrintWriter out = spec.commandLine().getOut();
    DebugReport report;
    try {
      report = debugger().debug(before, after, inputs());
    } catch (MisfitException | IllegalArgumentException | SinterException | GraphException e) {
      out.println(e.getMessage());
      out.flush();
      return Main.FAILED;
    }
    print(out, report);
    if (html != null) {
      JsonReport.writeText(html, HtmlReport.of(report));
    }
    if (csv != null) {
      JsonReport.writeText(csv, DebuggerCsv.of(report));
    }
    if (aeq != null) {
      JsonReport.writeText(aeq, ComparisonJson.of(report, before, after));
    }
    if (json != null) {
      JsonReport.write(json, List.of(ReportJson.fields(report)));
    }
    return Main.OK;
  }

  private static void check(String option, Path file) throws IOException {
    if (file != null) {
      JsonReport.check(option, file);
    }
  }

  private Graph read(Path model) throws IOException {
    return TfliteReader.read(model.toString(), ByteBuffer.wrap(entry.read(model)));
  }

  private InputSource inputs() throws IOException {
    if (!Files.isDirectory(data)) {
      throw new UsageException("--data " + data + " is no folder");
    }
    String wanted = split;
    if (wanted == null
        && Files.exists(data.resolve("dataset.json"))
        && Dataset.splits(data).contains("calibration")) {
      wanted = "calibration";
    }
    return InputFolder.open(data, wanted, null, examples);
  }

  private Debugger debugger() {
    Options forCompressed = runtime.options(threads);
    // --bf16 is a way to compress: the reference stays float.
    Options forReference = forCompressed.toBuilder().bf16(false).build();
    DebugOptions options =
        DebugOptions.DEFAULT
            .withExamples(examples)
            .withRuntime(forReference, forCompressed)
            .withMemory(memory << 20)
            .withRanking(exclude, candidates, Math.min(examples, 16));
    PrintWriter err = spec.commandLine().getErr();
    return new Debugger(
        options,
        (what, done, of) -> {
          err.printf("\r  %-12s %d of %d   ", what, done, of);
          err.flush();
        });
  }

  private void print(PrintWriter out, DebugReport r) {
    spec.commandLine().getErr().print("\r                                        \r");
    spec.commandLine().getErr().flush();
    out.printf(
        Locale.ROOT,
        "%s: %,d bytes, was %,d; outputs %.1f dB on %d examples, worst example %d%n",
        compressed.getFileName(),
        r.compressedBytes(),
        r.referenceBytes(),
        dev.sinter.optimizer.debug.ErrorMetrics.decibels(r.outputNoise()),
        r.examples(),
        r.worstExample());
    r.notes().forEach(n -> out.println("note: " + n));
    List<LayerReport> worst = r.worst();
    out.printf("%nLayers with the largest error of their own, in decibels (less is worse):%n");
    Table table =
        new Table("op", "layer", "own", "local", "whole", "worst", "clipped", "bytes", "us", "why");
    for (LayerReport l : worst.subList(0, Math.min(ROWS, worst.size()))) {
      table.row(
          l.opIndex(),
          l.op() + " " + shortened(l.name()),
          decibels(l.own().snrDb()),
          decibels(l.local().snrDb()),
          decibels(l.cumulative().snrDb()),
          l.own().worstExample(),
          l.values() == null || Double.isNaN(l.values().clipped())
              ? "-"
              : String.format(Locale.ROOT, "%.2f %%", 100 * l.values().clipped()),
          l.bytes(),
          Double.isNaN(l.micros()) ? "-" : String.format(Locale.ROOT, "%.1f", l.micros()),
          Diagnosis.of(l));
    }
    table.print(out);
    if (r.ranking().isEmpty()) {
      out.printf("%n%s%n", exclude == 0 ? "" : "No layer was found that is better left out.");
    } else {
      ranking(out, r);
    }
    out.flush();
  }

  private static void ranking(PrintWriter out, DebugReport r) {
    out.printf("%nWhat to leave out, each step on top of those before (tried on the model):%n");
    Table table = new Table("step", "outputs dB", "error", "bytes", "us", "layers", "why");
    int step = 1;
    List<String> rules = new ArrayList<>();
    for (Remedy remedy : r.ranking()) {
      table.row(
          step++,
          decibels(dev.sinter.optimizer.debug.ErrorMetrics.decibels(remedy.noise())),
          String.format(Locale.ROOT, "%+.1f %%", 100 * remedy.errorChange()),
          String.format(Locale.ROOT, "%+d", remedy.bytesChange()),
          Double.isNaN(remedy.microsChange())
              ? "-"
              : String.format(Locale.ROOT, "%+.1f", remedy.microsChange()),
          String.join(" + ", remedy.names().stream().map(DebugCommand::shortened).toList()),
          remedy.why());
      rules.addAll(ReportJson.rules(remedy));
    }
    table.print(out);
    out.printf("%nAs rules at the end of a recipe ('sinter optimize --recipe FILE'):%n");
    out.println("  " + String.join(",\n  ", rules));
  }

  private static String decibels(double db) {
    return String.format(Locale.ROOT, "%.1f", db);
  }

  /** The first of the names that were fused, and of that the end. */
  private static String shortened(String name) {
    int end = name.indexOf(';');
    String first = end > 0 ? name.substring(0, end) : name;
    return first.length() <= 48 ? first : "..." + first.substring(first.length() - 45);
  }
}
