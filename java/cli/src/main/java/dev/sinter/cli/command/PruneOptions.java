// sinter optimize --recipe prune_for_benchmark: zeros in blocks, to see what sparsity gives.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.cli.report.JsonReport;
import dev.sinter.cli.report.Table;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.graph.tflite.TfliteWriter;
import dev.sinter.optimizer.BlockPattern;
import dev.sinter.optimizer.MagnitudePruning;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Option;

/** The options of pruning, and what they do. */
final class PruneOptions {
  static final String RECIPE = "prune_for_benchmark";

  @Option(
      names = "--sparsity",
      paramLabel = "S",
      defaultValue = "0.8",
      description =
          RECIPE + ": share of a layer's weights that becomes zero (default ${DEFAULT-VALUE}).")
  private double sparsity;

  @Option(
      names = "--pattern",
      paramLabel = "P",
      defaultValue = "4x4",
      description =
          RECIPE
              + ": what becomes zero together: OUTPUTSxINPUTS, such as 1x4, 4x4, 16x4; or 2of4, two of every four"
              + " inputs stay (default ${DEFAULT-VALUE}).")
  private String pattern;

  @Option(
      names = "--layers",
      paramLabel = "L",
      defaultValue = "pointwise",
      description =
          RECIPE
              + ": which layers: pointwise (fully connected ones, convolutions of 1 x 1) or all (default"
              + " ${DEFAULT-VALUE}).")
  private MagnitudePruning.Layers layers;

  int run(Path model, Path output, Path json, PrintWriter out) throws IOException {
    MagnitudePruning pruning;
    try {
      pruning = new MagnitudePruning(BlockPattern.parse(pattern), sparsity, layers);
    } catch (IllegalArgumentException e) {
      throw new UsageException("--pattern, --sparsity: " + e.getMessage());
    }
    Graph graph = TfliteReader.read(model);
    MagnitudePruning.Result result;
    try {
      result = pruning.apply(graph);
      TfliteWriter.write(result.graph(), output);
    } catch (GraphException e) {
      throw new UsageException(model + ": " + e.getMessage());
    }
    report(result, model, output, json, out);
    return result.layers().stream().anyMatch(l -> l.reason() == null) ? Main.OK : Main.FAILED;
  }

  private void report(
      MagnitudePruning.Result result, Path model, Path output, Path json, PrintWriter out)
      throws IOException {
    Table table = new Table("op", "layer", "weights", "zeros before", "zeros now", "");
    List<Map<String, Object>> rows = new ArrayList<>();
    long pruned = 0;
    for (MagnitudePruning.Layer layer : result.layers()) {
      pruned += layer.reason() == null ? 1 : 0;
      table.row(
          layer.op(),
          layer.kind() + " " + layer.outputs() + "x" + layer.inputs(),
          layer.weights(),
          String.format(Locale.ROOT, "%.1f %%", 100 * layer.before()),
          String.format(Locale.ROOT, "%.1f %%", 100 * layer.after()),
          layer.reason() == null ? "" : layer.reason());
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("subgraph", layer.subgraph());
      row.put("op", layer.op());
      row.put("kind", layer.kind());
      row.put("weights", layer.weights());
      row.put("outputs", layer.outputs());
      row.put("inputs", layer.inputs());
      row.put("sparsityBefore", layer.before());
      row.put("sparsityAfter", layer.after());
      row.put("reason", layer.reason());
      rows.add(row);
    }
    table.print(out);
    long before = Files.size(model);
    long after = Files.size(output);
    out.printf(
        "%s: %d of %d layers pruned, %d bytes (was %d: zeros are stored like other weights)%n",
        output, pruned, result.layers().size(), after, before);
    if (pruned == 0) {
      out.println("No layer was pruned; the last column says why.");
    }
    out.println(
        "'sinter bench " + output + "' says what it gives, 'sinter evaluate' what it costs.");
    out.flush();
    if (json != null) {
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("model", model.toString());
      all.put("output", output.toString());
      all.put("recipe", RECIPE);
      all.put("pattern", pattern);
      all.put("sparsity", sparsity);
      all.put("bytesBefore", before);
      all.put("bytesAfter", after);
      all.put("layersPruned", pruned);
      all.put("layers", rows);
      JsonReport.write(json, List.of(all));
    }
  }
}
