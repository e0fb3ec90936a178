// sinter compare: which of several forms of a model is the one to take?
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.cli.compare.Evaluation;
import dev.sinter.cli.compare.PairedAccuracy;
import dev.sinter.cli.compare.PairedRatios;
import dev.sinter.cli.compare.RoundRobin;
import dev.sinter.cli.peer.Peer;
import dev.sinter.cli.peer.PeerException;
import dev.sinter.cli.peer.SinterPeer;
import dev.sinter.cli.peer.TflitePeer;
import dev.sinter.cli.report.ComparePage;
import dev.sinter.cli.report.JsonReport;
import dev.sinter.cli.report.Machine;
import dev.sinter.cli.report.Table;
import dev.sinter.graph.GraphException;
import dev.sinter.optimizer.data.Dataset;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Size, accuracy and time of several models side by side. */
@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Compares forms of a model on labelled examples: size on disk, accuracy, agreement, time.",
      "",
      "The first is what the others are compared with. Differences of accuracy come with a 95 %% interval from the"
          + " examples on which two models differ, and times from rounds in which all take turns: where an interval holds"
          + " 0, or 1 for a ratio of times, there is no difference to be seen."
    },
    footer = {
      "",
      "Exit code: 0 if all models could be compared, else 1.",
      "",
      "Examples:",
      "  sinter compare float.tflite int8.tflite int4.tflite --data data/clothes",
      "  sinter compare float.tflite *.tflite --data data/sst2 --html compare.html --json compare.json"
    })
public final class CompareCommand implements Callable<Integer> {
  /** Who else runs the models. */
  enum PeerName {
    tflite,
    tflite_builtin,
    none
  }

