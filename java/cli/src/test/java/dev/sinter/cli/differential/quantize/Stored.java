// What a run of the optimizer leaves in files.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sinter.graph.Graph;
import dev.sinter.optimizer.Optimized;
import dev.sinter.optimizer.Optimizer;
import dev.sinter.optimizer.calibration.CalibrationJson;
import dev.sinter.optimizer.decision.DecisionsJson;
import dev.sinter.optimizer.recipe.Recipe;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Decisions and calibration as JSON. */
final class Stored {
  private Stored() {}

  /** Both make the same model again. */
  static void assertMakesTheSame(Graph g, Optimized o, String recipe) throws IOException {
    String decisions = DecisionsJson.write(o.decisions());
    assertEquals(o.graph(), DecisionsJson.read("d", decisions).apply(g));
    String seen = CalibrationJson.write(o.calibration(), g);
    Optimized again =
        Optimizer.of(g)
            .recipe(Recipe.named(recipe))
            .calibration(
                graph -> {
                  try {
                    return CalibrationJson.read("c", seen, graph);
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                })
            .run();
    assertEquals(o.graph(), again.graph());
  }
}
