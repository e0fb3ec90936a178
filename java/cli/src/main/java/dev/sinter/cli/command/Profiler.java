// bench --profile: which ops take Sinter longest.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.cli.bench.StepTimes;
import dev.sinter.cli.report.Table;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;

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
    }
    out.flush();
    return text.toString();
  }
}
