// Ratios with their intervals as a picture that stands alone.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/** A bar per model and number of threads, in groups; SVG with colours for light and dark pages. */
public final class RatioPlot {
  private static final int LEFT = 270;
  private static final int WIDTH = 430;
  private static final int RIGHT = 60;
  private static final int TOP = 76;
  private static final int BAR = 11;
  private static final int GAP = 8;
  private static final int HEADING = 26;

  private final StringBuilder svg = new StringBuilder();
  private static final double[] TICKS = {
    0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 20, 30, 50, 100
  };

  private final double least;
  private final double most;

  private RatioPlot(double least, double most) {
    this.least = least;
    this.most = most;
  }

  /**
   * Draws.
   *
   * @param results what to show
   * @param title the head
   * @return the file's text
   */
  public static String of(List<Result> results, String title) {
    double least = results.stream().mapToDouble(r -> r.number("ratioLow")).min().orElse(1);
    double most = results.stream().mapToDouble(r -> r.number("ratioHigh")).max().orElse(1);
    double from = Math.max(TICKS[0], Math.min(0.65, least * 0.95));
    double to = Math.min(TICKS[TICKS.length - 1], Math.max(2, most * 1.05));
    return new RatioPlot(from, to).draw(results, title);
  }

  private String draw(List<Result> results, String title) {
    List<Integer> threads =
        new ArrayList<>(new TreeSet<>(results.stream().map(Result::threads).toList()));
    Map<String, Map<String, List<Result>>> groups = new LinkedHashMap<>();
    for (Result r : results) {
      groups
          .computeIfAbsent(r.text("group"), g -> new LinkedHashMap<>())
          .computeIfAbsent(label(r), m -> new ArrayList<>())
          .add(r);
    }
    int y = TOP;
    StringBuilder bars = new StringBuilder();
    for (Map.Entry<String, Map<String, List<Result>>> group : groups.entrySet()) {
      if (!group.getKey().isEmpty()) {
        y += HEADING;
        bars.append(text(14, y - 8, "start", "group", group.getKey()));
      }
      for (Map.Entry<String, List<Result>> model : group.getValue().entrySet()) {
        int rows = model.getValue().size();
        bars.append(text(LEFT - 10, y + rows * (BAR + 2) / 2 + 4, "end", "label", model.getKey()));
        for (Result r : model.getValue()) {
          bars.append(bar(r, y, threads.indexOf(r.threads())));
          y += BAR + 2;
        }
        y += GAP;
      }
    }
    int bottom = y;
    open(bottom + 40, title);
    legend(threads);
    grid(bottom);
    return svg.append(bars).append("</svg>\n").toString();
  }

  private static String label(Result r) {
    String device = r.key().device();
    return r.name()
        + (r.text("peer").equals("tflite") ? "" : " / " + r.text("peer"))
        + (device.equals("cpu") ? "" : " (" + device + ")")
        + (r.key().batch() == 1 ? "" : ", batch " + r.key().batch());
  }

  /** Ratios are compared by their quotients: twice as fast is as far from 1 as half as fast. */
  private double x(double ratio) {
    double inside = Math.max(least, Math.min(most, ratio));
    return LEFT + WIDTH * Math.log(inside / least) / Math.log(most / least);
  }

  private void open(int height, String title) {
    int width = LEFT + WIDTH + RIGHT;
    svg.append(
        String.format(
            Locale.ROOT,
            """
            <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d" role="img">
            <title>%3$s</title>
            <style>
              text { font: 12px system-ui, "DejaVu Sans", sans-serif; fill: #24292f }
              .title { font-size: 15px; font-weight: 600 } .group { font-weight: 600; fill: #57606a }
              .small { font-size: 11px; fill: #57606a } .page { fill: #ffffff }
              .grid { stroke: #d0d7de } .one { stroke: #24292f; stroke-dasharray: 4 3 }
              .whisker { stroke: #24292f; stroke-width: 1.4; fill: none }
              .t0 { fill: #0969da } .t1 { fill: #d4852a } .t2 { fill: #2d8a4e } .t3 { fill: #8250df }
              @media (prefers-color-scheme: dark) {
                text { fill: #e6edf3 } .group, .small { fill: #9198a1 } .page { fill: #0d1117 }
                .grid { stroke: #30363d } .one, .whisker { stroke: #e6edf3 }
                .t0 { fill: #4493f8 } .t1 { fill: #d29922 } .t2 { fill: #3fb950 } .t3 { fill: #ab7df8 }
              }
            </style>
            <rect class="page" width="%1$d" height="%2$d"/>
            """,
            width,
            height,
            escaped(title)));
    svg.append(text(14, 24, "start", "title", title));
  }

  private void legend(List<Integer> threads) {
    int x = 14;
    for (int i = 0; i < threads.size(); i++) {
      svg.append(
          String.format(
              Locale.ROOT,
              "<rect class=\"t%d\" x=\"%d\" y=\"37\" width=\"11\" height=\"11\"/>%n",
              i % 4,
              x));
      String words = threads.get(i) == 1 ? "1 thread" : threads.get(i) + " threads";
      svg.append(text(x + 16, 47, "start", "small", words));
      x += 90;
    }
    svg.append(
        text(
            x,
            47,
            "start",
            "small",
            "how many times faster than the peer (left of 1: slower); whiskers: 95 % interval"));
  }

  private void grid(int bottom) {
    double last = Double.NEGATIVE_INFINITY;
    for (double tick : TICKS) {
      if (tick < least || tick > most) {
        continue;
      }
      line(tick == 1 ? "one" : "grid", x(tick), TOP - 4, x(tick), bottom);
      if (x(tick) - last > 26 || tick == 1) {
        String number =
            tick >= 1 && tick == Math.rint(tick) ? "%.0f" : tick < 0.1 ? "%.2f" : "%.1f";
        svg.append(
            text(
                x(tick), bottom + 16, "middle", "small", String.format(Locale.ROOT, number, tick)));
        last = x(tick);
      }
    }
  }

  private void line(String style, double x1, double y1, double x2, double y2) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>%n",
            style,
            x1,
            y1,
            x2,
            y2));
  }

  private String bar(Result r, int y, int color) {
    double low = x(r.number("ratioLow"));
    double high = x(r.number("ratioHigh"));
    double middle = y + BAR / 2.0;
    return String.format(
            Locale.ROOT,
            "<rect class=\"t%d\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>%n"
                + "<path class=\"whisker\" d=\"M%.1f %.1fV%.1fM%.1f %.1fH%.1fM%.1f %.1fV%.1f\"/>%n",
            color % 4,
            Math.min(x(1), x(r.number("ratio"))),
            y,
            Math.abs(x(r.number("ratio")) - x(1)),
            BAR,
            low,
            middle - 3,
            middle + 3,
            low,
            middle,
            high,
            high,
            middle - 3,
            middle + 3)
        + text(
            Math.max(high, x(1)) + 5,
            middle + 4,
            "start",
            "small",
            String.format(Locale.ROOT, "%.2f", r.number("ratio")));
  }

  private static String text(double x, double y, String anchor, String style, String words) {
    return String.format(
        Locale.ROOT,
        "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n",
        style,
        x,
        y,
        anchor,
        escaped(words));
  }

  private static String escaped(String words) {
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
