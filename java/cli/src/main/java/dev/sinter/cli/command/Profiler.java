// bench --profile: which ops and which kernels take Sinter longest.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.cli.bench.StepTimes;
import dev.sinter.cli.report.Table;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Comparator;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Prints times per kernel call. */
final class Profiler {
  private static final int SHOWN = 12;

  private Profiler() {}

  /** Returns a model's slowest kernel calls. */
  static String table(String name, int threads, StepTimes times) {
    List<StepTimes.Step> slowest = times.slowest();
    StringWriter text = new StringWriter();
    PrintWriter out = new PrintWriter(text);
    out.printf(
        "%n%s, threads %d: %d kernel calls take %.1f us (median of %d runs each)%n",
        name, threads, slowest.size(), times.micros(), times.runs());
    Table table = new Table("op", "layer", "kernel", "us", "%");
    for (StepTimes.Step step : slowest.subList(0, Math.min(SHOWN, slowest.size()))) {
      table.row(
          step.report().op() < 0 ? "-" : step.report().op(),
          step.report().what(),
          step.report().kernel(),
          String.format("%.1f", step.micros()),
          String.format("%.1f", 100 * step.micros() / Math.max(times.micros(), 1e-9)));
    }
    table.print(out);
    if (slowest.size() > SHOWN) {
      double rest =
          slowest.subList(SHOWN, slowest.size()).stream().mapToDouble(StepTimes.Step::micros).sum();
      out.printf("and %d others, together %.1f us%n", slowest.size() - SHOWN, rest);
      byKernel(slowest, times.micros()).print(out);
    }
    out.flush();
    return text.toString();
  }

  private static Table byKernel(List<StepTimes.Step> steps, double micros) {
    Map<String, DoubleSummaryStatistics> kernels =
        steps.stream()
            .collect(
                Collectors.groupingBy(
                    step -> step.report().kernel(),
                    Collectors.summarizingDouble(StepTimes.Step::micros)));
    Table table = new Table("kernel", "calls", "us", "%");
    kernels.entrySet().stream()
        .sorted(Comparator.comparingDouble(kernel -> -kernel.getValue().getSum()))
        .forEach(
            kernel ->
                table.row(
                    kernel.getKey(),
                    kernel.getValue().getCount(),
                    String.format("%.1f", kernel.getValue().getSum()),
                    String.format(
                        "%.1f", 100 * kernel.getValue().getSum() / Math.max(micros, 1e-9))));
    return table;
  }
}
