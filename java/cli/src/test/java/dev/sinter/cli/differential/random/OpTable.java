// The table of ops, from what random models of each op and type are lowered to and what TFLite does
// with them.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.random;

import dev.sinter.cli.peer.PeerException;
import dev.sinter.cli.peer.TflitePeer;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.tflite.TfliteWriter;
import dev.sinter.runtime.Model;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Report;
import dev.sinter.runtime.SinterException;
import dev.sinter.runtime.Status;
import dev.sinter.runtime.Target;
import dev.sinter.runtime.catalogue.Catalogue;
import dev.sinter.runtime.catalogue.Row;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Nothing in it is written by hand: it says the same on every machine. */
final class OpTable {
  /** Models per op and type: enough to meet each way an op is lowered. */
  private static final int MODELS = 40;

  /** Models that TFLite is asked about. */
  private static final int ASKED = 20;

  /** Kernels that move and fill bytes for ops of any kind, and say nothing about one. */
  private static final Set<String> HELPERS = Set.of("copy", "pad", "layout");

  private final Catalogue catalogue = Target.local().catalogue();
  private final Map<String, Row> rows = new TreeMap<>();

  OpTable() {
    catalogue.rows().forEach(r -> rows.put(r.name(), r));
  }

  /** One op and type. */
  private static final class Line {
    final Set<Row> kernels = new TreeSet<>(Comparator.comparing(Row::name));
    boolean java;
    int supported;
    int unsupported;
    boolean delegate;
    boolean builtin;
  }

  /** The table as Markdown. */
  String text() {
    StringBuilder out = new StringBuilder();
    out.append("| op | type | Sinter | definition | kernels | TFLite |\n");
    out.append("| --- | --- | --- | --- | --- | --- |\n");
    List<Maker> makers = new ArrayList<>(Makers.all());
    makers.removeIf(m -> m.op().startsWith("chain") || m.op().startsWith("block"));
    makers.sort(Comparator.comparing(Maker::op).thenComparing(Maker::name));
    int full = 0;
    for (Maker maker : makers) {
      Line line = line(maker);
      full += line.unsupported == 0 ? 1 : 0;
      out.append(row(maker, line));
    }
    out.append(
        String.format(
            Locale.ROOT,
            "%n%d ops and types: %d are supported in all forms tried, %d in part or not at all.%n",
            makers.size(),
            full,
            makers.size() - full));
    return out.toString().replace("\r", "");
  }

  private Line line(Maker maker) {
    Line line = new Line();
    for (int seed = 1; seed <= MODELS; seed++) {
      Graph graph;
      byte[] file;
      try {
        Sketch sketch = maker.make(RandomModels.draw(maker.name(), seed));
        graph = sketch.b.build();
        file = TfliteWriter.toBytes(graph);
      } catch (GraphException e) {
        throw new AssertionError(maker.name() + " seed " + seed + " cannot be built", e);
      }
      try (Model model = Model.load(file, Options.DEFAULT)) {
        line.supported++;
        model.report().steps().forEach(s -> add(line, s));
      } catch (SinterException e) {
        if (e.status() != Status.UNSUPPORTED) {
          throw new AssertionError(maker.name() + " seed " + seed + ": " + e.getMessage(), e);
        }
        line.unsupported++;
      }
      if (seed <= ASKED) {
        ask(line, file);
      }
    }
    return line;
  }

  private void add(Line line, Report.StepReport step) {
    Row row = rows.get(step.kernel());
    if (row == null) {
      line.java = true;
    } else {
      line.kernels.add(row);
    }
  }

  private static void ask(Line line, byte[] file) {
    int own = 0;
    try (TflitePeer peer = TflitePeer.open(file, TflitePeer.Kernels.BUILTIN, 1)) {
      own = peer.nodes();
      line.builtin = true;
    } catch (PeerException e) {
      own = -1; // the delegate may still take what TFLite's own kernels do not
    }
    try (TflitePeer peer = TflitePeer.open(file, TflitePeer.Kernels.XNNPACK, 1)) {
      line.delegate |= own < 0 || peer.nodes() > own;
    } catch (PeerException e) {
      // Neither set of kernels: the line shows it.
    }
  }

  private String row(Maker maker, Line line) {
    Set<Row> main = new TreeSet<>(Comparator.comparing(Row::name));
    for (Row r : line.kernels) {
      if (!HELPERS.contains(r.op().name())) {
        main.add(r);
      }
    }
    main = main.isEmpty() ? line.kernels : main;
    Set<String> definitions = new TreeSet<>();
    Map<String, Set<String>> kernels = new TreeMap<>();
    for (Row r : main) {
      definitions.add(r.numerics());
      Set<String> sets = kernels.computeIfAbsent(r.op().name(), k -> new TreeSet<>());
      for (Row other : catalogue.rows(r.op().name(), r.types())) {
        if (other.numerics().equals(r.numerics())) {
          sets.add(set(other));
        }
      }
    }
    List<String> words = new ArrayList<>();
    kernels.forEach((op, sets) -> words.add(op + ": " + ordered(sets)));
    if (line.java) {
      words.add("in Java");
    }
    if (words.isEmpty() && line.supported > 0) {
      words.add("no kernel: run in Java, or known when the model is loaded");
    }
    String type =
        maker.family() == Maker.Family.HYBRID
            ? "float32 with integer weights"
            : maker.type().name().toLowerCase(Locale.ROOT);
    String support = line.unsupported == 0 ? "yes" : line.supported == 0 ? "no" : "in part";
    String tflite =
        line.delegate ? (line.builtin ? "delegate, own" : "delegate") : line.builtin ? "own" : "no";
    String oracle = maker.oracle() == TflitePeer.Kernels.BUILTIN ? " (compared with its own)" : "";
    return "| "
        + String.join(
            " | ",
            maker.op(),
            type,
            support,
            String.join(", ", definitions),
            String.join("; ", words),
            tflite + oracle)
        + " |\n";
  }

  /** The instruction set that a row needs, in one word. */
  private String set(Row row) {
    if (row.needs() != 0) {
      String[] names = catalogue.describeBits(row.needs()).split(" ", -1);
      return names[names.length - 1];
    }
    return switch (row.arch()) {
      case "any" -> "any";
      case "arm64" -> "neon";
      default -> "sse2";
    };
  }

  private static String ordered(Set<String> sets) {
    List<String> order =
        List.of(
            "any", "sse2", "avx2", "avx_vnni", "avx512", "avx512_vnni", "neon", "dotprod", "i8mm");
    List<String> all = new ArrayList<>(sets);
    all.sort(
        Comparator.comparingInt((String s) -> order.contains(s) ? order.indexOf(s) : 99)
            .thenComparing(s -> s));
    return String.join(" ", all);
  }
}
