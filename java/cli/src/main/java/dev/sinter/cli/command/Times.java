// Where a search has its times from: this machine's clock, or what a target file lets expect.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.graph.Graph;
import dev.sinter.optimizer.search.ExampleJudge;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Prediction;
import dev.sinter.runtime.Target;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * Times of candidates.
 *
 * @param file the target file; null: runs are timed here
 * @param target the machine that it describes
 * @param options how models run
 */
record Times(Path file, Target target, Options options) {
  /** Predicts with a target file, measures without one. */
  static Times of(Path file, Options options) {
    if (file == null) {
      return new Times(null, null, options);
    }
    if (options.threads() > 1) {
      throw new UsageException(
          "--threads: times are predicted for one thread; without --target they are measured here");
    }
    return new Times(file, Target.described(file), options);
  }

  /** Tells a judge how to find times. */
  void tell(ExampleJudge judge) {
    if (file != null) {
      judge.timedBy(g -> Prediction.of(g, target, options).micros());
    }
  }

  /** What else a journal's measurements hang on. */
  String subject() throws IOException {
    return file == null ? "" : ", times predicted by " + SearchOptions.digest(file);
  }

  /** How far a prediction rests on measured figures. */
  Optional<String> about(Graph best) {
    return file == null
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "of its predicted time %.0f %% rest on figures of %s, the rest on the catalogue's guesses",
                100 * Prediction.of(best, target, options).known(),
                file.getFileName()));
  }

  @Override
  public String toString() {
    return file == null
        ? "times are measured on this machine"
        : String.format(
            Locale.ROOT,
            "times are predicted for %s (%s, %.2f GHz) by %s, not measured",
            target.costs().name(),
            target.isaNames(),
            target.costs().host().gigahertz(),
            file);
  }
}
