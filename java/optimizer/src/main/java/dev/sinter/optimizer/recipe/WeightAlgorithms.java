// The algorithms for weights that can be had by name.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.recipe;

import dev.sinter.optimizer.weights.MinMaxQuantizer;
import dev.sinter.optimizer.weights.WeightQuantizer;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;

/** Finds algorithms by ServiceLoader, so that anybody can add some. */
public final class WeightAlgorithms {
  private WeightAlgorithms() {}

  private static Map<String, WeightQuantizer> all() {
    Map<String, WeightQuantizer> out = new TreeMap<>();
    for (WeightQuantizer q : ServiceLoader.load(WeightQuantizer.class)) {
      out.putIfAbsent(q.name(), q);
    }
    out.put(MinMaxQuantizer.NAME, new MinMaxQuantizer());
    return out;
  }

  /**
   * Finds an algorithm.
   *
   * @param name its name in recipes
   * @return the algorithm, or null if none on the class path has this name
   */
  public static WeightQuantizer find(String name) {
    return all().get(name);
  }

  /**
   * Returns the names there are.
   *
   * @return names in the order of the alphabet
   */
  public static Set<String> names() {
    return all().keySet();
  }
}
