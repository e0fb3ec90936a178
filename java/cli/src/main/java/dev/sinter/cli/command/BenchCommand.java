// sinter bench: how fast, alone or beside TFLite.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.cli.compare.Bencher;
import dev.sinter.cli.compare.Comparison;
import dev.sinter.cli.compare.PairedRatios;
import dev.sinter.cli.data.InputRange;
import dev.sinter.cli.data.RandomInputs;
import dev.sinter.cli.peer.Peer;
import dev.sinter.cli.peer.SinterPeer;
import dev.sinter.cli.peer.TflitePeer;
import dev.sinter.cli.report.JsonReport;
import dev.sinter.cli.report.Machine;
import dev.sinter.cli.report.Table;
import dev.sinter.graph.tflite.TfliteReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
      "Examples:",
      "  sinter bench model.tflite --peers tflite",
      "  sinter bench models/ --peers tflite --threads 1,2 --seconds 5 --json bench.json"
    })
public final class BenchCommand implements Callable<Integer> {
  enum PeerName {
    TFLITE,
    TFLITE_BUILTIN
  }

  @Parameters(
      arity = "1..*",
      paramLabel = "FILE-OR-FOLDER",
      description = "Models, or folders with models below.")
  private List<Path> models;

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
      names = "--json",
      paramLabel = "FILE",
      description =
          "Write model, threads, peer, sinterMicros, peerMicros, ratio, ratioLow, ratioHigh and circumstances.")
  private Path json;

  @Mixin private RuntimeOptions runtime;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    TflitePeers.require();
    if (!(seconds > 0) || threads.stream().anyMatch(n -> n < 1)) {
      throw new UsageException("--seconds and --threads must be positive");
    }
    PrintWriter out = spec.commandLine().getOut();
    out.printf("%s, %d cores, load average %.2f%n", Machine.cpu(), Machine.cores(), Machine.load());
    String warning = Machine.loadWarning();
    if (!warning.isEmpty()) {
      out.println(warning);
    }
    out.flush();
    Table table =
        new Table(
            "model",
            "threads",
            "peer",
            "sinter us",
            "peer us",
            "ratio",
            "95 %",
            "rounds",
            "outputs");
    List<Map<String, Object>> rows = new ArrayList<>();
    int failed = 0;
    for (Path model : ModelFiles.of(models)) {
      byte[] file = ModelFiles.read(model);
      for (int n : threads) {
        for (PeerName peer : peers) {
          try {
            rows.add(measure(model, file, n, peer, table));
          } catch (RuntimeException e) {
            failed++;
            out.println(model + ": not measured: " + e.getMessage());
            out.flush();
          }
        }
      }
    }
    table.print(out);
    if (json != null) {
      JsonReport.write(json, rows);
    }
    return failed == 0 ? Main.OK : Main.FAILED;
  }

  private Map<String, Object> measure(Path model, byte[] file, int n, PeerName peer, Table table) {
    TflitePeer.Kernels kernels =
        peer == PeerName.TFLITE ? TflitePeer.Kernels.XNNPACK : TflitePeer.Kernels.BUILTIN;
    try (Peer theirs = TflitePeers.open(file, kernels, n);
        SinterPeer ours = SinterPeer.open(model.toString(), file, runtime.options(n))) {
      List<InputRange> ranges = InputRange.of(TfliteReader.read(file));
      RandomInputs random = new RandomInputs(seed);
      for (int i = 0; i < ranges.size(); i++) {
        random.fill(theirs.input(i), theirs.inputs().get(i).type(), ranges.get(i));
        ours.input(i).put(theirs.input(i));
      }
      ours.invoke();
      theirs.invoke();
      Comparison same = new Comparison(Comparison.DEFAULT_TOLERANCE);
      same.add(ours, theirs);
      String outputs = same.isEqual() ? "equal" : same.isClose() ? "close" : "different";
      double load = Machine.load();
      PairedRatios p = new Bencher(seconds).measure(ours, theirs);
      table.row(
          model.getFileName(),
          n,
          theirs.name(),
          String.format("%.1f", p.medianOurs()),
          String.format("%.1f", p.medianTheirs()),
          String.format("%.3f", p.ratio()),
          String.format("%.3f..%.3f", p.low(), p.high()),
          p.size(),
          outputs);
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("model", model.toString());
      row.put("threads", n);
      row.put("peer", peer.name().toLowerCase(java.util.Locale.ROOT));
      row.put("sinterMicros", p.medianOurs());
      row.put("peerMicros", p.medianTheirs());
      row.put("ratio", p.ratio());
      row.put("ratioLow", p.low());
      row.put("ratioHigh", p.high());
      row.put("rounds", p.size());
      row.put("outputs", outputs);
      row.put("cpu", Machine.cpu());
      row.put("isa", ours.isa());
      row.put("load", load);
      row.put("sinterVersion", ours.name());
      row.put("peerVersion", theirs.name());
      row.put("java", System.getProperty("java.version"));
      return row;
    }
  }
}
