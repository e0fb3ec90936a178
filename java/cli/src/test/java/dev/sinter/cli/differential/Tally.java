// Counts what was compared, what was equal and what was not, per op; prints it and judges it.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential;

import dev.sinter.cli.report.Table;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Results of many comparisons. */
final class Tally {
  /** Ops whose integer results may be 1 apart from TFLite's: why, and how often at most. */
  record Tolerated(String reason, double rate) {}

  private static final class Line {
    int cases;
    int unsupported;
    long elements;
    long mismatches;
    double worst;
  }

  private final String title;
  private final Map<String, Tolerated> tolerated;
  private final Map<String, Line> lines = new TreeMap<>();
  private final List<String> failures = new ArrayList<>();

  Tally(String title, Map<String, Tolerated> tolerated) {
    this.title = title;
    this.tolerated = tolerated;
  }

  void compared(String op, long elements, long mismatches, double maxAbsDiff) {
    Line line = lines.computeIfAbsent(op, k -> new Line());
    line.cases++;
    line.elements += elements;
    line.mismatches += mismatches;
    line.worst = Math.max(line.worst, mismatches == 0 ? 0 : maxAbsDiff);
  }

  /** Counts a case that Sinter has no kernel for and that is not expected to run yet. */
  void unsupported(String op) {
    lines.computeIfAbsent(op, k -> new Line()).unsupported++;
  }

  void failed(String what) {
    failures.add(what);
  }

  boolean tolerates(String op, double maxAbsDiff) {
    return tolerated.containsKey(op) && maxAbsDiff <= 1;
  }

  /** Prints the table and fails with everything that failed. */
  void finish() {
    Table table =
        new Table(
            "op",
            "cases",
            "unsupported",
            "elements",
            "mismatches",
            "rate",
            "largest",
            "tolerated because");
    lines.forEach(
        (op, line) -> {
          double rate = line.elements == 0 ? 0 : (double) line.mismatches / line.elements;
          Tolerated t = tolerated.get(op);
          if (t != null && rate > t.rate()) {
            failures.add(op + ": rate " + rate + " is above the tolerated " + t.rate());
          }
          table.row(
              op,
              line.cases,
              line.unsupported,
              line.elements,
              line.mismatches,
              String.format("%.2g", rate),
              String.format("%.3g", line.worst),
              t == null ? "" : t.reason());
        });
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    out.println(title);
    table.print(out);
    if (!failures.isEmpty()) {
      int shown = Math.min(20, failures.size());
      throw new AssertionError(
          failures.size()
              + " failures:\n"
              + String.join("\n", failures.subList(0, shown))
              + (shown < failures.size() ? "\n..." : ""));
    }
  }
}
