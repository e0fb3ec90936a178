// Runs a float model over examples and looks at its tensors.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.calibration;

import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Subgraph;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.data.MisfitException;
import dev.sinter.optimizer.rules.StaticSvdf;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.SinterException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

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
    Subgraph g = graph.subgraph(subgraph);
    // A memory that no sequence fills within an example is filled by the examples, one by one.
    boolean streams = g.ops().stream().anyMatch(StaticSvdf::is);
    TensorObserver observer =
        new TensorObserver(graph.name(), g, tensors, statistics, method.needsHistogram());
    try (ObservedModel model = new ObservedModel(graph, subgraph, observer.read(), options)) {
      InputSource.Feed feed = source.open(model.graph());
      if (feed.runs() == 0) {
        throw new CalibrationException(graph.name() + ": there are no examples to calibrate with");
      }
      for (int run = 0; run < feed.runs(); run++) {
        feed.fill(run, model.inputs());
        int now = run;
        boolean needed = tensors.stream().anyMatch(t -> statistics.get(t).examples() <= now);
        if (streams || run >= skip || needed) {
          model.run(!streams);
        }
        String when = "example " + run + " (counted from 0)";
        observer.see(model, !streams, t -> statistics.get(t).examples() <= now, when);
        progress.at(what, run + 1, feed.runs());
      }
      return Math.max(skip, feed.runs());
    } catch (SinterException | GraphException e) {
      throw new CalibrationException(
          graph.name() + ": the float model cannot be run to calibrate it: " + e.getMessage(), e);
    }
  }

  /**
   * Runs examples and observes tensors of subgraphs that ops call, in each round of loops.
   *
   * @param before what was seen before
   * @param entry index of the subgraph that the examples are for
   * @param tensors indices of tensors, all float, by the subgraph that is called
   * @param source the examples
   * @param method the method by which ranges will be chosen
   * @param percentile see {@link Method#PERCENTILE}
   * @param notes hears why they could not be run apart; then nothing is known about them
   * @return old and new statistics together
   * @throws CalibrationException if a tensor is not finite
   * @throws MisfitException if the examples do not fit the model
   */
  public Calibration called(
      Calibration before,
      int entry,
      Map<Integer, Set<Integer>> tensors,
      InputSource source,
      Method method,
      double percentile,
      Consumer<String> notes) {
    Map<Integer, Map<Integer, TensorStatistics>> all = new TreeMap<>(before.statistics());
    Map<Integer, TensorObserver> observers = new TreeMap<>();
    Map<Integer, Set<Integer>> read = new TreeMap<>();
    tensors.forEach(
        (s, wanted) -> {
          Map<Integer, TensorStatistics> fresh = new TreeMap<>();
          all.put(s, fresh);
          TensorObserver o =
              new TensorObserver(
                  graph.name(), graph.subgraph(s), wanted, fresh, method.needsHistogram());
          observers.put(s, o);
          read.put(s, o.read());
        });
    Map<Integer, Long> examples = new TreeMap<>();
    for (int s = 0; s < graph.subgraphs().size(); s++) {
      examples.put(s, before.examples(s));
    }
    int[] now = {0};
    try (CalledSubgraphs calls =
        new CalledSubgraphs(
            graph,
            entry,
            read,
            options,
            (s, model) ->
                observers
                    .get(s)
                    .see(model, false, t -> true, "example " + now[0] + " (counted from 0)"))) {
      InputSource.Feed feed = source.open(calls.model().graph());
      int runs = feed.runs();
      boolean enough =
          tensors.entrySet().stream()
              .allMatch(
                  e ->
                      before.examples(e.getKey()) >= runs
                          && e.getValue().stream().allMatch(t -> before.knows(e.getKey(), t)));
      if (enough) {
        return before;
      }
      for (int run = 0; run < runs; run++) {
        now[0] = run;
        feed.fill(run, calls.model().inputs());
        observers.values().forEach(TensorObserver::reset);
        calls.run();
        progress.at("calibration of loops and branches", run + 1, feed.runs());
      }
      tensors.keySet().forEach(s -> examples.put(s, (long) runs));
    } catch (Unfollowed e) {
      notes.accept(
          "what ops call cannot be run apart, so static rules leave it float: " + e.getMessage());
      tensors.keySet().forEach(all::remove);
    } catch (SinterException | GraphException e) {
      throw new CalibrationException(
          graph.name() + ": the float model cannot be run to calibrate it: " + e.getMessage(), e);
    }
    return new Calibration(all, examples, method, percentile);
  }

  /** Says why called subgraphs cannot be run by themselves. */
  static final class Unfollowed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Unfollowed(String message) {
      super(message);
    }
  }
}
