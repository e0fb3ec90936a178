// Activations that stand alone go into layers.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.quality;

import dev.sinter.graph.Graph;
import dev.sinter.optimizer.QualityStep;
import dev.sinter.optimizer.passes.FoldActivations;
import java.util.Map;

/** {@link FoldActivations} as a step of a recipe, {@code {"step": "fold_activations"}}. */
public final class FoldActivationsStep implements QualityStep {
  /** Makes one. */
  public FoldActivationsStep() {}

  @Override
  public String name() {
    return "fold_activations";
  }

  @Override
  public Graph prepare(Preparation preparation, Map<String, Object> parameters) {
    new Parameters(name(), parameters);
    return Notes.run(new FoldActivations(), preparation.graph(), preparation);
  }
}
