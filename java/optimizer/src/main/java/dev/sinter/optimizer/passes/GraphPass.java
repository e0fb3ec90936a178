// A change to a float model that keeps its function.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.passes;

import dev.sinter.graph.Graph;
import java.util.List;

/** Float model to float model; outputs stay as they are but for rounding. */
public interface GraphPass {
  /**
   * The outcome.
   *
   * @param graph the new model
   * @param done what was changed, one line each, named by tensors
   */
  record Result(Graph graph, List<String> done) {
    /**
     * Copies the list.
     *
     * @param graph the new model
     * @param done what was changed
     */
    public Result {
      done = List.copyOf(done);
    }
  }

  /**
   * Names it, for recipes and reports.
   *
   * @return such as {@code fold_batch_norm}
   */
  String name();

  /**
   * Changes a model's main subgraph.
   *
   * @param graph the model; it stays as it is
   * @return the changed model
   */
  Result apply(Graph graph);
}
