// sinter run: a model on inputs from files.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.cli.peer.SinterPeer;
import dev.sinter.cli.report.JsonReport;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Strings;
import dev.sinter.graph.Tensor;
import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.optimizer.data.Dataset;
import dev.sinter.optimizer.data.InputFiles;
import dev.sinter.optimizer.data.InputShapes;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.data.Npy;
import dev.sinter.optimizer.data.Quantizing;
import dev.sinter.optimizer.data.Scores;
import dev.sinter.optimizer.data.TensorSpec;
import dev.sinter.runtime.Device;
import dev.sinter.runtime.Report;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs a model once. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs a model on inputs from files, or on random ones, and prints or stores the outputs.",
      "",
      "An input file is a picture (JPEG, PNG; scaled to the input), an .npy array, or raw values in"
          + " C order. What the bytes of a picture stand for is said by --scale and --offset, or by"
          + " the dataset.json of --dataset: real = byte * scale + offset. A quantized input gets"
          + " that value quantized with its own parameters."
    },
    footer = {
      "",
      "Examples:",
      "  sinter run model.tflite --input cat.jpg --scale 0.00784314 --offset -1 --top-k 3 --labels"
          + " labels.txt",
      "  sinter run model.tflite --input ids.npy --input mask.npy --output out/",
      "  sinter run model.tflite --random 7"
    })
public final class RunCommand implements Callable<Integer> {
  private static final int SHOWN = 16;

  static final class Source {
    @Option(
        names = "--input",
        required = true,
        arity = "1..*",
        paramLabel = "FILE",
        description = "Inputs, in the model's order.")
    List<Path> files;

    @Option(
        names = "--random",
        required = true,
        paramLabel = "SEED",
        description = "Random inputs from this seed.")
    Long seed;
  }

  @Parameters(paramLabel = "MODEL", description = "A .tflite file.")
  private Path model;

  @ArgGroup(multiplicity = "1")
  private Source source;

  @Option(names = "--scale", paramLabel = "F", description = "real = byte * F + offset.")
  private Double scale;

  @Option(
      names = "--offset",
      paramLabel = "F",
      defaultValue = "0",
      description = "Added after --scale (default ${DEFAULT-VALUE}).")
  private double offset;

