// What quantizing a model came to, for people and for programs.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.cli.report.JsonReport;
import dev.sinter.cli.report.Table;
import dev.sinter.graph.Graph;
import dev.sinter.optimizer.KernelsHere;
import dev.sinter.optimizer.LayerReport;
import dev.sinter.optimizer.Optimized;
import dev.sinter.optimizer.decision.Mode;
import dev.sinter.runtime.Options;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Prints, and writes JSON. */
final class QuantizeReport {
  private final Optimized result;
  private final KernelsHere kernels;

  QuantizeReport(Optimized result, Options options) {
    this.result = result;
    this.kernels = KernelsHere.of(result, options);
  }

  void print(
      PrintWriter out, Path model, Path output, String recipe, Path json, List<String> wanted)
      throws IOException {
    Table table = new Table("op", "layer", "scheme", "weights", "kernel here", "");
    List<Map<String, Object>> rows = new ArrayList<>();
    int quantized = 0;
    for (LayerReport l : result.layers()) {
      quantized += l.mode() != Mode.FLOAT ? 1 : 0;
      String kernel = l.subgraph() == 0 ? kernels.byOp().get(l.op()) : null;
      table.row(
          l.subgraph() == 0 ? l.op() : l.subgraph() + "/" + l.op(),
          l.kind() + " " + shortened(l.output()),
          l.scheme(),
          l.weightBytes() == 0 ? "" : l.weightBytes() + " -> " + l.newWeightBytes(),
          kernel == null ? "" : kernel,
          l.mode() == Mode.FLOAT ? l.reason() : "");
      rows.add(fields(l, kernel));
    }
    table.print(out);
    List<String> notes = new ArrayList<>(result.notes());
    notes.addAll(borders(result.graph(), wanted));
    if (kernels.refusal() != null) {
      notes.add("Sinter does not run the new model: " + kernels.refusal());
    }
    for (String note : notes) {
      out.println("note: " + note);
    }
    long before = Files.size(model);
    long after = Files.size(output);
    out.printf(
        Locale.ROOT,
        "%s: %d of %d ops quantized, %d conversions, %,d bytes (was %,d: %.1f %%)%n",
        output,
        quantized,
        result.layers().size(),
        kernels.conversions(),
        after,
        before,
        100.0 * after / before);
    if (quantized == 0) {
      out.println("No op was quantized; the last column says why.");
    }
    out.println(
        "'sinter evaluate "
            + output
            + " --data DIR' says what it costs, 'sinter bench "
            + output
            + "' what it gives.");
    out.flush();
    if (json != null) {
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("model", model.toString());
      all.put("output", output.toString());
      all.put("recipe", recipe);
      all.put("bytesBefore", before);
      all.put("bytesAfter", after);
      all.put("opsQuantized", quantized);
      all.put("conversions", kernels.conversions());
      all.put("method", result.calibration().method().label());
      all.put("examples", result.calibration().examples(0));
      all.put("notes", notes);
      all.put("layers", rows);
      JsonReport.write(json, List.of(all));
    }
  }

  /** TensorFlow joins the names of all that was fused: the first, and its end, will do. */
  private static String shortened(String name) {
    String first = name.contains(";") ? name.substring(0, name.indexOf(';')) : name;
    return first.length() <= 48 ? first : "..." + first.substring(first.length() - 45);
  }

  private static Map<String, Object> fields(LayerReport l, String kernel) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("subgraph", l.subgraph());
    row.put("op", l.op());
    row.put("kind", l.kind());
    row.put("output", l.output());
    row.put("mode", l.mode().name().toLowerCase(Locale.ROOT));
    row.put("scheme", l.scheme());
    row.put("weightBytes", l.weightBytes());
    row.put("newWeightBytes", l.newWeightBytes());
    row.put("kernel", kernel);
    row.put("reason", l.reason());
    return row;
  }

  /** Inputs and outputs that did not get the type that was asked for. */
  private static List<String> borders(Graph graph, List<String> wanted) {
    List<String> out = new ArrayList<>();
    for (int side = 0; side < 2; side++) {
      for (int t : side == 0 ? graph.inputs() : graph.outputs()) {
        String type = graph.tensor(t).type().name();
        if (!wanted.get(side).isEmpty() && !wanted.get(side).equals(type)) {
          out.add(
              (side == 0 ? "input " : "output ")
                  + graph.tensor(t)
                  + " is not "
                  + wanted.get(side)
                  + ": the ops "
                  + (side == 0 ? "behind" : "before")
                  + " it are not quantized to that");
        }
      }
    }
    return out;
  }
}
