// sinter evaluate: how many labelled examples does a model get right?
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.cli.compare.Evaluation;
import dev.sinter.cli.peer.Peer;
import dev.sinter.cli.peer.PeerException;
import dev.sinter.cli.peer.SinterPeer;
import dev.sinter.cli.peer.TflitePeer;
import dev.sinter.cli.report.JsonReport;
import dev.sinter.graph.GraphException;
import dev.sinter.optimizer.data.Dataset;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures accuracy. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs classifiers over labelled examples and counts the right answers.",
      "",
      "The data is a folder with a dataset.json, which names its splits, the files with the examples and their labels,"
          + " and what stored numbers stand for; docs/cli.md describes it. The example goes into the model's input,"
          + " quantized with the model's own parameters; the largest score of the first output is the answer."
    },
    footer = {
      "",
      "Exit code: 0 if all models could be evaluated, else 1.",
      "",
      "Examples:",
      "  sinter evaluate model.tflite --data data/clothes",
      "  sinter evaluate float.tflite int8.tflite --data data/clothes --peers tflite --json evaluate.json"
    })
public final class EvaluateCommand implements Callable<Integer> {
  /** With whom to compare. */
  enum PeerName {
    tflite,
    tflite_builtin
  }

  @Parameters(
      arity = "1..*",
      paramLabel = "MODEL",
      description = "Models, or folders with models below.")
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
      names = "--peers",
      split = ",",
      paramLabel = "PEER",
      description =
          "Evaluate these too, and how often they agree with Sinter: tflite (with XNNPACK, as by default),"
              + " tflite_builtin (its own kernels alone).")
  private List<PeerName> peers = new ArrayList<>();

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description = "Threads (default ${DEFAULT-VALUE}).")
  private int threads;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description =
          "Write model, runtime, split, examples, correct, accuracy, agreement of each model and runtime.")
  private Path json;

  @Mixin private ModelOptions entry;

  @Mixin private RuntimeOptions runtime;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (threads < 1) {
      throw new UsageException("--threads must be at least 1");
    }
    if (!peers.isEmpty()) {
      TflitePeers.require();
    }
    if (json != null) {
      JsonReport.check(json);
    }
    PrintWriter out = spec.commandLine().getOut();
    Dataset set = Dataset.open(data, split);
    List<Map<String, Object>> rows = new ArrayList<>();
    boolean failed = false;
    for (Path model : ModelFiles.of(models)) {
      try {
        evaluate(out, model, set, rows);
      } catch (PeerException | GraphException | IOException e) {
        failed = true;
        out.println(e.getMessage());
      }
      out.flush();
    }
    if (json != null) {
      JsonReport.write(json, rows);
    }
    return failed ? Main.FAILED : Main.OK;
  }

  private void evaluate(PrintWriter out, Path model, Dataset set, List<Map<String, Object>> rows)
      throws IOException {
    byte[] file = entry.read(model);
    Evaluation ours;
    try (Peer peer = SinterPeer.open(model.toString(), file, runtime.options(threads))) {
      ours = run(model, "sinter", peer, set);
    }
    List<Evaluation> others = new ArrayList<>();
    for (PeerName name : peers) {
      TflitePeer.Kernels kernels =
          name == PeerName.tflite ? TflitePeer.Kernels.XNNPACK : TflitePeer.Kernels.BUILTIN;
      try (Peer peer = TflitePeers.open(file, kernels, threads)) {
        others.add(run(model, name.name(), peer, set));
      }
    }
    print(out, ours, null);
    rows.add(ours.fields(others.isEmpty() ? null : others.get(0)));
    for (Evaluation other : others) {
      print(out, other, ours);
      rows.add(other.fields(ours));
    }
  }

  private Evaluation run(Path model, String name, Peer peer, Dataset set) throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    Evaluation evaluation =
        Evaluation.run(
            model.toString(),
            name,
            peer,
            set,
            split,
            (done, of) -> {
              if (done % 50 == 0 || done == of) {
                err.print("\r  " + done + " of " + of);
                err.flush();
              }
            });
    err.print("\r");
    err.flush();
    return evaluation;
  }

  private static void print(PrintWriter out, Evaluation e, Evaluation ours) {
    out.printf(
        "%-40s %-15s %s, %d examples%s%s%n",
        Path.of(e.model()).getFileName(),
        e.runtime(),
        e.split(),
        e.answers().size(),
        e.labelled()
            ? String.format(": %d right, %.2f %%", e.correct(), 100 * e.accuracy())
            : ", no labels",
        ours == null
            ? ""
            : String.format("; agrees with Sinter on %.2f %%", 100 * e.agreement(ours)));
  }
}
