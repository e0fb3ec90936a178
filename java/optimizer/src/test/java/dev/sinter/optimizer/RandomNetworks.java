// Small networks with random weights, and how far apart the answers of two of them are.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer;

import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.data.SessionSlots;
import dev.sinter.runtime.Model;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Session;
import java.util.Random;

/** Weights of one random sequence after the other. */
public final class RandomNetworks {
  private final Random random;

  /**
   * Starts the sequence.
   *
   * @param seed the same one, the same weights
   */
  public RandomNetworks(long seed) {
    random = new Random(seed);
  }

  /**
   * Adds a constant to a graph.
   *
   * @param b the graph
   * @param name of the tensor
   * @param size the values' standard deviation
   * @param dims its shape
   * @return the constant
   */
  public GraphBuilder.Value constant(GraphBuilder b, String name, double size, int... dims) {
    int count = 1;
    for (int d : dims) {
      count *= d;
    }
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (size * random.nextGaussian());
    }
    return b.floats(name, values, dims);
  }

  /**
   * Compares two models on random inputs.
   *
   * @param expected the one
   * @param actual the other
   * @param runs on how many inputs
   * @return the sum of the squared differences of their first outputs
   */
  public static double error(Graph expected, Graph actual, int runs) {
    double sum = 0;
    InputSource.Feed feed = InputSource.random(runs, 99).open(expected);
    try (Model a = Model.load(expected, Options.DEFAULT);
        Model b = Model.load(actual, Options.DEFAULT);
        Session one = a.newSession();
        Session other = b.newSession()) {
      for (int i = 0; i < feed.runs(); i++) {
        feed.fill(i, new SessionSlots(one), new SessionSlots(other));
        one.run();
        other.run();
        float[] x = one.outputReals(0);
        float[] y = other.outputReals(0);
        for (int k = 0; k < x.length; k++) {
          sum += (x[k] - y[k]) * (double) (x[k] - y[k]);
        }
      }
    }
    return sum;
  }
}
