// What layers cost: bytes in the file, microseconds of a run.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import dev.sinter.graph.Graph;
import dev.sinter.graph.Storage;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Session;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Costs of the ops of a main subgraph. */
final class LayerCosts {
  private final long[] bytes;
  private final double[] micros;
  private double total = Double.NaN;

  private LayerCosts(int ops) {
    bytes = new long[ops];
    micros = new double[ops];
    Arrays.fill(micros, Double.NaN);
  }

  /** Sizes alone: bytes that several ops share count for the first. */
  static LayerCosts sizes(Graph graph) {
    Subgraph g = graph.main();
    LayerCosts costs = new LayerCosts(g.ops().size());
    Set<Storage> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    for (int i = 0; i < g.ops().size(); i++) {
      // What unpacks a constant comes before its user, which it counts for.
      for (int t : g.ops().get(i).inputs()) {
        costs.bytes[i] += stored(g, t, seen);
      }
    }
    return costs;
  }

  private static long stored(Subgraph g, int tensor, Set<Storage> seen) {
    if (tensor < 0) {
      return 0;
    }
    Tensor t = g.tensor(tensor);
    if (t.isConstant()) {
      return seen.add(t.storage()) ? t.storage().bytes().remaining() : 0;
    }
    int producer = g.producer(tensor);
    if (producer < 0 || !g.isConstant(tensor)) {
      return 0;
    }
    long sum = 0;
    for (int in : g.ops().get(producer).inputs()) {
      sum += stored(g, in, seen);
    }
    return sum;
  }

  /** Sizes and times: lower quartiles over some runs of the model as it is. */
  static LayerCosts measure(Graph graph, Options options, int runs, Consumer<ModelRun> fill) {
    LayerCosts costs = sizes(graph);
    if (runs == 0) {
      return costs;
    }
    Map<Integer, List<Double>> times = new HashMap<>();
    List<Double> totals = new ArrayList<>();
    Options profiled = options.toBuilder().profile(true).build();
    try (ModelRun run = ModelRun.open(graph, profiled)) {
      fill.accept(run);
      for (int i = 0; i < 3 + runs; i++) {
        run.run();
        if (i < 3) {
          continue; // warm-up
        }
        Map<Integer, Double> sums = new HashMap<>();
        for (Session.StepTime t : run.session().profile()) {
          boolean main = t.subgraph().equals(graph.main().name()) || graph.subgraphs().size() == 1;
          sums.merge(main ? t.step().op() : -1, t.nanos() / 1e3, Double::sum);
        }
        sums.forEach((op, m) -> times.computeIfAbsent(op, k -> new ArrayList<>()).add(m));
        totals.add(sums.values().stream().mapToDouble(m -> m).sum());
      }
    }
    Arrays.fill(costs.micros, 0);
    times.forEach(
        (op, list) -> {
          if (op >= 0 && op < costs.micros.length) {
            costs.micros[op] = lowerQuartile(list);
          }
        });
    costs.total = lowerQuartile(totals);
    return costs;
  }

  /** The lower quartile: of times that other work on the machine can only lengthen. */
  static double lowerQuartile(List<Double> values) {
    double[] v = values.stream().mapToDouble(x -> x).sorted().toArray();
    return v.length == 0 ? Double.NaN : v[v.length / 4];
  }

  double total() {
    return total;
  }

  long bytes(List<Integer> ops) {
    return ops.stream().mapToLong(i -> bytes[i]).sum();
  }

  double micros(List<Integer> ops) {
    return ops.stream().mapToDouble(i -> micros[i]).sum();
  }
}
