// Moments of the inputs of layers, from examples.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.reconstruct;

import dev.sinter.graph.Graph;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.weights.InputMoments;
import dev.sinter.runtime.Model;
import dev.sinter.runtime.Session;
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
    for (Layer layer : Layer.of(graph)) {
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
    byInput.forEach(
        (input, layers) -> {
          Graph head =
              graph.inputs().contains(input)
                  ? graph
                  : graph.withOutputs(List.of(graph.tensor(input).name()));
          try (Model model = Examples.load(head);
              Session session = model.newSession()) {
            measure(graph, input, layers, session, examples, rows, moments);
          }
        });
    return moments;
  }

  private static void measure(
      Graph graph,
      int input,
      List<Layer> layers,
      Session session,
      Examples examples,
      int rows,
      Map<Integer, InputMoments> moments) {
    int outer = graph.inputs().indexOf(input);
    var info = outer >= 0 ? session.inputs().get(outer) : session.outputs().get(0);
    float[] values = new float[Math.toIntExact(info.shape().elements())];
    List<Windows> windows = new ArrayList<>();
    List<PairSums> sums = new ArrayList<>();
    for (Layer layer : layers) {
      windows.add(new Windows(layer, info.shape(), rows));
      sums.add(new PairSums(layer.groups(), layer.inputs()));
    }
    for (int e = 0; e < examples.size(); e++) {
      examples.read(e, session, outer, values);
      for (int i = 0; i < layers.size(); i++) {
        float[] taken = new float[windows.get(i).size()];
        windows.get(i).take(values, taken);
        sums.get(i).add(taken, taken, windows.get(i).rows());
      }
    }
    for (int i = 0; i < layers.size(); i++) {
      moments.put(layers.get(i).op(), sums.get(i).moments().quantized());
    }
  }
}
