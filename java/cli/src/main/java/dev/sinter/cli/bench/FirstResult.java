// How long from a file to its first result, on a JVM that is warm.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.bench;

import dev.sinter.graph.Shape;
import dev.sinter.runtime.Model;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Session;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Medians over several loads. The file is in the page cache, classes are loaded; the inputs are
 * zeros.
 *
 * @param loadMillis {@link Model#load}: reading, lowering, choosing kernels, packing weights
 * @param firstRunMillis a session and its first run
 */
public record FirstResult(double loadMillis, double firstRunMillis) {
  /**
   * Measures.
   *
   * @param file a .tflite file
   * @param options how it is run
   * @param shapes of the inputs, empty for those of the file
   * @param times how often it is loaded and timed, after once that is not
   * @return the medians
   */
  public static FirstResult measure(Path file, Options options, List<Shape> shapes, int times) {
    Map<Integer, Shape> byPosition = new HashMap<>();
    for (int i = 0; i < shapes.size(); i++) {
      byPosition.put(i, shapes.get(i));
    }
    double[] loads = new double[times];
    double[] runs = new double[times];
    for (int i = -1; i < times; i++) {
      long start = System.nanoTime();
      try (Model model = Model.load(file, options)) {
        long loaded = System.nanoTime();
        try (Session session = model.newSession(byPosition)) {
          session.run();
          long done = System.nanoTime();
          if (i >= 0) {
            loads[i] = (loaded - start) / 1e6;
            runs[i] = (done - loaded) / 1e6;
          }
        }
      }
    }
    Arrays.sort(loads);
    Arrays.sort(runs);
    return new FirstResult(loads[times / 2], runs[times / 2]);
  }

  /**
   * Returns the time to the first result.
   *
   * @return milliseconds
   */
  public double millis() {
    return loadMillis + firstRunMillis;
  }
}
