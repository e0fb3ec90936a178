// Constants of products become their right side.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.quality;

import dev.sinter.graph.Graph;
import dev.sinter.optimizer.QualityStep;
import dev.sinter.optimizer.passes.TurnProducts;
import java.util.Map;

/** {@link TurnProducts} as a step of a recipe, {@code {"step": "turn_products"}}. */
public final class TurnProductsStep implements QualityStep {
  /** Makes one. */
  public TurnProductsStep() {}

  @Override
  public String name() {
    return "turn_products";
  }

  @Override
  public Graph prepare(Preparation preparation, Map<String, Object> parameters) {
    new Parameters(name(), parameters);
    return Notes.run(new TurnProducts(), preparation.graph(), preparation);
  }
}
