// How far a quantized model is from its float original.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.quantize;

import dev.sinter.graph.Graph;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.data.SessionSlots;
import dev.sinter.runtime.Model;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Session;

/**
 * Of the first output, on random inputs.
 *
 * @param error the sum of squared differences
 * @param power the sum of squares of the original
 */
record Noise(double error, double power) {
  /** On so many inputs, with states anew for each or going on. */
  static Noise of(Graph expected, Graph actual, int runs, boolean anew) {
    double error = 0;
    double power = 0;
    InputSource.Feed feed = InputSource.random(runs, 2).open(expected);
    try (Model a = Model.load(expected, Options.DEFAULT);
        Model b = Model.load(actual, Options.DEFAULT);
        Session one = a.newSession();
        Session other = b.newSession()) {
      for (int i = 0; i < feed.runs(); i++) {
        feed.fill(i, new SessionSlots(one), new SessionSlots(other));
        if (anew) {
          one.resetState();
          other.resetState();
        }
        one.run();
        other.run();
        float[] x = one.outputReals(0);
        float[] y = other.outputReals(0);
        for (int k = 0; k < x.length; k++) {
          error += (x[k] - y[k]) * (double) (x[k] - y[k]);
          power += x[k] * (double) x[k];
        }
      }
    }
    return new Noise(error, power);
  }

  double ratio() {
    return error / power;
  }
}
