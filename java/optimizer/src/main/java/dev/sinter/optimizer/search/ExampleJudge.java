// Judges by the largest score of the first output.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.search;

import dev.sinter.graph.Graph;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.data.SessionSlots;
import dev.sinter.runtime.Model;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Session;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Classifiers on labelled examples; without labels, agreement with the reference. The model may
 * have any number of outputs: noise is the mean over all of them. Candidates must take and give
 * floats as the reference does.
 */
public final class ExampleJudge implements Judge {
  private static final int WARM_UP = 3;
  private static final int TIMED = 25;

  /** The classes of examples. */
  @FunctionalInterface
  public interface Labels {
    /**
     * Returns the class of an example.
     *
     * @param example which one
     * @param scores how many scores the model gives
     * @return index of the class, -1 where it is not known
     */
    int of(int example, int scores);
  }

  private final InputSource inputs;
  private final Labels labels;
  private final Options options;
  private final List<float[][]> wanted = new ArrayList<>();
  private final Graph reference;
  private ToDoubleFunction<Graph> timer;

  /**
   * Runs the reference.
   *
   * @param reference the float model
   * @param inputs the examples
   * @param labels their classes; null for agreement
   * @param examples how many at most
   * @param options how models are run
   */
  public ExampleJudge(
      Graph reference, InputSource inputs, Labels labels, int examples, Options options) {
    this.inputs = inputs;
    this.labels = labels;
    this.options = options;
    this.reference = reference;
    run(
        reference,
        examples,
        (e, out) -> {
          requireNumbers(reference, e, out);
          wanted.add(out);
        });
    if (wanted.isEmpty()) {
      throw new IllegalArgumentException(reference.name() + ": there are no examples");
    }
  }

  /**
   * Sets who says how long a candidate runs; without it runs are timed here.
   *
   * @param newTimer gives microseconds
   * @return this judge
   */
  public ExampleJudge timedBy(ToDoubleFunction<Graph> newTimer) {
    timer = newTimer;
    return this;
  }

  private static void requireNumbers(Graph g, int example, float[][] outputs) {
    for (int o = 0; o < outputs.length; o++) {
      for (float v : outputs[o]) {
        if (Float.isNaN(v)) {
          throw new IllegalArgumentException(
              g.name()
                  + ": output '"
                  + g.tensor(g.outputs().get(o)).name()
                  + "' of the float model holds NaN on example "
                  + example
                  + " (counted from 0): nothing can be compared with it");
        }
      }
    }
  }

  private interface Each {
    void take(int example, float[][] outputs);
  }

  private void run(Graph graph, int examples, Each each) {
    try (Model model = Model.load(graph, options);
        Session session = model.newSession()) {
      InputSource.Feed feed = inputs.open(graph);
      int n = Math.min(examples, feed.runs());
      for (int e = 0; e < n; e++) {
        feed.fill(e, new SessionSlots(session));
        session.resetState();
        session.run();
        float[][] out = new float[session.outputs().size()][];
        for (int o = 0; o < out.length; o++) {
          out[o] = session.outputReals(o);
        }
        each.take(e, out);
      }
    }
  }

  @Override
  public int examples() {
    return wanted.size();
  }

  @Override
  public Verdict judge(Graph candidate, int examples) {
    int outputs = reference.outputs().size();
    double[] noise = new double[outputs];
    double[] signal = new double[outputs];
    int[] right = new int[2];
    int n = Math.min(examples, wanted.size());
    run(
        candidate,
        n,
        (e, got) -> {
          float[][] want = wanted.get(e);
          int label = labels == null ? -1 : labels.of(e, got[0].length);
          int answer = label < 0 ? best(want[0]) : label;
          boolean now = best(got[0]) == answer;
          right[0] += now ? 1 : 0;
          right[1] += now == (best(want[0]) == answer) ? 0 : 1;
          for (int o = 0; o < outputs; o++) {
            for (int i = 0; i < want[o].length; i++) {
              double d = (double) got[o][i] - want[o][i];
              double w = want[o][i];
              noise[o] += Double.isFinite(d) ? d * d : 1e6 * (1 + w * w);
              signal[o] += w * w;
            }
          }
        });
    double sum = 0;
    for (int o = 0; o < outputs; o++) {
      sum += noise[o] == 0 ? 0 : noise[o] / Math.max(signal[o], 1e-30);
    }
    return new Verdict((double) right[0] / n, sum / outputs, right[1]);
  }

  private static int best(float[] scores) {
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      best = scores[i] > scores[best] ? i : best;
    }
    return best;
  }

  @Override
  public double micros(Graph candidate) {
    if (timer != null) {
      return timer.applyAsDouble(candidate);
    }
    try (Model model = Model.load(candidate, options);
        Session session = model.newSession()) {
      inputs.open(candidate).fill(0, new SessionSlots(session));
      double[] times = new double[TIMED];
      for (int i = 0; i < WARM_UP + TIMED; i++) {
        long begin = System.nanoTime();
        session.run();
        if (i >= WARM_UP) {
          times[i - WARM_UP] = (System.nanoTime() - begin) / 1e3;
        }
      }
      Arrays.sort(times);
      return times[TIMED / 4]; // other work on the machine can only lengthen times
    }
  }
}
