// Where a search has its times from: this machine's clock, or what a target file lets expect.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.graph.Graph;
import dev.sinter.optimizer.calibration.LoopRounds;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.search.ExampleJudge;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Prediction;
import dev.sinter.runtime.Target;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Times of candidates.
 *
 * @param file the target file; null: runs are timed here
 * @param target the machine that it describes
 * @param options how models run
 * @param rounds how often loops go round on examples
 */
record Times(Path file, Target target, Options options, LoopRounds rounds) {
  private static final int EXAMPLES = 16;

  /** Predicts with a target file, loops by the rounds that examples take; measures without one. */
  static Times of(Path file, Options options, Graph graph, InputSource examples) {
    return file == null
        ? new Times(null, null, options, null)
        : new Times(
            file,
            Target.described(file),
            options,
            LoopRounds.count(graph, examples, EXAMPLES, options));
  }

  private Prediction predicted(Graph g) {
    return Prediction.of(g, target, options, rounds.mean());
  }

  /** Tells a judge how to find times. */
  void tell(ExampleJudge judge) {
    if (file != null) {
      judge.timedBy(g -> predicted(g).micros());
    }
  }

  /** What else a journal's measurements hang on. */
  String subject() throws IOException {
    return file == null ? "" : ", times predicted by " + SearchOptions.digest(file);
  }

  /** How far a prediction rests on measured figures. */
  Optional<String> about(Graph best) {
    if (file == null) {
      return Optional.empty();
    }
    Prediction p = predicted(best);
    List<String> said = new ArrayList<>();
    said.add(
        String.format(
            Locale.ROOT,
            "of its predicted time %.0f %% rest on figures of %s, the rest on the catalogue's guesses",
            100 * p.known(),
            file.getFileName()));
    said.addAll(p.assumptions());
    if (rounds.obstacle() != null) {
      said.add("rounds of loops could not be counted: " + rounds.obstacle());
    }
    return Optional.of(String.join("; ", said));
  }

  @Override
  public String toString() {
    return file == null
        ? "times are measured on this machine"
        : String.format(
            Locale.ROOT,
            "times are predicted for %s (%s, %.2f GHz%s) by %s, not measured",
            target.costs().name(),
            target.isaNames(),
            target.costs().host().gigahertz(),
            options.threads() > 1 ? ", " + options.threads() + " threads" : "",
            file);
  }
}
