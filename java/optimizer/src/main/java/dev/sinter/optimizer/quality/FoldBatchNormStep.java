// Batch normalization goes into layers.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.quality;

import dev.sinter.graph.Graph;
import dev.sinter.optimizer.QualityStep;
import dev.sinter.optimizer.passes.FoldConstants;
import java.util.Map;

/** {@link FoldConstants} as a step of a recipe, {@code {"step": "fold_batch_norm"}}. */
public final class FoldBatchNormStep implements QualityStep {
  /** Makes one. */
  public FoldBatchNormStep() {}

  @Override
  public String name() {
    return "fold_batch_norm";
  }

  @Override
  public Graph prepare(Preparation preparation, Map<String, Object> parameters) {
    new Parameters(name(), parameters);
    return Notes.run(new FoldConstants(), preparation.graph(), preparation);
  }
}
