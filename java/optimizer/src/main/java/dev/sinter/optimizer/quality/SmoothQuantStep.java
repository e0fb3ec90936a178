// Outliers of activations go into weights.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.quality;

import dev.sinter.graph.Graph;
import dev.sinter.graph.OpKind;
import dev.sinter.optimizer.QualityStep;
import dev.sinter.optimizer.passes.SmoothInputs;
import dev.sinter.optimizer.reconstruct.Layer;
import java.util.List;
import java.util.Map;

/**
 * {@link SmoothInputs} as a step of a recipe, {@code {"step": "smooth_quant", "alpha": 0.5,
 * "insert": false}}; needs examples. With {@code insert} a MUL is put before layers whose input no
 * constant can divide.
 */
public final class SmoothQuantStep implements QualityStep {
  /** Makes one. */
  public SmoothQuantStep() {}

  @Override
  public String name() {
    return "smooth_quant";
  }

  @Override
  public Graph prepare(Preparation preparation, Map<String, Object> parameters) {
    Parameters p = new Parameters(name(), parameters, "alpha", "insert");
    Graph graph = preparation.graph();
    List<Integer> tensors =
        Layer.of(graph).stream()
            .filter(l -> l.kind() instanceof OpKind.FullyConnected)
            .filter(l -> !graph.inputs().contains(l.input()))
            .map(Layer::input)
            .distinct()
            .toList();
    ChannelRanges ranges =
        ChannelRanges.measure(
            graph, preparation.needExamples(name()), tensors, preparation.options());
    double alpha = p.number("alpha", 0.5);
    SmoothInputs pass = new SmoothInputs(ranges.magnitudes(), alpha, p.flag("insert", false));
    return Notes.run(pass, graph, preparation);
  }
}
