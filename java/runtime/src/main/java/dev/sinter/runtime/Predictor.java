// Adds up what the pieces of a model are expected to cost.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.OpKind.Control.Form;
import dev.sinter.graph.Shape;
import dev.sinter.graph.ShapeInference;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import dev.sinter.runtime.lower.Lowered;
import dev.sinter.runtime.lower.Lowering;
import dev.sinter.runtime.lower.Part;
import dev.sinter.runtime.lower.Step;
import dev.sinter.runtime.lower.Value;
import dev.sinter.runtime.lower.ValueNeeded;
import dev.sinter.runtime.select.Choice;
import dev.sinter.runtime.select.KeptBfloat16;
import dev.sinter.runtime.select.ProfiledMachine;
import dev.sinter.runtime.select.Selector;
import dev.sinter.runtime.select.Sharing;
import dev.sinter.runtime.select.Sharing.StepCost;
import dev.sinter.runtime.select.ZeroPatterns;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Subgraph by subgraph: plans, and between them loops and branches. */
final class Predictor {
  /** Microseconds around a plan between whose runs the host decides what comes next. */
  private static final double PIECE_MICROS = 0.6;

  private record Cost(double cycles, double known, double micros) {
    private static final Cost NONE = new Cost(0, 0, 0);

    Cost and(Cost other, double times) {
      return new Cost(
          cycles + times * other.cycles,
          known + times * other.known,
          micros + times * other.micros);
    }
  }

  private final Graph graph;
  private final Target target;
  private final Options options;
  private final Map<Integer, Double> rounds;
  private final Selector selector;
  private final Sharing sharing;
  private final Map<Integer, Cost> costs = new HashMap<>();
  private final Set<Integer> open = new HashSet<>();
  private final Set<String> assumptions = new LinkedHashSet<>();

  Predictor(Graph graph, Target target, Options options, Map<Integer, Double> rounds) {
    this.graph = graph;
    this.target = target;
    this.options = options;
    this.rounds = rounds;
    selector = new Selector(target, options.numerics(), new HashMap<>());
    ProfiledMachine host = target.costs().host();
    sharing = host == null ? Sharing.MESH : host.sharing();
  }

  Prediction predict() {
    try {
      Cost all = of(0);
      ProfiledMachine host = target.costs().host();
      double micros = all.cycles() / (host == null ? 1 : host.gigahertz()) / 1000;
      return new Prediction(
          micros + all.micros(),
          all.cycles() == 0 ? 1 : all.known() / all.cycles(),
          new ArrayList<>(assumptions));
    } catch (ValueNeeded e) {
      throw refused(e.getMessage(), e);
    } catch (GraphException e) {
      throw new SinterException(Status.INVALID_MODEL, graph.name() + ": " + e.getMessage(), e);
    }
  }

  private SinterException refused(String why, Exception cause) {
    return new SinterException(
        Status.UNSUPPORTED,
        graph.name() + ": times are predicted where no shape depends on values: " + why,
        cause);
  }

  private Cost of(int subgraph) {
    Cost known = costs.get(subgraph);
    if (known != null) {
      return known;
    }
    if (!open.add(subgraph)) {
      throw new GraphException("subgraph " + subgraph + " calls itself");
    }
    Subgraph g = Inliner.inline(graph, subgraph);
    List<Shape> shapes = new ArrayList<>();
    for (int t = 0; t < g.tensors().size(); t++) {
      boolean given = g.producer(t) < 0 && g.tensor(t).shape().isKnown();
      shapes.add(given ? g.tensor(t).shape() : null);
    }
    Cost sum = Cost.NONE;
    List<long[]> values = null;
    for (int first = 0; first < g.ops().size(); ) {
      ShapeInference.Progress progress =
          ShapeInference.advance(g, shapes, values, first, i -> isHosts(g, i));
      if (progress.obstacle() != null) {
        throw refused(progress.obstacle().getMessage(), progress.obstacle());
      }
      int to = progress.next();
      if (to > first) {
        sum = sum.and(plan(g, progress, first, to), 1);
      }
      shapes = new ArrayList<>(progress.shapes());
      values = progress.values();
      if (to < g.ops().size()) {
        sum = sum.and(host(g, to), 1);
        for (int t : g.ops().get(to).outputs()) {
          if (t >= 0) {
            shapes.set(t, requireKnown(g, to, g.tensor(t)));
          }
        }
      }
      first = to + 1;
    }
    open.remove(subgraph);
    costs.put(subgraph, sum);
    return sum;
  }

  private Shape requireKnown(Subgraph g, int op, Tensor t) {
    if (!t.shape().isKnown() || (t.hasSignature() && !t.signature().isKnown())) {
      throw refused("that of '" + t.name() + "' behind " + g.describe(op) + " is open", null);
    }
    return t.shape();
  }

  private static boolean isHosts(Subgraph g, int index) {
    Op op = g.ops().get(index);
    boolean folded =
        !op.outputs().isEmpty() && op.outputs().stream().allMatch(t -> t >= 0 && g.isConstant(t));
    return !folded && HostOps.of(op) != null;
  }

  private Cost plan(Subgraph g, ShapeInference.Progress progress, int first, int to) {
    Subgraph special = Flow.withValues(g, progress);
    boolean whole = first == 0 && to == g.ops().size();
    Lowered lowered =
        Lowering.lower(
            new Part(
                graph.name(),
                special,
                progress.shapes(),
                first,
                to,
                whole ? g.inputs() : Flow.inputs(g, special, first, to),
                whole ? g.outputs() : Flow.outputs(g, first, to, -1)));
    if (options.bf16()) {
      lowered.steps().forEach(Step::useBfloat16);
    }
    Selector among = selector.among(lowered.steps());
    if (options.bf16()) {
      KeptBfloat16.find(lowered.steps(), among, target.level2Bytes());
    }
    List<StepCost> steps = new ArrayList<>();
    double alone = 0;
    double known = 0;
    for (Step step : lowered.steps()) {
      ZeroPatterns.forget(step);
      Choice choice = among.choose(step);
      double bytes = 0;
      for (Value slot : step.slots()) {
        bytes += slot == null ? 0 : slot.bytes();
      }
      steps.add(new StepCost(choice.cycles(), bytes));
      alone += choice.cycles();
      known += target.costs().knows(choice.row()) ? choice.cycles() : 0;
    }
    double cycles = sharing.cycles(steps, options.threads());
    return new Cost(cycles, alone == 0 ? cycles : known / alone * cycles, PIECE_MICROS);
  }

  private Cost host(Subgraph g, int index) {
    Op op = g.ops().get(index);
    String what = g.describe(index);
    if (!(op.kind() instanceof OpKind.Control c)) {
      throw refused(what + " runs on the host, and nobody knows how long", null);
    }
    List<Integer> to = c.subgraphs();
    if (c.form() == Form.WHILE) {
      Double seen = rounds.get(to.get(0));
      double times = seen == null ? 1 : seen;
      assumptions.add(
          what
              + (seen == null
                  ? " counts as one round: nobody has said how often it goes round"
                  : String.format(java.util.Locale.ROOT, " goes round %s times", times)));
      return of(to.get(0)).and(of(to.get(0)), times).and(of(to.get(1)), times);
    }
    if (c.form() == Form.IF) {
      assumptions.add(what + " counts as the longer of its branches");
      Cost one = of(to.get(0));
      Cost other = of(to.get(1));
      return one.cycles() > other.cycles() ? one : other;
    }
    return Cost.NONE; // CALL_ONCE: not in every run
  }
}
