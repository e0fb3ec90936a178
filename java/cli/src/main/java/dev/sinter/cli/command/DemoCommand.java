// sinter demo: classifies a hundred pictures, beside TFLite.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.cli.compare.Bencher;
import dev.sinter.cli.compare.PairedRatios;
import dev.sinter.cli.data.Dataset;
import dev.sinter.cli.data.Scores;
import dev.sinter.cli.peer.Peer;
import dev.sinter.cli.peer.SinterPeer;
import dev.sinter.cli.peer.TflitePeer;
import dev.sinter.cli.report.Machine;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
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
      "Classifies the pictures in demo/ with the model there and prints accuracy, size and time beside TFLite.",
      "",
      "Model and pictures are free; demo/README.md says where they come from."
    })
public final class DemoCommand implements Callable<Integer> {
  @Option(
      names = "--folder",
      paramLabel = "DIR",
      defaultValue = "demo",
      description = "Folder with the model and a dataset.json (default ${DEFAULT-VALUE}).")
  private Path folder;

  @Option(
      names = "--model",
      paramLabel = "FILE",
      defaultValue = "clothes_float.tflite",
      description = "Model within the folder, or a path (default ${DEFAULT-VALUE}).")
  private Path model;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "3",
      description = "Seconds to measure times for (default ${DEFAULT-VALUE}).")
  private double seconds;

  @Mixin private RuntimeOptions runtime;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    Path file = folder.resolve(model);
    byte[] bytes = ModelFiles.read(file);
    Dataset set = Dataset.open(folder, "test");
    out.printf(
        "%s (%.2f MB), %d pictures of %d kinds%n",
        file, bytes.length / 1e6, set.size(), set.classNames().size());
    out.printf("%s, %d cores, load average %.2f%n", Machine.cpu(), Machine.cores(), Machine.load());
    String warning = Machine.loadWarning();
    out.println(warning.isEmpty() ? "" : warning + System.lineSeparator());
    out.flush();
    boolean beside = TflitePeers.available();
    try (SinterPeer ours = SinterPeer.open(file.toString(), bytes, runtime.options(1));
        Peer theirs = beside ? TflitePeers.open(bytes, TflitePeer.Kernels.XNNPACK, 1) : null) {
      return compare(out, set, ours, theirs);
    }
  }

  private int compare(PrintWriter out, Dataset set, SinterPeer ours, Peer theirs)
      throws IOException {
    int right = 0;
    int peerRight = 0;
    int agree = 0;
    double apart = 0;
    for (int i = 0; i < set.size(); i++) {
      set.write(i, ours.inputs().get(0), ours.input(0));
      ours.invoke();
      double[] scores = Scores.of(ours.outputs().get(0), ours.output(0));
      int best = Scores.best(scores);
      right += best == set.label(i) ? 1 : 0;
      if (theirs != null) {
        theirs.input(0).put(ours.input(0));
        theirs.invoke();
        double[] peerScores = Scores.of(theirs.outputs().get(0), theirs.output(0));
        int peerBest = Scores.best(peerScores);
        peerRight += peerBest == set.label(i) ? 1 : 0;
        agree += peerBest == best ? 1 : 0;
        for (int c = 0; c < scores.length; c++) {
          apart = Math.max(apart, Math.abs(scores[c] - peerScores[c]));
        }
      }
      progress(out, i + 1, set.size());
    }
    out.println();
    out.printf("Sinter: %d of %d right (%.1f %%)%n", right, set.size(), 100.0 * right / set.size());
    if (theirs == null) {
      out.println("TFLite is not on the class path: nothing to compare with.");
      out.flush();
      return Main.OK;
    }
    out.printf(
        "TFLite: %d of %d right (%.1f %%)%n",
        peerRight, set.size(), 100.0 * peerRight / set.size());
    out.printf(
        "Same answer for %d of %d pictures; probabilities differ by at most %.2g%n%n",
        agree, set.size(), apart);
    out.flush();
    PairedRatios times = new Bencher(seconds).measure(ours, theirs);
    out.printf("Time of one picture on one thread, median of %d rounds in turn:%n", times.size());
    out.printf("  Sinter %8.2f ms   (%s)%n", times.medianOurs() / 1000, ours.name());
    out.printf("  TFLite %8.2f ms   (%s)%n", times.medianTheirs() / 1000, theirs.name());
    out.printf(
        "  TFLite's time is %.2f times Sinter's (95 %% interval %.2f to %.2f): %s%n",
        times.ratio(), times.low(), times.high(), words(times));
    out.printf(
        "Kernels: %s, %s%n",
        ours.isa(), "see 'sinter inspect " + folder.resolve(model) + " --kernels'");
    out.flush();
    return agree == set.size() ? Main.OK : Main.FAILED;
  }

  private static String words(PairedRatios times) {
    if (times.low() > 1) {
      return "Sinter is faster here";
    }
    return times.high() < 1
        ? "TFLite is faster here"
        : "no difference that this measurement can show";
  }

  private static void progress(PrintWriter out, int done, int of) {
    if (done % 10 == 0 || done == of) {
      out.print("\r  " + done + " of " + of + " pictures");
      out.flush();
    }
  }
}
