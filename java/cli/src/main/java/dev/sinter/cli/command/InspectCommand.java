// sinter inspect: what is in a model, and which kernels run it.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.cli.report.JsonReport;
import dev.sinter.cli.report.Table;
import dev.sinter.graph.Graph;
import dev.sinter.graph.Metadata;
import dev.sinter.graph.Op;
import dev.sinter.graph.Signature;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import dev.sinter.graph.tflite.TfliteOps;
import dev.sinter.graph.tflite.TfliteReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows a model. */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Shows what is in a model: inputs, outputs, signatures, ops, and with --tensors every tensor.",
      "",
      "With --kernels it says for every layer which kernel runs it, how many bytes its packed weights take, and why each"
          + " faster kernel was refused; with --device, what runs on the device, and why the rest does not."
    },
    footer = {
      "",
      "Examples:",
      "  sinter inspect model.tflite",
      "  sinter inspect model.tflite --kernels --isa avx2",
      "  sinter inspect model.tflite --kernels --device cuda"
    })
public final class InspectCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "A .tflite file.")
  private Path file;

  @Option(names = "--tensors", description = "List every tensor.")
  private boolean tensors;

  @Option(names = "--kernels", description = "Say which kernel runs each layer, and why.")
  private boolean kernels;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write one object per op (with --kernels: per layer).")
  private Path json;

  @Mixin private RuntimeOptions runtime;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    byte[] bytes = ModelFiles.read(file);
    if (json != null) {
      JsonReport.check(json);
    }
    List<Map<String, Object>> rows = new ArrayList<>();
    if (kernels) {
      KernelReport.print(out, file, bytes, runtime, rows);
    } else {
      Graph graph = TfliteReader.read(file);
      summary(out, graph, bytes.length);
      for (int s = 0; s < graph.subgraphs().size(); s++) {
        subgraph(out, s, graph.subgraph(s), rows);
      }
    }
    if (json != null) {
      JsonReport.write(json, rows);
    }
    out.flush();
    return Main.OK;
  }

  private void summary(PrintWriter out, Graph graph, int size) {
    out.printf("%s: %,d bytes, %d subgraph(s)%n", file, size, graph.subgraphs().size());
    if (!graph.description().isEmpty()) {
      out.println("description: " + graph.description());
    }
    for (int t : graph.inputs()) {
      out.println("input   " + text(graph.tensor(t)));
    }
    for (int t : graph.outputs()) {
      out.println("output  " + text(graph.tensor(t)));
    }
    for (Signature s : graph.signatures()) {
      out.println(
          "signature '"
              + s.key()
              + "' "
              + s.inputs().stream().map(Signature.Binding::name).toList()
              + " -> "
              + s.outputs().stream().map(Signature.Binding::name).toList());
    }
    for (Metadata m : graph.metadata()) {
      out.printf("metadata '%s' %,d bytes%n", m.name(), m.storage().size());
    }
  }

  private void subgraph(
      PrintWriter out, int index, Subgraph graph, List<Map<String, Object>> rows) {
    long constants = graph.tensors().stream().mapToLong(t -> t.storage().size()).sum();
    out.printf(
        "%nsubgraph %d%s: %d ops, %d tensors, %,d bytes of constants%n",
        index,
        graph.name().isEmpty() ? "" : " '" + graph.name() + "'",
        graph.ops().size(),
        graph.tensors().size(),
        constants);
    Map<String, Integer> counts = new TreeMap<>();
    Table table = new Table("op", "kind", "inputs", "output", "attributes");
    for (int i = 0; i < graph.ops().size(); i++) {
      Op op = graph.ops().get(i);
      counts.merge(TfliteOps.name(op.kind()), 1, Integer::sum);
      List<String> inputs = new ArrayList<>();
      for (int t : op.inputs()) {
        inputs.add(t < 0 ? "-" : type(graph.tensor(t)));
      }
      List<String> outputs = op.outputs().stream().map(t -> type(graph.tensor(t))).toList();
      table.row(
          i,
          TfliteOps.name(op.kind()),
          String.join(" ", inputs),
          String.join(" ", outputs),
          op.kind());
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("subgraph", index);
      row.put("op", i);
      row.put("kind", TfliteOps.name(op.kind()));
      row.put(
          "inputs", op.inputs().stream().map(t -> t < 0 ? null : graph.tensor(t).name()).toList());
      row.put("outputs", op.outputs().stream().map(t -> graph.tensor(t).name()).toList());
      row.put("attributes", op.kind().toString());
      rows.add(row);
    }
    out.println(counts);
    table.print(out);
    if (tensors) {
      Table list = new Table("tensor", "type", "shape", "bytes", "quantization", "name");
      for (int i = 0; i < graph.tensors().size(); i++) {
        Tensor t = graph.tensor(i);
        String stored = t.sparsity() == null ? "" : " sparse";
        list.row(
            i, t.type() + stored, t.signature(), t.storage().size(), t.quantization(), t.name());
      }
      out.println();
      list.print(out);
    }
  }

  private static String type(Tensor t) {
    return t.type().name().toLowerCase(java.util.Locale.ROOT)
        + t.signature().toString().replace(" ", "")
        + (t.isConstant() ? "c" : "");
  }

  private static String text(Tensor t) {
    return t + (t.quantization().isQuantized() ? " " + t.quantization() : "");
  }
}