  @Parameters(
      arity = "1..*",
      paramLabel = "MODEL",
      description = "Models, the first to compare with.")
  private List<Path> models;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "Folder with a dataset.json.")
  private Path data;

  @Option(
      names = "--split",
      paramLabel = "NAME",
      defaultValue = "test",
      description = "Which examples (default ${DEFAULT-VALUE}).")
  private String split;

  @Option(
      names = "--peer",
      paramLabel = "PEER",
      description =
          "Whose time stands beside: tflite (with XNNPACK), tflite_builtin, none (default: tflite, if it is there).")
  private PeerName peer;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "2",
      description =
          "Time to measure for, per model and runtime; 0 for no times (default ${DEFAULT-VALUE}).")
  private double seconds;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description = "Threads (default ${DEFAULT-VALUE}).")
  private int threads;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Write a page with the table and plots.")
  private Path html;

  @Option(names = "--json", paramLabel = "FILE", description = "Write the figures of each model.")
  private Path json;

  @Mixin private ModelOptions entry;

  @Mixin private RuntimeOptions runtime;

  @Spec private CommandSpec spec;

  /** One model while it is compared. */
  private static final class Entry {
    private final Path path;
    private final byte[] file;
    private Evaluation evaluation;
    private SinterPeer ours;
    private Peer theirs;
    private final Map<String, Object> row = new LinkedHashMap<>();

    Entry(Path path, byte[] file) {
      this.path = path;
      this.file = file;
    }
  }

  @Override
  public Integer call() throws IOException {
    if (threads < 1 || !(seconds >= 0)) {
      throw new UsageException("--threads must be at least 1, --seconds at least 0");
    }
    if (peer == null) {
      peer = TflitePeers.available() ? PeerName.tflite : PeerName.none;
    } else if (peer != PeerName.none) {
      TflitePeers.require();
    }
    if (json != null) {
      JsonReport.check(json);
    }
    if (html != null) {
      JsonReport.check("--html", html);
    }
    PrintWriter out = spec.commandLine().getOut();
    Dataset set = Dataset.open(data, split);
    List<Entry> entries = new ArrayList<>();
    boolean failed = false;
    for (Path model : ModelFiles.of(models)) {
      try {
        Entry e = new Entry(model, entry.read(model));
        evaluate(e, set);
        entries.add(e);
      } catch (PeerException | GraphException | IOException e) {
        failed = true;
        out.println(e.getMessage());
        if (entries.isEmpty()) {
          out.println("Without the first model there is nothing to compare with.");
          out.flush();
          return Main.FAILED;
        }
      }
    }
    entries.forEach(e -> accuracy(e, entries.get(0)));
    try {
      if (seconds > 0) {
        time(entries, set, out);
      }
    } finally {
      entries.forEach(CompareCommand::close);
    }
    entries.forEach(e -> e.row.putAll(circumstances()));
    print(out, entries);
    List<Map<String, Object>> rows = entries.stream().map(e -> e.row).toList();
    if (json != null) {
      JsonReport.write(json, rows);
    }
    if (html != null) {
      JsonReport.writeText(html, ComparePage.of(rows));
    }
    return failed ? Main.FAILED : Main.OK;
  }

  private static void close(Entry e) {
    if (e.ours != null) {
      e.ours.close();
    }
    if (e.theirs != null) {
      e.theirs.close();
    }
  }

  private void evaluate(Entry e, Dataset set) throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    try (SinterPeer ours = SinterPeer.open(e.path.toString(), e.file, runtime.options(threads))) {
      e.evaluation =
          Evaluation.run(
              e.path.toString(),
              "sinter",
              ours,
              set,
              split,
              (done, of) -> {
                if (done % 50 == 0 || done == of) {
                  err.print("\r  " + done + " of " + of + (done == of ? "\r            \r" : ""));
                  err.flush();
                }
              });
    }
  }

  /** All models of all runtimes take turns, on the first example. */
  private void time(List<Entry> entries, Dataset set, PrintWriter out) throws IOException {
    List<Runnable> codes = new ArrayList<>();
    for (Entry e : entries) {
      e.ours = SinterPeer.open(e.path.toString(), e.file, runtime.options(threads));
      set.write(0, e.ours.inputs().get(0), e.ours.input(0));
      codes.add(e.ours::invoke);
    }
    Map<Entry, Integer> places = new LinkedHashMap<>();
    for (Entry e : entries) {
      if (peer == PeerName.none) {
        break;
      }
      TflitePeer.Kernels kernels =
          peer == PeerName.tflite ? TflitePeer.Kernels.XNNPACK : TflitePeer.Kernels.BUILTIN;
      try {
        e.theirs = TflitePeers.open(e.file, kernels, threads);
        set.write(0, e.theirs.inputs().get(0), e.theirs.input(0));
        e.theirs.invoke();
        places.put(e, codes.size());
        codes.add(e.theirs::invoke);
      } catch (PeerException x) {
        out.println(e.path + ": no time of TFLite: " + x.getMessage());
      }
    }
    String warning = Machine.loadWarning();
    if (!warning.isEmpty()) {
      out.println(warning);
    }
    RoundRobin times = RoundRobin.measure(codes, seconds);
    for (int i = 0; i < entries.size(); i++) {
      Map<String, Object> row = entries.get(i).row;
      times(row, "sinter", times, i);
      PairedRatios toFirst = times.against(i, 0);
      row.put("speed", toFirst.ratio());
      row.put("speedLow", toFirst.low());
      row.put("speedHigh", toFirst.high());
      Integer place = places.get(entries.get(i));
      if (place != null) {
        times(row, "peer", times, place);
        PairedRatios toPeer = times.against(i, place);
        row.put("ratio", toPeer.ratio());
        row.put("ratioLow", toPeer.low());
        row.put("ratioHigh", toPeer.high());
      }
      row.put("rounds", times.size());
    }
  }

  private static void times(Map<String, Object> row, String who, RoundRobin times, int index) {
    row.put(who + "Micros", times.quantile(index, 0.5));
    row.put(who + "MicrosLow", times.quantile(index, 0.25));
    row.put(who + "MicrosHigh", times.quantile(index, 0.75));
  }

  private Map<String, Object> circumstances() {
    Map<String, Object> f = new LinkedHashMap<>();
    f.put("threads", threads);
    f.put("peer", peer.name());
    f.put("cpu", Machine.cpu());
    f.put("cores", Machine.cores());
    f.put("load", Machine.load());
    f.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    return f;
  }

  private void print(PrintWriter out, List<Entry> entries) {
    Entry first = entries.get(0);
    int n = first.evaluation.answers().size();
    out.printf("%d examples of %s; differences are to %s%n", n, split, name(first));
    Table table =
        new Table(
            "model",
            "bytes",
            "size",
            "accuracy",
            "difference (95 %)",
            "p",
            "agreement",
            "us",
            "spread",
            "speed (95 %)",
            "tflite us",
            "tflite / sinter");
    for (Entry e : entries) {
      Map<String, Object> r = e.row;
      boolean labelled = r.get("accuracy") != null;
      boolean self = e == first;
      table.row(
          name(e),
          r.get("bytes"),
          text("%.1f %%", 100.0 * e.file.length / first.file.length),
          labelled ? text("%.2f %%", 100 * number(r, "accuracy")) : "-",
          labelled && !self
              ? text(
                  "%+.2f [%+.2f, %+.2f]",
                  100 * number(r, "difference"),
                  100 * number(r, "differenceLow"),
                  100 * number(r, "differenceHigh"))
              : "-",
          labelled && !self ? text("%.3f", number(r, "probability")) : "-",
          text("%.2f %%", 100 * number(r, "agreement")),
          r.containsKey("sinterMicros") ? text("%.1f", number(r, "sinterMicros")) : "-",
          r.containsKey("sinterMicros")
              ? text("%.1f to %.1f", number(r, "sinterMicrosLow"), number(r, "sinterMicrosHigh"))
              : "-",
          r.containsKey("speed") && !self
              ? text(
                  "%.2f [%.2f, %.2f]",
                  number(r, "speed"), number(r, "speedLow"), number(r, "speedHigh"))
              : "-",
          r.containsKey("peerMicros") ? text("%.1f", number(r, "peerMicros")) : "-",
          r.containsKey("ratio") ? text("%.2f", number(r, "ratio")) : "-");
    }
    table.print(out);
    out.flush();
  }

  private static void accuracy(Entry e, Entry first) {
    Map<String, Object> row = e.row;
    row.put("model", e.path.toString());
    row.put("bytes", e.file.length);
    row.put("split", e.evaluation.split());
    row.put("examples", e.evaluation.answers().size());
    boolean labelled = e.evaluation.labelled();
    row.put("correct", labelled ? e.evaluation.correct() : null);
    row.put("accuracy", labelled ? e.evaluation.accuracy() : null);
    PairedAccuracy p =
        labelled ? PairedAccuracy.of(first.evaluation.hits(), e.evaluation.hits()) : null;
    row.put("gained", p == null ? null : p.gained());
    row.put("lost", p == null ? null : p.lost());
    row.put("difference", p == null ? null : p.difference());
    row.put("differenceLow", p == null ? null : p.low());
    row.put("differenceHigh", p == null ? null : p.high());
    row.put("probability", p == null ? null : p.probability());
    row.put("agreement", e.evaluation.agreement(first.evaluation));
  }

  private static String name(Entry e) {
    return e.path.getFileName().toString();
  }

  private static double number(Map<String, Object> row, String key) {
    return ((Number) row.get(key)).doubleValue();
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
