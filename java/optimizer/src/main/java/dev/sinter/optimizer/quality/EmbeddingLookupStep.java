// Tables whose rows are gathered become tables of embeddings.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.quality;

import dev.sinter.graph.Graph;
import dev.sinter.optimizer.QualityStep;
import dev.sinter.optimizer.passes.LookupTables;
import java.util.Map;

/** {@link LookupTables} as a step of a recipe, {@code {"step": "embedding_lookup"}}. */
public final class EmbeddingLookupStep implements QualityStep {
  /** Makes one. */
  public EmbeddingLookupStep() {}

  @Override
  public String name() {
    return "embedding_lookup";
  }

  @Override
  public Graph prepare(Preparation preparation, Map<String, Object> parameters) {
    new Parameters(name(), parameters);
    return Notes.run(new LookupTables(), preparation.graph(), preparation);
  }
}
