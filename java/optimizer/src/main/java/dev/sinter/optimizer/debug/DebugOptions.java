// What the debugger shall do.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import dev.sinter.runtime.Options;

/**
 * Options of {@link Debugger}.
 *
 * @param examples how many examples at most
 * @param reference how the reference is run
 * @param compressed how the compressed model is run
 * @param memoryBytes how much memory values may take at once, beside the models' weights; where all
 *     values of both models need more, the examples are run several times. A single layer is always
 *     measured whole
 * @param remedies how many layers are sought that are best left out; 0 for no ranking
 * @param candidates how many layers are tried for each of them, those that are likely first
 * @param rankingExamples on how many examples they are tried
 * @param timingRuns runs from which times are taken; 0 for none
 */
public record DebugOptions(
    int examples,
    Options reference,
    Options compressed,
    long memoryBytes,
    int remedies,
    int candidates,
    int rankingExamples,
    int timingRuns) {
  /** 32 examples, one thread, 1 GB, 5 layers of 12 candidates on 16 examples, 20 timed runs. */
  public static final DebugOptions DEFAULT =
      new DebugOptions(32, Options.DEFAULT, Options.DEFAULT, 1L << 30, 5, 12, 16, 20);

  /**
   * Checks the numbers.
   *
   * @param examples how many examples at most
   * @param reference how the reference is run
   * @param compressed how the compressed model is run
   * @param memoryBytes how much memory values may take at once
   * @param remedies how many layers are sought
   * @param candidates how many layers are tried for each of them
   * @param rankingExamples on how many examples
   * @param timingRuns runs from which times are taken
   */
  public DebugOptions {
    if (examples < 1 || rankingExamples < 1 || candidates < 1) {
      throw new IllegalArgumentException("examples and candidates must be at least 1");
    }
    if (remedies < 0 || timingRuns < 0 || memoryBytes < 0) {
      throw new IllegalArgumentException("remedies, timingRuns and memoryBytes cannot be negative");
    }
  }

  /**
   * Sets the number of examples.
   *
   * @param n at most so many
   * @return changed options
   */
  public DebugOptions withExamples(int n) {
    return new DebugOptions(
        n, reference, compressed, memoryBytes, remedies, candidates, rankingExamples, timingRuns);
  }

  /**
   * Sets how the models are run.
   *
   * @param forReference how the reference is run
   * @param forCompressed how the compressed model is run
   * @return changed options
   */
  public DebugOptions withRuntime(Options forReference, Options forCompressed) {
    return new DebugOptions(
        examples,
        forReference,
        forCompressed,
        memoryBytes,
        remedies,
        candidates,
        rankingExamples,
        timingRuns);
  }

  /**
   * Sets the bound of memory.
   *
   * @param bytes what values may take at once
   * @return changed options
   */
  public DebugOptions withMemory(long bytes) {
    return new DebugOptions(
        examples, reference, compressed, bytes, remedies, candidates, rankingExamples, timingRuns);
  }

  /**
   * Sets how the ranking is done.
   *
   * @param layers how many layers are sought; 0 for no ranking
   * @param tried how many are tried for each
   * @param onExamples on how many examples
   * @return changed options
   */
  public DebugOptions withRanking(int layers, int tried, int onExamples) {
    return new DebugOptions(
        examples, reference, compressed, memoryBytes, layers, tried, onExamples, timingRuns);
  }

  /**
   * Sets how times are taken.
   *
   * @param runs from how many runs; 0 for no times
   * @return changed options
   */
  public DebugOptions withTimingRuns(int runs) {
    return new DebugOptions(
        examples, reference, compressed, memoryBytes, remedies, candidates, rankingExamples, runs);
  }
}
