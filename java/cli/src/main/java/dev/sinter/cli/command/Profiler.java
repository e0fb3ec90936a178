// bench --profile: which ops take Sinter longest.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.cli.data.InputShapes;
import dev.sinter.cli.data.InputSource;
import dev.sinter.cli.peer.SinterPeer;
import dev.sinter.cli.report.Table;
import dev.sinter.graph.Graph;
import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Report;
import dev.sinter.runtime.Session;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;

/** Times per kernel call. */
final class Profiler {
  private static final int SHOWN = 12;
  private static final int MOST_RUNS = 2000;

  private Profiler() {}

  private record Line(Report.StepReport step, double micros) {}

  /**
   * Runs a model for some seconds; returns its slowest kernel calls, by the median of their times.
   */
  static String table(String name, byte[] file, Options options, int batch, double seconds) {
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
      return text(name, options.threads(), lines(steps, times), times.size());
    }
  }

  private static List<Line> lines(List<Report.StepReport> steps, List<long[]> times) {
    List<Line> lines = new ArrayList<>();
    for (int s = 0; s < steps.size(); s++) {
      int step = s;
      // Where control flow takes another way, a run has other steps: those of the last one count.
      long[] all =
          times.stream()
              .filter(t -> t.length == steps.size())
              .mapToLong(t -> t[step])
              .sorted()
              .toArray();
      lines.add(new Line(steps.get(s), all[all.length / 2] / 1000.0));
    }
    lines.sort((a, b) -> Double.compare(b.micros, a.micros));
    return lines;
  }

  private static String text(String name, int threads, List<Line> lines, int runs) {
    double sum = lines.stream().mapToDouble(Line::micros).sum();
    StringWriter text = new StringWriter();
    PrintWriter out = new PrintWriter(text);
    out.printf(
        "%n%s, threads %d: %d kernel calls take %.1f us (median of %d runs each)%n",
        name, threads, lines.size(), sum, runs);
    Table table = new Table("op", "layer", "kernel", "us", "%");
    for (Line line : lines.subList(0, Math.min(SHOWN, lines.size()))) {
      table.row(
          line.step.op() < 0 ? "-" : line.step.op(),
          line.step.what(),
          line.step.kernel(),
          String.format("%.1f", line.micros),
          String.format("%.1f", 100 * line.micros / Math.max(sum, 1e-9)));
    }
    table.print(out);
    if (lines.size() > SHOWN) {
      double rest = lines.subList(SHOWN, lines.size()).stream().mapToDouble(Line::micros).sum();
      out.printf("and %d others, together %.1f us%n", lines.size() - SHOWN, rest);
    }
    out.flush();
    return text.toString();
  }
}
