// sinter bench: how fast, alone or beside TFLite.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.cli.bench.Gate;
import dev.sinter.cli.bench.RatioPlot;
import dev.sinter.cli.bench.Result;
import dev.sinter.cli.bench.StepTimes;
import dev.sinter.cli.bench.Suite;
import dev.sinter.cli.command.ModelBench.PeerName;
import dev.sinter.cli.command.ModelBench.Subject;
import dev.sinter.cli.peer.PeerException;
import dev.sinter.cli.report.JsonReport;
import dev.sinter.cli.report.Machine;
import dev.sinter.cli.report.Table;
import dev.sinter.graph.GraphException;
import dev.sinter.runtime.SinterException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures models beside TFLite. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Measures the time of one run, in this process, in many short rounds in which Sinter and its peer take turns.",
      "",
      "ratio = peer's time / Sinter's time: the median over the rounds, with its 95 %% interval (order statistics)."
          + " Both sides run on the same random inputs; copying inputs in and outputs out is not part of the time."
    },
    footer = {
      "",
      "Exit code: 0 if every model was measured and gives the peer's outputs, and none failed at the"
          + " gate, else 1.",
      "",
      "Examples:",
      "  sinter bench model.tflite --peers tflite --profile",
      "  sinter bench models/ --peers tflite --threads 1,2 --seconds 5 --json bench.json",
      "  sinter bench --suite --threads 1,2 --json new.json --plot new.svg --gate old.json",
      "  sinter bench --compare new.json --gate old.json     nothing is measured"
    })
public final class BenchCommand implements Callable<Integer> {
  @Parameters(
      arity = "0..*",
      paramLabel = "FILE-OR-FOLDER",
      description = "Models, or folders with models below.")
  private List<Path> models = List.of();

  @Option(
      names = "--suite",
      arity = "0..1",
      fallbackValue = "",
      paramLabel = "FILE",
      description =
          "Measure the models that this file lists, with --details; without FILE those of the"
              + " project (benchmarks/suite.json).")
  private Path suite;

  @Option(
      names = "--models",
      split = ",",
      paramLabel = "DIR",
      description =
          "Where a suite's models are looked for, before SINTER_SHARED/models and the project.")
  private List<Path> folders = List.of();

  @Option(
      names = "--peers",
      split = ",",
      paramLabel = "PEER",
      defaultValue = "tflite",
      description =
          "Beside whom: tflite (with XNNPACK, as by default), tflite_builtin (its own kernels alone).")
  private List<PeerName> peers;

