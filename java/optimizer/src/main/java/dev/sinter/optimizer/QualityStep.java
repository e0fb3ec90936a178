// A step that makes a model lose less when it is quantized.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer;

import dev.sinter.graph.Graph;
import dev.sinter.optimizer.calibration.Progress;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.decision.Decisions;
import dev.sinter.runtime.Options;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A step before or after decisions are made; found by {@link java.util.ServiceLoader}, switched on
 * by name in a recipe ({@code {"step": "bias_correction"}}) or by {@link
 * Optimizer.Builder#step(String, Map)}. Steps run in the order in which they are named.
 */
public interface QualityStep {
  /**
   * Returns its name.
   *
   * @return such as {@code bias_correction}
   */
  String name();

  /**
   * Changes the float model before it is calibrated: folding, equalization. The model computes the
   * same afterwards, but for the rounding of floats.
   *
   * @param graph the float model
   * @param parameters what the recipe says beside the name
   * @return the changed model, or the same
   * @throws IllegalArgumentException if a parameter is not understood
   */
  default Graph prepare(Graph graph, Map<String, Object> parameters) {
    return graph;
  }

  /**
   * Changes the float model before it is calibrated, looking at examples; by default without.
   *
   * @param preparation the model and the examples
   * @param parameters what the recipe says beside the name
   * @return the changed model, or the same
   * @throws IllegalArgumentException if a parameter is not understood
   */
  default Graph prepare(Preparation preparation, Map<String, Object> parameters) {
    return prepare(preparation.graph(), parameters);
  }

  /**
   * Corrects the float model after decisions are made, so that the quantized model comes closer to
   * what the float model was: bias correction. Tensors and ops keep their indices.
   *
   * @param context the model, the decisions and the examples
   * @param parameters what the recipe says beside the name
   * @return model and decisions, changed or not
   * @throws IllegalArgumentException if a parameter is not understood
   */
  default Outcome correct(Context context, Map<String, Object> parameters) {
    return new Outcome(context.graph(), context.decisions());
  }

  /**
   * What a preparation works on.
   *
   * @param graph the float model
   * @param examples by index of the subgraph; empty if the caller gave none
   * @param options how models are run
   * @param notes hears what was done, for the report
   */
  record Preparation(
      Graph graph, Map<Integer, InputSource> examples, Options options, Consumer<String> notes) {
    /**
     * Keeps a copy of the map.
     *
     * @param graph the float model
     * @param examples by index of the subgraph
     * @param options how models are run
     * @param notes hears what was done, for the report
     */
    public Preparation {
      examples = Map.copyOf(examples);
    }

    /**
     * Returns the examples of the main subgraph.
     *
     * @param step who needs them, for the message
     * @return the examples
     * @throws IllegalArgumentException if there are none
     */
    public InputSource needExamples(String step) {
      InputSource source = examples.get(0);
      if (source == null) {
        throw new IllegalArgumentException(
            "step " + step + " must see what activations are: give examples (--data)");
      }
      return source;
    }
  }

  /**
   * What a correction works on.
   *
   * @param graph the float model after all preparation
   * @param decisions what will become of it
   * @param examples by index of the subgraph; empty if the caller gave none
   * @param options how models are run
   * @param progress hears how far it is
   * @param notes hears what was done, for the report
   */
  record Context(
      Graph graph,
      Decisions decisions,
      Map<Integer, InputSource> examples,
      Options options,
      Progress progress,
      Consumer<String> notes) {
    /**
     * Keeps a copy of the map.
     *
     * @param graph the float model
     * @param decisions what will become of it
     * @param examples by index of the subgraph
     * @param options how models are run
     * @param progress hears how far it is
     * @param notes hears what was done, for the report
     */
    public Context {
      examples = Map.copyOf(examples);
    }
  }

  /**
   * What came out of it.
   *
   * @param graph the float model to which the decisions will be applied
   * @param decisions the decisions
   */
  record Outcome(Graph graph, Decisions decisions) {}
}
