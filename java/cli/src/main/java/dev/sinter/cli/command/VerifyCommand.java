// sinter verify: same outputs as TFLite?
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.cli.compare.Comparison;
import dev.sinter.cli.compare.OpVerifier;
import dev.sinter.cli.compare.Verifier;
import dev.sinter.cli.peer.TflitePeer;
import dev.sinter.cli.report.JsonReport;
import dev.sinter.graph.GraphException;
import dev.sinter.optimizer.data.InputFolder;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.data.MisfitException;
import dev.sinter.optimizer.data.Quantizing;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
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
      "Runs models in TFLite and in Sinter on the same inputs and compares every element of the outputs.",
      "",
      "Status of a model:",
      "  equal            every element of every output is equal",
      "  close            integers are equal, floats within the tolerance",
      "  different        outputs differ, or only one of the two runs the model",
      "  refused-by-both  neither runs it",
      "  unsupported      Sinter says what it lacks, TFLite runs it",
      "  reference-varies TFLite gives other values each time it runs: nothing can be compared",
      "Where outputs differ, TFLite is asked again, in another process, with its other kernels, and op by op: docs/cli.md"
          + " says what makes floats close then.",
      "",
      "Inputs are random (integers from the full range of their type, floats from the range the file names, else -1 to"
          + " 1, row numbers from the size of their table), or real ones with --inputs DIR, which is",
      "  a data set            a folder with a dataset.json: the examples of a split, for models with one input",
      "  subfolders            a run each, with a file per input",
      "  files alone           a run each for models with one input; together one run for models with several",
      "Files (.npy, .png, .jpg, anything else raw values) belong to the inputs that have their names, else in order of"
          + " names. Models that the inputs do not fit are named and left out.",
      "",
      "With --ops every op is cut out and compared alone, on the values it gets within the whole model: this finds the"
          + " op that a difference comes from.",
      "",
      "TFLite runs in a process of its own, since some files end it."
    },
    footer = {
      "",
      "Exit code: 0 if every model passes; 1 if one is different, or unsupported without --allow-unsupported, or if the"
          + " inputs fit a model that was named, or all models of a folder, not.",
      "",
      "Examples:",
      "  sinter verify model.tflite --runs 200",
      "  sinter verify model.tflite --inputs data/clothes --runs 50",
      "  sinter verify model.tflite --ops",
      "  sinter verify models/ --allow-unsupported --json verify.json",
      "  sinter verify model.tflite --isa avx2"
    })
public final class VerifyCommand implements Callable<Integer> {
  private static final int RANDOM_RUNS = 5;

  @Parameters(
      arity = "1..*",
      paramLabel = "FILE-OR-FOLDER",
      description = "Models, or folders with models below.")
  private List<Path> models;

  @Option(
      names = "--inputs",
      paramLabel = "DIR",
      description = "Real inputs from this folder instead of random ones (see above).")
  private Path inputs;

  @Option(
      names = "--split",
      paramLabel = "NAME",
      description = "Which examples of a data set (default: the first split it names).")
  private String split;

  @Option(
      names = "--scale",
      paramLabel = "F",
      description = "For pictures in --inputs without a dataset.json: real = byte * F + offset.")
  private Double scale;

  @Option(
      names = "--offset",
      paramLabel = "F",
      defaultValue = "0",
      description = "Added after --scale (default ${DEFAULT-VALUE}).")
  private double offset;

  @Option(
      names = "--runs",
      paramLabel = "N",
      description = "Runs per model (default: 5 on random inputs, all of --inputs).")
  private Integer runs;

  @Option(names = "--ops", description = "Cut out every op and compare it alone.")
  private boolean ops;

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
          "Give inputs whose first dimension is 1 this many rows (default ${DEFAULT-VALUE}); not with --ops or"
              + " --inputs.")
  private int batch;

  @Option(
      names = "--tolerance",
      paramLabel = "T",
      description =
          "Floats count as close within T times the largest absolute value of an output (default "
              + Comparison.DEFAULT_TOLERANCE
              + ", with --bf16 "
              + TfliteVerifiers.BF16_TOLERANCE
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
      description =
          "Write model, status, maxAbsDiff, mismatchFraction, message of each model; with --ops also op, name,"
              + " output, types, for each op.")
  private Path json;

  @Mixin private ModelOptions entry;

  @Mixin private RuntimeOptions runtime;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    TflitePeers.require();
    if (runs != null && runs < 1) {
      throw new UsageException("--runs must be at least 1");
    }
    if (batch < 1 || (batch > 1 && (ops || inputs != null))) {
      throw new UsageException("--batch is at least 1, and goes with neither --ops nor --inputs");
    }
    InputSource random = InputSource.random(runs == null ? RANDOM_RUNS : runs, seed);
    InputSource source = inputs == null ? random : folder();
    List<Path> files = ModelFiles.of(models);
    if (json != null) {
      JsonReport.check(json);
    }
    try (TfliteVerifiers verifiers =
        new TfliteVerifiers(runtime.options(1), kernels, inProcess, source, random, tolerance())) {
      VerifyReport report = new VerifyReport(spec.commandLine().getOut(), allowUnsupported);
      for (Path model : files) {
        verify(model, verifiers.models(), ops ? verifiers.ops() : null, report);
      }
      if (json != null) {
        JsonReport.write(json, report.rows());
      }
      return report.finish() ? Main.OK : Main.FAILED;
    }
  }

  private double tolerance() {
    return tolerance != null ? tolerance : TfliteVerifiers.tolerance(runtime.isBf16());
  }

  private InputSource folder() {
    Quantizing.Real real = scale == null ? null : new Quantizing.Real(scale, offset);
    try {
      return InputFolder.open(inputs, split, real, runs == null ? Integer.MAX_VALUE : runs);
    } catch (IOException e) {
      throw new UsageException("--inputs: " + e.getMessage());
    }
  }

  private void verify(Path model, Verifier verifier, OpVerifier byOps, VerifyReport report)
      throws IOException {
    String name = model.toString();
    try {
      byte[] file;
      try {
        file = entry.read(model);
      } catch (GraphException e) {
        report.misfit(name, e.getMessage(), models.contains(model));
        return;
      }
      if (byOps == null || !report.ops(name, byOps, file)) {
        report.model(batch == 1 ? verifier.verify(name, file) : verifier.verify(name, file, batch));
      }
    } catch (MisfitException e) {
      report.misfit(name, e.getMessage(), models.contains(model));
    }
  }
}
