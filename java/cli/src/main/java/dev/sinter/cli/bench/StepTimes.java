// The times of a model's kernel calls, each the median of many runs.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.bench;

import dev.sinter.cli.peer.SinterPeer;
import dev.sinter.graph.Graph;
import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.optimizer.data.InputShapes;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Report;
import dev.sinter.runtime.Session;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Profile of a model.
 *
 * @param steps the kernel calls of a run, in the order in which they ran
 * @param runs how many runs were timed
 * @param arenaBytes memory for the values between them
 */
public record StepTimes(List<Step> steps, int runs, long arenaBytes) {
  private static final int MOST_RUNS = 2000;

  /**
   * One kernel call.
   *
   * @param report which
   * @param micros median of its times
   */
  public record Step(Report.StepReport report, double micros) {}

  /**
   * Runs a model for some seconds with a profile.
   *
   * @param name what to call the model in messages
   * @param file the contents of a .tflite file
   * @param options how it is run
   * @param batch rows of inputs whose first dimension is 1
   * @param seconds for how long, one run at least
   * @return the times
   */
  public static StepTimes measure(
      String name, byte[] file, Options options, int batch, double seconds) {
    Graph graph = TfliteReader.read(file);
    Options profiled = options.toBuilder().profile(true).build();
    try (SinterPeer peer = SinterPeer.open(name, file, profiled, InputShapes.of(graph, batch))) {
      InputSource.random(1, 1).open(graph).fill(0, peer);
      peer.invoke();
      List<long[]> times = new ArrayList<>();
      long end = System.nanoTime() + (long) (seconds * 1e9);
      do {
        peer.invoke();
        times.add(peer.profile().stream().mapToLong(Session.StepTime::nanos).toArray());
      } while (System.nanoTime() < end && times.size() < MOST_RUNS);
      List<Report.StepReport> steps = peer.profile().stream().map(Session.StepTime::step).toList();
      return new StepTimes(medians(steps, times), times.size(), peer.report().arenaBytes());
    }
  }

  private static List<Step> medians(List<Report.StepReport> steps, List<long[]> times) {
    List<Step> medians = new ArrayList<>();
    for (int s = 0; s < steps.size(); s++) {
      int step = s;
      // Where control flow takes another way, a run has other steps: those of the last one count.
      long[] all =
          times.stream()
              .filter(t -> t.length == steps.size())
              .mapToLong(t -> t[step])
              .sorted()
              .toArray();
      medians.add(new Step(steps.get(s), all[all.length / 2] / 1000.0));
    }
    return List.copyOf(medians);
  }

  /**
   * Returns the calls that take longest.
   *
   * @return all, the slowest first
   */
  public List<Step> slowest() {
    return steps.stream().sorted(Comparator.comparingDouble(Step::micros).reversed()).toList();
  }

  /**
   * Returns the sum of the medians.
   *
   * @return microseconds
   */
  public double micros() {
    return steps.stream().mapToDouble(Step::micros).sum();
  }

  /**
   * Returns the multiply-accumulates of one run.
   *
   * @return those of products; of weights with zeros as if they were dense
   */
  public double macs() {
    return steps.stream()
        .map(Step::report)
        .filter(Report.StepReport::multiplies)
        .mapToDouble(Report.StepReport::work)
        .sum();
  }
}
