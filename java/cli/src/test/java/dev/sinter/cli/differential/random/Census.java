// Counts random models by op and type: equal, unsupported, different; prints them.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.random;

import dev.sinter.cli.compare.Comparison;
import dev.sinter.cli.peer.TflitePeer;
import dev.sinter.cli.report.Table;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The table of a run. */
final class Census {
  private static final class Line {
    Maker maker;
    int models;
    int unsupported;
    int failed;
    int rounded;
    String reason = "";
    long elements;
    long mismatches;
    long others;
    long otherMismatches;
  }

  private final Map<String, Line> lines = new TreeMap<>();

  void add(Maker maker, Trial.Outcome outcome) {
    Line line = lines.computeIfAbsent(maker.name(), k -> new Line());
    line.maker = maker;
    line.models++;
    switch (outcome.ending()) {
      case UNSUPPORTED -> {
        line.unsupported++;
        line.reason = outcome.message();
      }
      case EQUAL, DIFFERENT -> count(line, outcome);
      default -> {}
    }
    line.failed +=
        outcome.ending() == Trial.Ending.EQUAL || outcome.ending() == Trial.Ending.UNSUPPORTED
            ? 0
            : 1;
  }

  /** A model that is equal but for a rounding. */
  void addRounded(Maker maker) {
    Line line = lines.computeIfAbsent(maker.name(), k -> new Line());
    line.maker = maker;
    line.models++;
    line.rounded++;
  }

  /** Those of which more models than one in a hundred, and more than two, were so. */
  List<String> roundedTooOften() {
    List<String> names = new ArrayList<>();
    for (Map.Entry<String, Line> e : lines.entrySet()) {
      Line line = e.getValue();
      if (line.rounded > Math.max(2, line.models / 100)) {
        names.add(e.getKey() + ": " + line.rounded + " of " + line.models + " models");
      }
    }
    return names;
  }

  private static void count(Line line, Trial.Outcome outcome) {
    line.elements += outcome.oracle().elements();
    line.mismatches += outcome.oracle().mismatches();
    Comparison other = outcome.other();
    if (other != null) {
      line.others += other.elements();
      line.otherMismatches += other.mismatches();
    }
  }

  void print(String title) {
    Table table =
        new Table(
            "op and type",
            "models",
            "unsupported",
            "failed",
            "rounded",
            "oracle",
            "elements",
            "different",
            "rate against the other",
            "what is not supported");
    int models = 0;
    int unsupported = 0;
    for (Map.Entry<String, Line> e : lines.entrySet()) {
      Line line = e.getValue();
      models += line.models;
      unsupported += line.unsupported;
      table.row(
          e.getKey(),
          line.models,
          line.unsupported,
          line.failed,
          line.rounded,
          line.maker.oracle() == TflitePeer.Kernels.XNNPACK ? "XNNPACK" : "built-in",
          line.elements,
          line.mismatches,
          line.others == 0
              ? "-"
              : String.format(Locale.ROOT, "%.2g", (double) line.otherMismatches / line.others),
          line.reason.substring(0, Math.min(110, line.reason.length())));
    }
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    out.println(title);
    table.print(out);
    out.println(models + " models, " + unsupported + " of them unsupported");
  }
}
