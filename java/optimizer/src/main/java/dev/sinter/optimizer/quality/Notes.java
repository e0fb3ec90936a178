// What a preparation says about what it has done.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.quality;

import dev.sinter.graph.Graph;
import dev.sinter.optimizer.QualityStep;
import dev.sinter.optimizer.passes.GraphPass;
import java.util.List;

/** Runs a pass and tells of it. */
final class Notes {
  /** So many changes are named. */
  private static final int NAMED = 3;

  private Notes() {}

  static Graph run(GraphPass pass, Graph graph, QualityStep.Preparation preparation) {
    GraphPass.Result result = pass.apply(graph);
    List<String> done = result.done();
    if (done.isEmpty()) {
      preparation.notes().accept(pass.name() + ": nothing to change in this model");
    } else {
      preparation
          .notes()
          .accept(
              pass.name()
                  + ": "
                  + String.join("; ", done.subList(0, Math.min(NAMED, done.size())))
                  + (done.size() > NAMED ? "; and " + (done.size() - NAMED) + " more" : ""));
    }
    return result.graph();
  }
}
