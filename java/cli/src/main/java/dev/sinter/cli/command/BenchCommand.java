// sinter bench: how fast, alone or beside TFLite.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.cli.compare.Bencher;
import dev.sinter.cli.compare.Comparison;
import dev.sinter.cli.compare.PairedRatios;
import dev.sinter.cli.data.InputShapes;
import dev.sinter.cli.data.InputSource;
import dev.sinter.cli.peer.Peer;
import dev.sinter.cli.peer.PeerException;
import dev.sinter.cli.peer.SinterPeer;
import dev.sinter.cli.peer.TflitePeer;
import dev.sinter.cli.report.JsonReport;
import dev.sinter.cli.report.Machine;
import dev.sinter.cli.report.Table;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Shape;
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
      "Exit code: 0 if every model was measured and gives the peer's outputs, else 1.",
      "",
      "Examples:",
      "  sinter bench model.tflite --peers tflite --profile",
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
      names = "--json",
      paramLabel = "FILE",
      description =
          "Write model, threads, peer, sinterMicros, peerMicros, ratio, ratioLow, ratioHigh and circumstances.")
  private Path json;

  @Mixin private ModelOptions entry;

  @Mixin private RuntimeOptions runtime;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    TflitePeers.require();
    if (!(seconds > 0) || threads.stream().anyMatch(n -> n < 1) || batch < 1) {
      throw new UsageException("--seconds, --threads and --batch must be positive");
    }
    List<Path> files = ModelFiles.of(models);
    if (json != null) {
      JsonReport.check(json);
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
    List<String> profiles = new ArrayList<>();
    for (Path model : files) {
      try {
        byte[] file = entry.read(model);
        for (int n : threads) {
          for (PeerName peer : peers) {
            failed += measured(model, file, n, peer, table, rows) ? 0 : 1;
          }
          if (profile) {
            profiles.add(Profiler.table(model.toString(), file, runtime.options(n), batch, 0.3));
          }
        }
      } catch (PeerException | GraphException | IOException e) {
        failed++;
        notMeasured(model, e);
      }
    }
    if (!rows.isEmpty()) {
      table.print(out);
    }
    profiles.forEach(out::print);
    out.flush();
    if (json != null) {
      JsonReport.write(json, rows);
    }
    return failed == 0 ? Main.OK : Main.FAILED;
  }

  /** Measures one line of the table; what stops it is said, and does not stop the others. */
  private boolean measured(
      Path model, byte[] file, int n, PeerName peer, Table table, List<Map<String, Object>> rows) {
    try {
      Map<String, Object> row = measure(model, file, n, peer, table);
      rows.add(row);
      if (row.get("outputs").equals("different")) {
        spec.commandLine()
            .getOut()
            .println(
                model
                    + ": the outputs differ, so the times say little; 'sinter verify "
                    + model
                    + " --ops' finds the op");
        return false;
      }
      return true;
    } catch (PeerException | GraphException | IllegalArgumentException e) {
      notMeasured(model, e);
      return false;
    }
  }

  private void notMeasured(Path model, Exception e) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(model + ": not measured: " + e.getMessage().replaceAll("\\s+", " "));
    out.flush();
  }

  private Map<String, Object> measure(Path model, byte[] file, int n, PeerName peer, Table table) {
    TflitePeer.Kernels kernels =
        peer == PeerName.TFLITE ? TflitePeer.Kernels.XNNPACK : TflitePeer.Kernels.BUILTIN;
    Graph graph = TfliteReader.read(file);
    List<Shape> shapes = InputShapes.of(graph, batch);
    try (SinterPeer ours = SinterPeer.open(model.toString(), file, runtime.options(n), shapes);
        Peer theirs = TflitePeers.open(file, kernels, n, shapes)) {
      InputSource.random(1, seed).open(graph).fill(0, theirs, ours);
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
      row.put("device", ours.device());
      row.put("batch", batch);
      row.put("load", load);
      row.put("sinterVersion", ours.name());
      row.put("peerVersion", theirs.name());
      row.put("java", System.getProperty("java.version"));
      return row;
    }
  }
}
