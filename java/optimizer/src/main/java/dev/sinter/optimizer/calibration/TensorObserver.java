// Adds what a run shows of a subgraph's tensors to their statistics.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.calibration;

import dev.sinter.graph.Subgraph;
import dev.sinter.optimizer.rules.StaticLstm;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntPredicate;

/** Tensors of one subgraph, and what its layers keep to themselves. */
final class TensorObserver {
  private final String model;
  private final Subgraph g;
  private final Set<Integer> tensors;
  private final Map<Integer, TensorStatistics> statistics;
  private final boolean distribution;
  private final Map<Integer, Beside> layers;
  private float[] buffer = new float[0];

  /**
   * Prepares; what was seen of a tensor without the distribution that is needed now is forgotten.
   *
   * @param model its name, for messages
   * @param g the subgraph
   * @param tensors numbers of tensors, and of {@link StaticLstm#inside}
   * @param statistics by number; changed
   * @param distribution whether histograms are needed
   */
  TensorObserver(
      String model,
      Subgraph g,
      Set<Integer> tensors,
      Map<Integer, TensorStatistics> statistics,
      boolean distribution) {
    this.model = model;
    this.g = g;
    this.tensors = tensors;
    this.statistics = statistics;
    this.distribution = distribution;
    layers = Beside.of(g);
    for (int t : tensors) {
      TensorStatistics s = statistics.get(t);
      if (s == null || (distribution && s.histogram() == null)) {
        statistics.put(t, new TensorStatistics()); // from the first example on
      }
    }
  }

  /** The tensors that must be read to see all. */
  Set<Integer> read() {
    Set<Integer> read = new TreeSet<>();
    for (int t : tensors) {
      read.add(layers.containsKey(t) ? layers.get(t).input() : t);
    }
    return read;
  }

  /**
   * Looks at a run.
   *
   * @param from what ran
   * @param anew whether states of layers started anew
   * @param isNew whether a tensor shows what was not counted yet
   * @param when for messages
   */
  void see(ObservedModel from, boolean anew, IntPredicate isNew, String when) {
    Map<Beside, Map<Integer, float[]>> inside = new HashMap<>();
    for (int t : tensors) {
      if (!isNew.test(t)) {
        continue;
      }
      Beside layer = layers.get(t);
      FloatBuffer values = from.values(layer == null ? t : layer.input()).asFloatBuffer();
      int n = values.remaining();
      buffer = buffer.length < n ? new float[n] : buffer;
      values.get(buffer, 0, n);
      float[] x = buffer;
      float[] seen = x;
      if (layer != null) {
        seen = inside.computeIfAbsent(layer, l -> l.on(x, anew)).get(t);
        n = seen.length;
      }
      int rows = layer == null ? SoftmaxRows.length(g, t) : 0;
      if (rows > 0) {
        SoftmaxRows.lift(seen, n, rows);
      }
      int strange = statistics.get(t).add(seen, n, distribution);
      if (strange >= 0) {
        throw new CalibrationException(
            model
                + ": tensor '"
                + StaticLstm.name(g, t)
                + "' holds "
                + seen[strange]
                + " on "
                + when
                + ", which no range can hold: look at that example, or leave the ops around the tensor float"
                + " (no_quantize)");
      }
    }
  }

  /** Forgets the states of layers. */
  void reset() {
    layers.values().forEach(Beside::reset);
  }
}