  @Option(
      names = "--dataset",
      paramLabel = "FOLDER",
      description = "Takes scale, offset and class names from its dataset.json.")
  private Path dataset;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description = "Store each output there as output-N.npy.")
  private Path output;

  @Option(
      names = "--top-k",
      paramLabel = "N",
      description = "Print the N best classes of each output instead of its values.")
  private Integer topK;

  @Option(
      names = "--labels",
      paramLabel = "FILE",
      description = "Names of the classes, one per line.")
  private Path labels;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description = "Threads (default ${DEFAULT-VALUE}).")
  private int threads;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write output, name, type, shape, values (or top) of each output.")
  private Path json;

  @Mixin private ModelOptions entry;

  @Mixin private RuntimeOptions runtime;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (threads < 1 || (topK != null && topK < 1)) {
      throw new UsageException("--threads and --top-k must be at least 1");
    }
    if (json != null) {
      JsonReport.check(json);
    }
    PrintWriter out = spec.commandLine().getOut();
    byte[] file = entry.read(model);
    Dataset set = dataset == null ? null : Dataset.open(dataset, Dataset.splits(dataset).get(0));
    List<String> names =
        labels != null
            ? Files.readAllLines(labels, StandardCharsets.UTF_8)
            : set != null ? set.classNames() : List.of();
    Graph graph = TfliteReader.read(file);
    List<Shape> shapes = source.seed != null ? InputShapes.of(graph) : shapes(graph);
    try (SinterPeer peer =
        SinterPeer.open(model.toString(), file, runtime.options(threads), shapes)) {
      fill(peer, graph, set);
      long start = System.nanoTime();
      peer.invoke();
      double first = (System.nanoTime() - start) / 1e6;
      out.printf(
          "%s: ran in %.3f ms (first run)%s%n", model.getFileName(), first, where(peer.report()));
      List<Map<String, Object>> rows = new ArrayList<>();
      List<TensorSpec> specs = peer.outputs();
      for (int i = 0; i < specs.size(); i++) {
        rows.add(show(out, peer, i, specs.get(i), names));
        if (output != null) {
          Files.createDirectories(output);
          Npy.write(
              output.resolve("output-" + i + ".npy"),
              specs.get(i).type(),
              specs.get(i).shape(),
              peer.output(i));
        }
      }
      out.flush();
      if (json != null) {
        JsonReport.write(json, rows);
      }
    }
    return Main.OK;
  }

  /** How much of the model a device runs, if one was asked for. */
  private static String where(Report report) {
    if (report.device() == Device.CPU) {
      return "";
    }
    long on = report.steps().stream().filter(s -> s.device() == report.device()).count();
    return String.format(
        ", %d of %d kernel calls on %s", on, report.steps().size(), report.device().label());
  }

  /** The shapes of the arrays where the file leaves the input's open; empty for the file's. */
  private List<Shape> shapes(Graph graph) throws IOException {
    List<Shape> shapes = new ArrayList<>();
    if (source.files.size() != graph.inputs().size()) {
      List<String> inputs = graph.inputs().stream().map(t -> graph.tensor(t).toString()).toList();
      throw new UsageException(
          "the model has "
              + inputs.size()
              + " inputs, "
              + source.files.size()
              + " files were given; give one --input FILE for each, in this order: "
              + inputs);
    }
    boolean other = false;
    for (int i = 0; i < source.files.size(); i++) {
      Tensor t = graph.tensor(graph.inputs().get(i));
      Path file = source.files.get(i);
      if (!Files.isRegularFile(file)) {
        throw new UsageException("there is no file " + file + " for input " + t);
      }
      Shape shape = InputFiles.isArray(file) ? Npy.read(file).shape() : t.shape();
      boolean fits = shape.rank() == t.signature().rank();
      for (int d = 0; fits && d < shape.rank(); d++) {
        fits = t.signature().dim(d) < 0 || t.signature().dim(d) == shape.dim(d);
      }
      shapes.add(fits ? shape : t.shape());
      other |= fits && !shape.equals(t.shape());
    }
    return other ? shapes : List.of();
  }

  private void fill(SinterPeer peer, Graph graph, Dataset set) throws IOException {
    List<TensorSpec> inputs = peer.inputs();
    if (source.seed != null) {
      InputSource.random(1, source.seed).open(graph).fill(0, peer);
      return;
    }
    Quantizing.Real real =
        scale != null ? new Quantizing.Real(scale, offset) : set != null ? set.real() : null;
    for (int i = 0; i < inputs.size(); i++) {
      try {
        if (inputs.get(i).type() == ElementType.STRING) {
          peer.setStrings(i, InputFiles.strings(source.files.get(i)));
          continue;
        }
        InputFiles.fill(source.files.get(i), real, inputs.get(i), peer.input(i));
      } catch (IllegalArgumentException e) {
        throw new UsageException(e.getMessage());
      }
    }
  }

  private Map<String, Object> show(
      PrintWriter out, SinterPeer peer, int i, TensorSpec spec, List<String> names) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("output", i);
    row.put("name", spec.name());
    row.put("type", spec.type().name());
    row.put("shape", spec.shape().toArray());
    out.println("output " + i + " " + spec);
    if (spec.type() == ElementType.STRING) {
      List<String> texts = new ArrayList<>();
      for (byte[] s : Strings.unpack(peer.output(i))) {
        texts.add(new String(s, StandardCharsets.UTF_8));
      }
      texts.stream().limit(SHOWN).forEach(text -> out.println("  \"" + text + "\""));
      row.put("values", texts);
      return row;
    }
    double[] values = Scores.of(spec, peer.output(i));
    if (topK != null) {
      List<Map<String, Object>> top = new ArrayList<>();
      for (Scores.Score s : Scores.top(values, topK)) {
        String name = s.index() < names.size() ? names.get(s.index()) : "";
        out.printf("  %5d  %.6f  %s%n", s.index(), s.score(), name);
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("class", s.index());
        entry.put("score", s.score());
        entry.put("label", name);
        top.add(entry);
      }
      row.put("top", top);
    } else {
      StringBuilder text = new StringBuilder("  ");
      for (int v = 0; v < Math.min(SHOWN, values.length); v++) {
        text.append(String.format("%.6g ", values[v]));
      }
      out.println(text + (values.length > SHOWN ? "... (" + values.length + " values)" : ""));
      row.put("values", values);
    }
    return row;
  }
}
