// How long a model is expected to run on a machine that need not be this one.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphException;
import dev.sinter.runtime.lower.Lowered;
import dev.sinter.runtime.lower.Lowering;
import dev.sinter.runtime.lower.Step;
import dev.sinter.runtime.lower.ValueNeeded;
import dev.sinter.runtime.select.Choice;
import dev.sinter.runtime.select.KeptBfloat16;
import dev.sinter.runtime.select.Selector;
import dev.sinter.runtime.select.ZeroPatterns;
import java.util.HashMap;
import java.util.Map;

/**
 * The expected costs of the kernels that a target would choose, step by step: on one core, with
 * nothing else running. Nothing is packed or run, so the machine may have instruction sets that
 * this one lacks.
 *
 * @param micros microseconds of a run
 * @param known share of them whose figures are in the target file; the others rest on the guesses
 *     of the catalogue, which say which kernel is faster more than how fast it is
 */
public record Prediction(double micros, double known) {
  /**
   * Predicts.
   *
   * @param graph a model whose shapes do not depend on what it computes, and without loops
   * @param target the machine, of {@link Target#described}
   * @param options numerics and bf16 count
   * @return what is expected
   * @throws SinterException if the model does not run as one plan, or there is no kernel for a step
   */
  public static Prediction of(Graph graph, Target target, Options options) {
    Selector selector = new Selector(target, options.numerics(), new HashMap<>());
    Lowered lowered;
    try {
      lowered = Lowering.lower(graph, Map.of());
    } catch (ValueNeeded e) {
      throw new SinterException(
          Status.UNSUPPORTED,
          graph.name() + ": times are predicted for models of one plan: " + e.getMessage(),
          e);
    } catch (GraphException e) {
      throw new SinterException(Status.INVALID_MODEL, graph.name() + ": " + e.getMessage(), e);
    }
    if (options.bf16()) {
      lowered.steps().forEach(Step::useBfloat16);
      KeptBfloat16.find(lowered.steps(), selector, target.level2Bytes());
    }
    double cycles = 0;
    double known = 0;
    for (Step step : lowered.steps()) {
      ZeroPatterns.forget(step);
      Choice choice = selector.choose(step);
      cycles += choice.cycles();
      known += target.costs().knows(choice.row()) ? choice.cycles() : 0;
    }
    double gigahertz = target.costs().host() == null ? 1 : target.costs().host().gigahertz();
    return new Prediction(cycles / gigahertz / 1000, cycles == 0 ? 1 : known / cycles);
  }
}
