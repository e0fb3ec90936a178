// Runs a float model over examples and looks at its tensors.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.calibration;

import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Subgraph;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.data.MisfitException;
import dev.sinter.optimizer.rules.StaticLstm;
import dev.sinter.optimizer.rules.StaticSvdf;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.SinterException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Calibration: streaming, in memory that is bounded whatever the number of examples. Tensors are
 * read in groups whose values take at most {@code memory} bytes together (but one tensor at least);
 * with several groups the examples are run several times. A tensor's statistics take up to 32 KB.
 */
public final class Calibrator {
  /** Bytes of tensors read at once, unless told otherwise. */
  public static final long DEFAULT_MEMORY = 256L << 20;

  private final Graph graph;
  private final Options options;
  private final long memory;
  private final Progress progress;

  /**
   * Makes a calibrator.
   *
   * @param graph the float model
   * @param options how it is run
   * @param memory bytes of tensors read at once, above 0
   * @param progress hears how far it is
   */
  public Calibrator(Graph graph, Options options, long memory, Progress progress) {
    this.graph = graph;
    this.options = options;
    this.memory = memory;
    this.progress = progress;
  }

  /**
   * Runs examples and observes tensors of one subgraph.
   *
   * @param before what was seen before; its tensors go on where they ended, from that example
   * @param subgraph index of the subgraph
   * @param tensors indices of its tensors, all float
   * @param source the examples; those that {@code before} has seen are skipped
   * @param method the method by which ranges will be chosen
   * @param percentile see {@link Method#PERCENTILE}
   * @return old and new statistics together
   * @throws CalibrationException if there are no examples, or a tensor is not finite
   * @throws MisfitException if the examples do not fit the model
   */
  public Calibration run(
      Calibration before,
      int subgraph,
      Set<Integer> tensors,
      InputSource source,
      Method method,
      double percentile) {
    Map<Integer, Map<Integer, TensorStatistics>> all = new TreeMap<>(before.statistics());
    Map<Integer, TensorStatistics> here = new TreeMap<>(all.getOrDefault(subgraph, Map.of()));
    Map<Integer, Long> examples = new TreeMap<>();
    for (int s = 0; s < graph.subgraphs().size(); s++) {
      examples.put(s, before.examples(s));
    }
    List<Set<Integer>> groups = groups(graph.subgraph(subgraph), tensors);
    long seen = 0;
    for (int i = 0; i < groups.size(); i++) {
      String what =
          groups.size() == 1 ? "calibration" : "calibration " + (i + 1) + "/" + groups.size();
      seen = group(subgraph, groups.get(i), source, here, before.examples(subgraph), method, what);
    }
    examples.put(subgraph, seen);
    all.put(subgraph, here);
    return new Calibration(all, examples, method, percentile);
  }

  /** Tensors by groups that fit into memory together. */
  private List<Set<Integer>> groups(Subgraph g, Set<Integer> tensors) {
    List<Set<Integer>> out = new ArrayList<>();
    Set<Integer> group = new TreeSet<>();
    long bytes = 0;
    for (int t : tensors) {
      boolean known = t < g.tensors().size() && g.tensor(t).shape().isKnown();
      long size = known ? 4 * g.tensor(t).shape().elements() : 4;
      if (!group.isEmpty() && bytes + size > memory) {
        out.add(group);
        group = new TreeSet<>();
        bytes = 0;
      }
      group.add(t);
      bytes += size;
    }
    if (!group.isEmpty()) {
      out.add(group);
    }
    return out;
  }

  private long group(
      int subgraph,
      Set<Integer> tensors,
      InputSource source,
      Map<Integer, TensorStatistics> statistics,
      long skip,
      Method method,
      String what) {
    Map<Integer, Beside> layers = Beside.of(graph.subgraph(subgraph));
    // A memory that no sequence fills within an example is filled by the examples, one by one.
    boolean streams = graph.subgraph(subgraph).ops().stream().anyMatch(StaticSvdf::is);
    Set<Integer> read = new TreeSet<>();
    for (int t : tensors) {
      read.add(layers.containsKey(t) ? layers.get(t).input() : t);
    }
    try (ObservedModel model = new ObservedModel(graph, subgraph, read, options)) {
      InputSource.Feed feed = source.open(model.graph());
      if (feed.runs() == 0) {
        throw new CalibrationException(graph.name() + ": there are no examples to calibrate with");
      }
      for (int t : tensors) {
        TensorStatistics s = statistics.get(t);
        if (s == null || (method.needsHistogram() && s.histogram() == null)) {
          statistics.put(t, new TensorStatistics()); // from the first example on
        }
      }
      float[] buffer = new float[0];
      for (int run = 0; run < feed.runs(); run++) {
        feed.fill(run, model.inputs());
        int now = run;
        if (streams
            || run >= skip
            || tensors.stream().anyMatch(t -> statistics.get(t).examples() <= now)) {
          model.run(!streams);
        }
        Map<Beside, Map<Integer, float[]>> inside = new HashMap<>();
        for (int t : tensors) {
          TensorStatistics s = statistics.get(t);
          if (s.examples() > run) {
            continue; // seen before
          }
          Beside layer = layers.get(t);
          FloatBuffer values = model.values(layer == null ? t : layer.input()).asFloatBuffer();
          int n = values.remaining();
          buffer = buffer.length < n ? new float[n] : buffer;
          values.get(buffer, 0, n);
          float[] x = buffer;
          float[] seen = x;
          if (layer != null) {
            seen = inside.computeIfAbsent(layer, l -> l.on(x, !streams)).get(t);
            n = seen.length;
          }
          int rows = layer == null ? SoftmaxRows.length(graph.subgraph(subgraph), t) : 0;
          if (rows > 0) {
            SoftmaxRows.lift(seen, n, rows);
          }
          int strange = s.add(seen, n, method.needsHistogram());
          if (strange >= 0) {
            throw strange(subgraph, t, run, seen[strange]);
          }
        }
        progress.at(what, run + 1, feed.runs());
      }
      return Math.max(skip, feed.runs());
    } catch (SinterException | GraphException e) {
      throw new CalibrationException(
          graph.name() + ": the float model cannot be run to calibrate it: " + e.getMessage(), e);
    }
  }

  private CalibrationException strange(int subgraph, int tensor, int run, float value) {
    return new CalibrationException(
        graph.name()
            + ": tensor '"
            + StaticLstm.name(graph.subgraph(subgraph), tensor)
            + "' holds "
            + value
            + " on example "
            + run
            + " (counted from 0), which no range can hold: look at that example, or leave the ops around the"
            + " tensor float (no_quantize)");
  }
}
