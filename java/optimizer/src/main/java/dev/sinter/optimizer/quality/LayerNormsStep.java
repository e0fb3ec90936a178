// Layer norms become ops that lose little in integers.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.quality;

import dev.sinter.graph.Graph;
import dev.sinter.optimizer.QualityStep;
import dev.sinter.optimizer.passes.IntegerNorms;
import java.util.List;
import java.util.Map;

/**
 * {@link IntegerNorms} as a step of a recipe, {@code {"step": "layer_norms", "copies": 0.25}};
 * needs examples if the model has layer norms. {@code copies} bounds what is added to a norm for
 * outliers, as a part of its channels; 0 leaves outliers alone.
 */
public final class LayerNormsStep implements QualityStep {
  private static final double COPIES = 0.25;

  /** Makes one. */
  public LayerNormsStep() {}

  @Override
  public String name() {
    return "layer_norms";
  }

  @Override
  public Graph prepare(Preparation preparation, Map<String, Object> parameters) {
    Parameters p = new Parameters(name(), parameters, "copies");
    double copies = p.number("copies", COPIES);
    Graph graph = preparation.graph();
    List<Integer> tensors = IntegerNorms.observed(graph);
    if (tensors.isEmpty()) {
      preparation.notes().accept(name() + ": this model has no layer norms, nothing is changed");
      return graph;
    }
    ChannelRanges ranges =
        ChannelRanges.measure(
            graph, preparation.needExamples(name()), tensors, preparation.options());
    IntegerNorms pass = new IntegerNorms(ranges.lowest(), ranges.magnitudes(), copies);
    Graph changed = Notes.run(pass, graph, preparation);
    pass.left().forEach(line -> preparation.notes().accept(name() + ": " + line));
    return changed;
  }
}
