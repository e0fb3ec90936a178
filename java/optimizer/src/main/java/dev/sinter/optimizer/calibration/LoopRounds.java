// How often the loops of a model go round on examples.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.calibration;

import dev.sinter.graph.Graph;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Subgraph;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.rules.Calls;
import dev.sinter.runtime.Options;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Rounds of loops.
 *
 * @param mean rounds on the average of all times that a loop began, by the index of the subgraph
 *     that is its condition
 * @param obstacle why they could not be counted; null if they were
 */
public record LoopRounds(Map<Integer, Double> mean, String obstacle) {
  /**
   * Copies the map.
   *
   * @param mean rounds by the condition's index
   * @param obstacle why they could not be counted, or null
   */
  public LoopRounds {
    mean = Map.copyOf(mean);
  }

  private static final class Count {
    long rounds;
    long ends;
  }

  /**
   * Counts.
   *
   * @param graph the model
   * @param source examples of the main subgraph
   * @param most how many examples at most
   * @param options how it is run
   * @return what was counted; empty for a model without loops
   */
  public static LoopRounds count(Graph graph, InputSource source, int most, Options options) {
    Map<Integer, Set<Integer>> conditions = new TreeMap<>();
    for (int s : Calls.reach(graph, 0)) {
      for (Op op : graph.subgraph(s).ops()) {
        if (op.kind() instanceof OpKind.Control c && c.form() == OpKind.Control.Form.WHILE) {
          int condition = c.subgraphs().get(0);
          conditions.put(condition, Set.of(graph.subgraph(condition).outputs().get(0)));
        }
      }
    }
    if (conditions.isEmpty()) {
      return new LoopRounds(Map.of(), null);
    }
    Map<Integer, Count> counts = new HashMap<>();
    CalledSubgraphs.Seen seen =
        (s, model) -> {
          Subgraph g = graph.subgraph(s);
          int more = g.outputs().get(0);
          boolean goesOn =
              (g.isConstant(more) ? g.constant(more).values() : model.values(more)).get(0) != 0;
          Count c = counts.computeIfAbsent(s, k -> new Count());
          c.rounds += goesOn ? 1 : 0;
          c.ends += goesOn ? 0 : 1;
        };
    try (CalledSubgraphs calls = new CalledSubgraphs(graph, 0, conditions, options, seen)) {
      InputSource.Feed feed = source.open(calls.model().graph());
      for (int run = 0; run < Math.min(most, feed.runs()); run++) {
        feed.fill(run, calls.model().inputs());
        calls.run();
      }
    } catch (Calibrator.Unfollowed e) {
      return new LoopRounds(Map.of(), e.getMessage());
    }
    Map<Integer, Double> mean = new HashMap<>();
    counts.forEach((s, c) -> mean.put(s, (double) c.rounds / Math.max(1, c.ends)));
    return new LoopRounds(mean, null);
  }
}
