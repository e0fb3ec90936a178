// What quantizing a model came to.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer;

import dev.sinter.graph.Graph;
import dev.sinter.optimizer.calibration.Calibration;
import dev.sinter.optimizer.decision.Decisions;
import java.util.List;

/**
 * A quantized model and how it came about.
 *
 * @param graph the quantized model
 * @param prepared the float model that the decisions are about: the original, after steps that
 *     changed it
 * @param decisions what was decided on every op and tensor
 * @param calibration what calibration saw; empty if none was needed
 * @param layers a line per op
 * @param notes what is to be said about the recipe: rules that matched nothing, were shadowed, or
 *     could not be followed
 */
public record Optimized(
    Graph graph,
    Graph prepared,
    Decisions decisions,
    Calibration calibration,
    List<LayerReport> layers,
    List<String> notes) {
  /**
   * Keeps copies.
   *
   * @param graph the quantized model
   * @param prepared the float model that the decisions are about
   * @param decisions what was decided
   * @param calibration what calibration saw
   * @param layers a line per op
   * @param notes what is to be said about the recipe
   */
  public Optimized {
    layers = List.copyOf(layers);
    notes = List.copyOf(notes);
  }

  /**
   * Carries out decisions that were made before.
   *
   * @param graph the float model they are about
   * @param decisions the decisions
   * @return the quantized model; with nothing calibrated and nothing to say about rules
   * @throws dev.sinter.graph.GraphException if they do not suit the model
   */
  public static Optimized of(Graph graph, Decisions decisions) {
    return new Optimized(
        decisions.apply(graph),
        graph,
        decisions,
        Calibration.empty(),
        LayerReport.of(graph, decisions),
        List.of());
  }
}
