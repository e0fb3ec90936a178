// sinter demo: compresses a float model and classifies labelled pictures with both, beside TFLite.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.cli.compare.Bencher;
import dev.sinter.cli.compare.Evaluation;
import dev.sinter.cli.compare.PairedRatios;
import dev.sinter.cli.peer.Peer;
import dev.sinter.cli.peer.SinterPeer;
import dev.sinter.cli.peer.TflitePeer;
import dev.sinter.cli.report.JsonReport;
import dev.sinter.cli.report.Machine;
import dev.sinter.cli.report.Table;
import dev.sinter.optimizer.data.Dataset;
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
import picocli.CommandLine.Spec;

/** The demonstration. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Quantizes a float model to int8, calibrated with a hundred pictures; then classifies a hundred others with the"
          + " float model, with that, and with the int8 file that TensorFlow's converter made of it, in Sinter and in"
          + " TFLite, and prints a table of size, accuracy and time.",
      "",
      "Models and pictures are free; demo/README.md says where they come from. Your own: --model and --data."
    },
    footer = {
      "",
      "Exit code: 0 if Sinter and TFLite answer alike but for one example of a model, else 1.",
      "",
      "Examples:",
      "  sinter demo",
      "  sinter demo --model mine_float.tflite --model mine_int8.tflite --data my-data --seconds 10",
      "  sinter demo --model mine_float.tflite --recipe dynamic_wi8_afp32 --data my-data"
    })
public final class DemoCommand implements Callable<Integer> {
  @Option(
      names = "--folder",
      hidden = true,
      paramLabel = "DIR",
      defaultValue = "demo",
      description = "Folder with the embedded models and pictures.")
  private Path folder;

  @Option(
      names = "--model",
      paramLabel = "FILE",
      description = "A model to try; may be given several times (default: the two in demo/).")
  private List<Path> models = new ArrayList<>();

  @Option(
      names = "--recipe",
      paramLabel = "R",
      description =
          "Compress the first model by this recipe, see 'optimize', calibrated with the data set's split 'calibration'"
              + " (default, without --model: static_wi8_ai8).")
  private String recipe;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Folder with a dataset.json, see docs/cli.md (default: the pictures in demo/).")
  private Path data;

  @Option(
      names = "--split",
      paramLabel = "NAME",
      defaultValue = "test",
      description = "Which examples of the data set (default ${DEFAULT-VALUE}).")
  private String split;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "3",
      description = "Seconds to measure the time of each model (default ${DEFAULT-VALUE}).")
  private double seconds;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Where the numbers go, too: an array with one object per model.")
  private Path json;

  @Mixin private RuntimeOptions runtime;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (!(seconds > 0)) {
      throw new UsageException("--seconds must be positive");
    }
    if (models.isEmpty()) {
      models =
          List.of(folder.resolve("clothes_float.tflite"), folder.resolve("clothes_int8.tflite"));
      recipe = recipe == null ? "static_wi8_ai8" : recipe;
    }
    PrintWriter out = spec.commandLine().getOut();
    Dataset set = Dataset.open(data == null ? folder : data, split);
    out.printf(
        "%d examples of %d kinds (%s)%n",
        set.size(), set.classNames().size(), data == null ? folder : data);
    out.printf("%s, %d cores, load average %.2f%n", Machine.cpu(), Machine.cores(), Machine.load());
    String warning = Machine.loadWarning();
    if (!warning.isEmpty()) {
      out.println(warning);
    }
    out.flush();
    boolean beside = TflitePeers.available();
    if (!beside) {
      out.println("TFLite is not on the class path: nothing to compare with.");
    }
    Table table =
        new Table("model", "bytes", "runtime", "right", "accuracy", "ms", "TFLite / Sinter");
    List<Map<String, Object>> rows = new ArrayList<>();
    boolean alike = true;
    String kernels = "";
    for (Path model : recipe == null ? models : withCompressed(out)) {
      byte[] bytes = ModelFiles.read(model);
      try (SinterPeer ours = SinterPeer.open(model.toString(), bytes, runtime.options(1));
          Peer theirs = beside ? TflitePeers.open(bytes, TflitePeer.Kernels.XNNPACK, 1) : null) {
        kernels = ours.isa();
        alike &= model(model, bytes.length, set, ours, theirs, table, rows);
      }
    }
    out.println();
    table.print(out);
    out.println();
    summary(rows).forEach(out::println);
    out.println(
        "One thread, batch 1; ms: median of rounds taken in turn; the ratio with its 95 % interval:"
            + " above 1 Sinter is faster.");
    out.printf(
        "Kernels: %s; 'sinter inspect %s --kernels' lists them.%n",
        kernels, models.get(models.size() - 1));
    if (json != null) {
      JsonReport.write(json, rows);
      out.println("The numbers: " + json);
    }
    out.flush();
    return alike ? Main.OK : Main.FAILED;
  }

  /** The models, and after the first what the recipe makes of it. */
  private List<Path> withCompressed(PrintWriter out) throws IOException {
    Path first = models.get(0);
    Path made = CompressedModel.place(first, recipe);
    CompressedModel.make(
        first, recipe, data == null ? folder : data, made, out, spec.commandLine().getErr());
    List<Path> all = new ArrayList<>(models);
    all.add(1, made);
    return all;
  }

  /** What each model is in Sinter beside the first one in TFLite. */
  private static List<String> summary(List<Map<String, Object>> rows) {
    List<String> lines = new ArrayList<>();
    Map<String, Object> first = rows.get(0);
    if (!(first.get("peerMicros") instanceof Double before) || rows.size() < 2) {
      return lines;
    }
    for (Map<String, Object> row : rows.subList(1, rows.size())) {
      String right = "";
      if (row.get("correct") instanceof Integer now
          && first.get("peerCorrect") instanceof Integer then) {
        right = String.format(", %d of %s right (before: %d)", now, row.get("examples"), then);
      }
      lines.add(
          String.format(
              "%s in Sinter beside %s in TFLite: %.2f of its bytes, %.2f times as fast%s.",
              Path.of(row.get("model").toString()).getFileName(),
              Path.of(first.get("model").toString()).getFileName(),
              (Integer) row.get("bytes") / (double) (Integer) first.get("bytes"),
              before / (Double) row.get("sinterMicros"),
              right));
    }
    return lines;
  }

  /** Evaluates and times one model; false if the runtimes disagree on more than one example. */
  private boolean model(
      Path model,
      int bytes,
      Dataset set,
      SinterPeer ours,
      Peer theirs,
      Table table,
      List<Map<String, Object>> rows)
      throws IOException {
    String name = model.getFileName().toString();
    Evaluation mine = evaluate(name, "sinter", ours, set);
    Evaluation other = theirs == null ? null : evaluate(name, "tflite", theirs, set);
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("model", model.toString());
    row.put("bytes", bytes);
    row.put("examples", set.size());
    row.put("correct", mine.labelled() ? mine.correct() : null);
    if (other == null) {
      double micros = new Bencher(seconds).measure(ours, ours).medianOurs();
      table.row(name, bytes, "Sinter", right(mine), percent(mine), millis(micros), "");
      row.put("sinterMicros", micros);
      rows.add(row);
      return true;
    }
    PairedRatios times = new Bencher(seconds).measure(ours, theirs);
    table.row(
        name,
        bytes,
        "Sinter",
        right(mine),
        percent(mine),
        millis(times.medianOurs()),
        String.format("%.2f (%.2f - %.2f)", times.ratio(), times.low(), times.high()));
    table.row("", "", "TFLite", right(other), percent(other), millis(times.medianTheirs()), "");
    row.put("peerCorrect", other.labelled() ? other.correct() : null);
    row.put("agreement", mine.agreement(other));
    row.put("sinterMicros", times.medianOurs());
    row.put("peerMicros", times.medianTheirs());
    row.put("ratio", times.ratio());
    row.put("ratioLow", times.low());
    row.put("ratioHigh", times.high());
    row.put("cpu", Machine.cpu());
    row.put("isa", ours.isa());
    row.put("sinterVersion", ours.name());
    row.put("peerVersion", theirs.name());
    rows.add(row);
    return mine.agreement(other) * set.size() > set.size() - 1.5;
  }

  private Evaluation evaluate(String model, String who, Peer peer, Dataset set) throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    Evaluation e =
        Evaluation.run(
            model,
            who,
            peer,
            set,
            split,
            (done, of) -> {
              if (done % 10 == 0 || done == of) {
                err.printf("\r  %s, %s: %d of %d ", model, who, done, of);
                err.flush();
              }
            });
    err.printf("\r%60s\r", "");
    err.flush();
    return e;
  }

  private static String right(Evaluation e) {
    return e.labelled() ? e.correct() + " of " + e.answers().size() : "no labels";
  }

  private static String percent(Evaluation e) {
    return e.labelled() ? String.format("%.1f %%", 100 * e.accuracy()) : "";
  }

  private static String millis(double micros) {
    return String.format("%.2f", micros / 1000);
  }
}