  @Option(
      names = "--threads",
      split = ",",
      paramLabel = "N",
      defaultValue = "1",
      description = "Threads, for both sides (default 1).")
  private List<Integer> threads;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "2",
      description = "Seconds per measurement (default ${DEFAULT-VALUE}).")
  private double seconds;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "Seed of the inputs (default ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Give inputs whose first dimension is 1 this many rows (default ${DEFAULT-VALUE}); models with fixed"
              + " reshapes refuse that.")
  private int batch;

  @Option(
      names = "--profile",
      description = "Then print the ops that take Sinter longest (measured apart from the table).")
  private boolean profile;

  @Option(
      names = "--details",
      description =
          "Also multiply-accumulates a second, the share of what this machine can do, the slowest"
              + " ops, and the time from the file to the first result.")
  private boolean details;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description =
          "Write model, threads, peer, sinterMicros, peerMicros, ratio, ratioLow, ratioHigh and circumstances.")
  private Path json;

  @Option(
      names = "--plot",
      paramLabel = "FILE.svg",
      description = "Draw the ratios with their intervals.")
  private Path plot;

  @Option(
      names = "--gate",
      paramLabel = "OLD.json",
      description =
          "Compare with an older result: fails where the whole interval of new / old ratio lies"
              + " below 0.9.")
  private Path gate;

  @Option(
      names = "--compare",
      paramLabel = "NEW.json",
      description = "Measure nothing: hold this result against --gate, or draw it with --plot.")
  private Path compare;

  @Mixin private ModelOptions entry;

  @Mixin private RuntimeOptions runtime;

  @Spec private CommandSpec spec;

  private final List<Map<String, Object>> rows = new ArrayList<>();
  private final List<String> afterwards = new ArrayList<>();

  @Override
  public Integer call() throws IOException {
    List<Result> older = gate == null ? null : Result.read(gate);
    if (plot != null) {
      JsonReport.check("--plot", plot);
    }
    if (compare != null) {
      if (suite != null || !models.isEmpty() || json != null) {
        throw new UsageException("--compare measures nothing: leave models, --suite, --json away");
      }
      if (gate == null && plot == null) {
        throw new UsageException("--compare NEW.json needs --gate OLD.json or --plot FILE.svg");
      }
      return finished(Result.read(compare), older) ? Main.OK : Main.FAILED;
    }
    TflitePeers.require();
    if (!(seconds > 0) || threads.stream().anyMatch(n -> n < 1) || batch < 1) {
      throw new UsageException("--seconds, --threads and --batch must be positive");
    }
    details |= suite != null;
    if (suite != null && entry.hasSignature()) {
      throw new UsageException("--signature is for single models, not for --suite");
    }
    List<Subject> subjects = subjects();
    if (json != null) {
      JsonReport.check(json);
    }
    PrintWriter out = out();
    out.printf("%s, %d cores, load average %.2f%n", Machine.cpu(), Machine.cores(), Machine.load());
    String warning = Machine.loadWarning();
    if (!warning.isEmpty()) {
      out.println(warning);
    }
    out.flush();
    ModelBench bench = new ModelBench(runtime::options, seconds, seed, batch);
    if (details && runtime.options(1).device() == dev.sinter.runtime.Device.CPU) {
      for (int n : threads) {
        out.printf("threads %d, at best: %s%n", n, bench.peaks(n).text());
      }
      out.flush();
    }
    int failed = 0;
    for (Subject subject : subjects) {
      failed += measured(bench, subject);
    }
    print();
    if (json != null) {
      JsonReport.write(json, rows);
    }
    boolean passed = finished(Result.of(rows), older);
    return failed == 0 && passed && !rows.isEmpty() ? Main.OK : Main.FAILED;
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  private List<Subject> subjects() throws IOException {
    if (suite == null) {
      if (models.isEmpty()) {
        throw new UsageException("what is to be measured? A model, a folder, or --suite");
      }
      List<Subject> subjects = new ArrayList<>();
      for (Path file : ModelFiles.of(models)) {
        subjects.add(new Subject(file.toString(), null, null, file));
      }
      return subjects;
    }
    if (!models.isEmpty()) {
      throw new UsageException("either models or --suite");
    }
    List<Path> places = new ArrayList<>(folders);
    places.addAll(Project.modelFolders());
    Path file = suite.toString().isEmpty() ? Project.file("benchmarks/suite.json") : suite;
    List<Subject> subjects = new ArrayList<>();
    for (Suite.Entry model : Suite.read(file).entries()) {
      Optional<Path> found = model.find(places);
      if (found.isPresent()) {
        subjects.add(new Subject(model.file(), model.name(), model.group(), found.get()));
      } else {
        out().println(model.name() + ": not measured: no " + model.file() + " in " + places);
      }
    }
    if (subjects.isEmpty()) {
      throw new UsageException("none of the models of " + file + " is there");
    }
    return subjects;
  }

  /** Measures a model; what stops it is said, and does not stop the others. */
  private int measured(ModelBench bench, Subject subject) {
    int failed = 0;
    try {
      byte[] file = entry.read(subject.file());
      for (int n : threads) {
        StepTimes times = details || profile ? bench.profile(subject, file, n) : null;
        for (PeerName peer : peers) {
          failed += measured(bench, subject, file, n, peer, times) ? 0 : 1;
        }
        if (profile) {
          afterwards.add(Profiler.table(subject.file().toString(), n, times));
        }
      }
    } catch (PeerException | GraphException | SinterException | IOException e) {
      failed++;
      notMeasured(subject, e);
    }
    return failed;
  }

  private boolean measured(
      ModelBench bench, Subject subject, byte[] file, int n, PeerName peer, StepTimes times) {
    try {
      Map<String, Object> row = bench.measure(subject, file, n, peer);
      if (details) {
        bench.addDetails(row, times, n);
        if (!entry.hasSignature()) {
          bench.addFirstResult(row, subject, file, n);
        }
      }
      rows.add(row);
      if (suite != null) {
        // It takes minutes: what is known is said at once.
        out().println(Result.of(List.of(row)).get(0).summary());
        out().flush();
      }
      if (row.get("outputs").equals("different")) {
        out()
            .println(
                subject.file()
                    + ": the outputs differ, so the times say little; 'sinter verify "
                    + subject.file()
                    + " --ops' finds the op");
        return false;
      }
      return true;
    } catch (PeerException | GraphException | IllegalArgumentException e) {
      notMeasured(subject, e);
      return false;
    }
  }

  private void notMeasured(Subject subject, Exception e) {
    String why = String.valueOf(e.getMessage()).replaceAll("\\s+", " ");
    out().println(subject.file() + ": not measured: " + why);
    out().flush();
  }

  private void print() {
    PrintWriter out = out();
    if (rows.isEmpty()) {
      out.flush();
      return;
    }
    List<String> head =
        new ArrayList<>(
            List.of("model", "threads", "peer", "sinter us", "peer us", "ratio", "95 %", "rounds"));
    head.add("outputs");
    if (details) {
      head.addAll(List.of("GMAC/s", "roofline", "load ms", "first run ms"));
    }
    Table table = new Table(head.toArray(String[]::new));
    for (Result r : Result.of(rows)) {
      List<Object> cells =
          new ArrayList<>(
              List.of(
                  r.name(),
                  r.threads(),
                  r.text("peerVersion"),
                  String.format("%.1f", r.number("sinterMicros")),
                  String.format("%.1f", r.number("peerMicros")),
                  String.format("%.3f", r.number("ratio")),
                  String.format("%.3f..%.3f", r.number("ratioLow"), r.number("ratioHigh")),
                  (int) r.number("rounds"),
                  r.text("outputs")));
      if (details) {
        cells.add(number("%.2f", r.number("gmacPerSecond")));
        cells.add(number("%.0f %%", 100 * r.number("rooflineShare")));
        cells.add(number("%.1f", r.number("loadMillis")));
        cells.add(number("%.2f", r.number("firstRunMillis")));
      }
      table.row(cells.toArray());
    }
    table.print(out);
    if (details) {
      topOps(out);
    }
    afterwards.forEach(out::print);
    out.flush();
  }

  private static String number(String format, double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, format, value);
  }

  private void topOps(PrintWriter out) {
    out.println();
    out.println("What takes longest, in percent of all kernel calls:");
    for (Result r : Result.of(rows)) {
      StringBuilder line = new StringBuilder();
      r.row()
          .path("topOps")
          .forEach(
              op ->
                  line.append(line.length() == 0 ? "" : "; ")
                      .append(
                          String.format(
                              Locale.ROOT,
                              "%.0f %% %s by %s",
                              100 * op.get("share").asDouble(),
                              op.get("layer").asText(),
                              op.get("kernel").asText())));
      out.printf("  %s, threads %d: %s%n", r.name(), r.threads(), line);
    }
  }

  /** Draws and compares what was measured; false where the gate fails. */
  private boolean finished(List<Result> results, List<Result> older) throws IOException {
    PrintWriter out = out();
    if (plot != null && !results.isEmpty()) {
      Result first = results.get(0);
      String title = "Sinter beside " + first.text("peerVersion") + ", " + first.text("cpu");
      JsonReport.writeText(plot, RatioPlot.of(results, title));
    }
    if (older == null) {
      return true;
    }
    Gate found = Gate.compare(older, results);
    out.println();
    out.println("Beside " + gate + ", ratios and the 95 % interval of their quotient:");
    found.lines().forEach(line -> out.println("  " + line));
    found.missing().forEach(line -> out.println("  not compared: " + line));
    if (!older.isEmpty() && !results.isEmpty()) {
      String was = older.get(0).text("cpu") + ", " + older.get(0).text("isa");
      String is = results.get(0).text("cpu") + ", " + results.get(0).text("isa");
      if (!was.equals(is)) {
        out.println("  note: measured on other machines: " + was + " and " + is);
      }
    }
    found.slower().forEach(line -> out.println("SLOWER: " + line));
    if (found.lines().isEmpty()) {
      out.println("FAILED: no model stands in both");
    }
    out.flush();
    return found.passes();
  }
}
