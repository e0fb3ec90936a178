// sinter verify: same outputs as TFLite?
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.cli.compare.Comparison;
import dev.sinter.cli.compare.Verdict;
import dev.sinter.cli.compare.Verifier;
import dev.sinter.cli.peer.GuardedPeer;
import dev.sinter.cli.peer.PeerFactory;
import dev.sinter.cli.peer.SinterPeer;
import dev.sinter.cli.peer.TflitePeer;
import dev.sinter.cli.report.JsonReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Compares Sinter with TFLite. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs models in TFLite and in Sinter on the same random inputs and compares the outputs.",
      "",
      "Status of a model:",
      "  equal            every element of every output is equal",
      "  close            integers are equal, floats within the tolerance",
      "  different        outputs differ, or only one of the two runs the model",
      "  refused-by-both  neither runs it",
      "  unsupported      Sinter says what it lacks, TFLite runs it",
      "",
      "Integers are drawn from the full range of their type, floats from the range the file names (else -1 to 1), row"
          + " numbers from the size of their table. TFLite runs in a process of its own, since some files end it."
    },
    footer = {
      "",
      "Exit code: 0 if every model passes; 1 if one is different, or unsupported without --allow-unsupported.",
      "",
      "Examples:",
      "  sinter verify model.tflite --inputs 200",
      "  sinter verify models/ --allow-unsupported --json verify.json",
      "  sinter verify model.tflite --isa avx2"
    })
public final class VerifyCommand implements Callable<Integer> {
  // What roundings to 8 significant bits leave of an output, layer upon layer.
  private static final double BF16_TOLERANCE = 0.05;

  @Parameters(
      arity = "1..*",
      paramLabel = "FILE-OR-FOLDER",
      description = "Models, or folders with models below.")
  private List<Path> models;

  @Option(
      names = "--inputs",
      paramLabel = "N",
      defaultValue = "5",
      description = "Random inputs per model (default ${DEFAULT-VALUE}).")
  private int inputs;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "Seed of the inputs (default ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--tolerance",
      paramLabel = "T",
      description =
          "Floats count as close within T times the largest absolute value of an output (default "
              + Comparison.DEFAULT_TOLERANCE
              + ", with --bf16 "
              + BF16_TOLERANCE
              + ").")
  private Double tolerance;

  @Option(
      names = "--kernels",
      defaultValue = "XNNPACK",
      description = "TFLite's kernels: XNNPACK (its default) or BUILTIN (its own alone).")
  private TflitePeer.Kernels kernels;

  @Option(names = "--allow-unsupported", description = "Unsupported models are no failure.")
  private boolean allowUnsupported;

  @Option(
      names = "--in-process",
      description = "Run TFLite in this process: faster, but a bad file may end it.")
  private boolean inProcess;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write model, status, maxAbsDiff, mismatchFraction, message of each model.")
  private Path json;

  @Mixin private RuntimeOptions runtime;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    TflitePeers.require();
    if (inputs < 1) {
      throw new UsageException("--inputs must be at least 1");
    }
    PrintWriter out = spec.commandLine().getOut();
    List<Verdict> verdicts = new ArrayList<>();
    try (GuardedPeer.Host host = new GuardedPeer.Host()) {
      PeerFactory reference =
          inProcess
              ? (name, file, shapes) -> TflitePeers.open(file, kernels, 1, shapes)
              : (name, file, shapes) -> TflitePeers.guarded(host, file, kernels, 1, shapes);
      PeerFactory ours =
          (name, file, shapes) -> SinterPeer.open(name, file, runtime.options(1), shapes);
      Verifier verifier = new Verifier(ours, reference, inputs, seed, tolerance());
      for (Path model : ModelFiles.of(models)) {
        Verdict v = verifier.verify(model.toString(), ModelFiles.read(model));
        verdicts.add(v);
        out.println(line(v));
        out.flush();
      }
    }
    if (json != null) {
      JsonReport.write(json, verdicts.stream().map(Verdict::fields).toList());
    }
    return summary(out, verdicts);
  }

  private double tolerance() {
    if (tolerance != null) {
      return tolerance;
    }
    return runtime.isBf16() ? BF16_TOLERANCE : Comparison.DEFAULT_TOLERANCE;
  }

  private static String line(Verdict v) {
    boolean compared =
        v.status() != Verdict.Status.REFUSED_BY_BOTH && v.status() != Verdict.Status.UNSUPPORTED;
    String numbers =
        compared
            ? String.format(
                "  max |diff| %.3g, mismatching %.4g %%",
                v.maxAbsDiff(), 100 * v.mismatchFraction())
            : "";
    String message = v.message().isEmpty() ? "" : "  " + v.message();
    return String.format("%-15s %s%s%s", v.status().label(), v.model(), numbers, message);
  }

  private int summary(PrintWriter out, List<Verdict> verdicts) {
    Map<Verdict.Status, Integer> counts = new EnumMap<>(Verdict.Status.class);
    int failed = 0;
    for (Verdict v : verdicts) {
      counts.merge(v.status(), 1, Integer::sum);
      failed += v.passes(allowUnsupported) ? 0 : 1;
    }
    StringBuilder text =
        new StringBuilder(verdicts.size() + " models, " + inputs + " inputs each:");
    counts.forEach(
        (status, n) -> text.append(' ').append(n).append(' ').append(status.label()).append(','));
    text.append(failed == 0 ? " none failed" : " " + failed + " failed");
    out.println(text);
    out.flush();
    return failed == 0 ? Main.OK : Main.FAILED;
  }
}
