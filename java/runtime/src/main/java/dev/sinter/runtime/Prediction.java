// How long a model is expected to run on a machine that need not be this one.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.Graph;
import java.util.List;
import java.util.Map;

/**
 * The expected costs of the kernels that a target would choose, step by step, with nothing else
 * running. Nothing is packed or run, so the machine may have instruction sets that this one lacks.
 *
 * @param micros microseconds of a run
 * @param known share of them whose figures are in the target file; the others rest on the guesses
 *     of the catalogue, which say which kernel is faster more than how fast it is
 * @param assumptions what the time rests on besides: rounds of loops, branches
 */
public record Prediction(double micros, double known, List<String> assumptions) {
  /**
   * Copies the list.
   *
   * @param micros microseconds of a run
   * @param known share of them whose figures are in the target file
   * @param assumptions what the time rests on besides
   */
  public Prediction {
    assumptions = List.copyOf(assumptions);
  }

  /**
   * Predicts; a loop whose rounds the file does not fix counts as one round.
   *
   * @param graph a model whose shapes do not depend on what it computes
   * @param target the machine, of {@link Target#described}
   * @param options numerics, bf16 and threads count
   * @return what is expected
   * @throws SinterException if shapes depend on values, or there is no kernel for a step
   */
  public static Prediction of(Graph graph, Target target, Options options) {
    return of(graph, target, options, Map.of());
  }

  /**
   * Predicts.
   *
   * @param graph a model whose shapes do not depend on what it computes
   * @param target the machine, of {@link Target#described}
   * @param options numerics, bf16 and threads count
   * @param rounds how often loops go round, on the average, by the index of the subgraph that is
   *     their condition
   * @return what is expected
   * @throws SinterException if shapes depend on values, or there is no kernel for a step
   */
  public static Prediction of(
      Graph graph, Target target, Options options, Map<Integer, Double> rounds) {
    return new Predictor(graph, target, options, rounds).predict();
  }
}
