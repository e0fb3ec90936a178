// Quantizes models by every kind of recipe and compares the results with TensorFlow Lite's.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.quantize;

import dev.sinter.cli.compare.Verdict;
import dev.sinter.cli.compare.Verifier;
import dev.sinter.cli.differential.BesideTflite;
import dev.sinter.cli.peer.GuardedPeer;
import dev.sinter.graph.Graph;
import dev.sinter.graph.tflite.TfliteWriter;
import dev.sinter.optimizer.Optimized;
import dev.sinter.optimizer.Optimizer;
import dev.sinter.optimizer.calibration.CalibrationException;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.data.MisfitException;
import dev.sinter.optimizer.decision.Mode;
import dev.sinter.optimizer.recipe.Recipe;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Counts what became of models, and keeps what went wrong. */
final class QuantizedModels implements AutoCloseable {
  /** What TensorFlow Lite 2.21 has no kernels for, and Sinter does. */
  private static final List<String> OURS_ALONE = List.of("wi2b", "wbf16");

  private final GuardedPeer.Host host = new GuardedPeer.Host();
  private final Verifier verifier = BesideTflite.verifier(host, 2);
  final Map<String, Integer> counts = new TreeMap<>();
  final List<String> wrong = new ArrayList<>();

  void run(String name, Graph graph, String recipe) {
    String what = name + ", " + recipe;
    Optimized result;
    try {
      result =
          Optimizer.of(graph).recipe(Recipe.named(recipe)).examples(InputSource.random(4, 1)).run();
    } catch (CalibrationException | MisfitException e) {
      counts.merge("refused", 1, Integer::sum);
      return;
    } catch (RuntimeException e) {
      counts.merge("crashed", 1, Integer::sum);
      StackTraceElement at = e.getStackTrace().length > 0 ? e.getStackTrace()[0] : null;
      wrong.add(what + ": " + e + " at " + at);
      return;
    }
    for (var layer : result.layers()) {
      if (layer.mode() == Mode.FLOAT && (layer.reason() == null || layer.reason().isBlank())) {
        wrong.add(what + ": " + layer + " is left without a reason");
      }
    }
    if (result.layers().stream().allMatch(l -> l.mode() == Mode.FLOAT)) {
      counts.merge("left alone", 1, Integer::sum);
      return;
    }
    Verdict verdict = verifier.verify(what, TfliteWriter.toBytes(result.graph()));
    boolean ours =
        OURS_ALONE.stream().anyMatch(recipe::contains)
            && verdict.message().contains("Sinter runs what the reference refuses");
    // TensorFlow Lite ends with an error where a root of 16 bits meets a negative number.
    boolean domain =
        name.toLowerCase(Locale.ROOT).contains("sqrt")
            && verdict.message().contains("reference refuses");
    String status = ours ? "Sinter's alone" : domain ? "outside domain" : verdict.status().label();
    counts.merge(status, 1, Integer::sum);
    if (!ours && !domain && !verdict.status().label().matches("equal|close|refused-by-both")) {
      wrong.add(what + ": " + verdict.status().label() + ", " + verdict.message());
    }
  }

  @Override
  public void close() {
    host.close();
  }
}
