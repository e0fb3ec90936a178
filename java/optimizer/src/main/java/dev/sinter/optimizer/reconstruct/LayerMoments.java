// Moments of the inputs of layers, from examples.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.reconstruct;

import dev.sinter.graph.Graph;
import dev.sinter.graph.Shape;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.weights.InputMoments;
import dev.sinter.runtime.Model;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * What the layers of a float model are given, in one pass over the examples for every input that
 * layers share: for algorithms such as GPTQ that look at one layer at a time, without regard to
 * what becomes of the layers before it.
 */
public final class LayerMoments {
  private static final long KEPT_BYTES = 800L << 20;

  private LayerMoments() {}

  /**
   * Measures.
   *
   * @param graph a float model
   * @param source examples of its inputs
   * @param wanted which layers
   * @param rows how many rows (windows, positions) of an example are looked at, at most
   * @return moments by index of the op in the main subgraph
   */
  public static Map<Integer, InputMoments> measure(
      Graph graph, InputSource source, Predicate<Layer> wanted, int rows) {
    Map<Integer, List<Layer>> byInput = new LinkedHashMap<>();
    for (Layer layer : Layer.all(graph)) {
      if (wanted.test(layer)) {
        byInput.computeIfAbsent(layer.input(), k -> new ArrayList<>()).add(layer);
      }
    }
    Map<Integer, InputMoments> moments = new HashMap<>();
    if (byInput.isEmpty()) {
      return moments;
    }
    Examples examples;
    try (Model model = Examples.load(graph)) {
      examples = new Examples(graph, model, source);
    }
    Walk walk = new Walk(graph, examples, List.copyOf(byInput.keySet()), KEPT_BYTES);
    byInput.forEach(
        (input, layers) -> {
          Shape shape = graph.tensor(input).shape();
          List<Windows> windows = new ArrayList<>();
          List<PairSums> sums = new ArrayList<>();
          for (Layer layer : layers) {
            windows.add(new Windows(layer, shape, rows));
            sums.add(new PairSums(layer.groups(), layer.inputs()));
          }
          try (Walk.Step step = walk.to(graph, input, piece -> piece)) {
            for (int e = 0; e < examples.size(); e++) {
              float[] values = step.run(e);
              for (int i = 0; i < layers.size(); i++) {
                float[] taken = new float[windows.get(i).size()];
                windows.get(i).take(values, taken);
                sums.get(i).add(taken, taken, windows.get(i).rows());
              }
            }
          }
          for (int i = 0; i < layers.size(); i++) {
            moments.put(layers.get(i).op(), sums.get(i).moments().quantized());
          }
        });
    return moments;
  }
}
