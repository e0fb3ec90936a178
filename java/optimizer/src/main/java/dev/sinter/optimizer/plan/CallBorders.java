// Which values cross into called subgraphs, and out of them, as integers.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.plan;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.OpKind.Control.Form;
import dev.sinter.graph.Subgraph;
import dev.sinter.optimizer.calibration.Range;
import dev.sinter.optimizer.calibration.Ranges;
import dev.sinter.optimizer.decision.Affine;
import dev.sinter.optimizer.plan.ScaleGroups.Node;
import dev.sinter.optimizer.rules.Calls;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A loop's variable is one value at five places: what the loop is given and gives, what its
 * condition and body take, and what the body gives. All of them are integers with one scale, or all
 * are float. Integers it is where that saves conversions, of which those within a loop count as
 * often as it may go round, and where the ranges of all places are alike; what a loop makes much
 * larger or smaller crosses as float.
 */
final class CallBorders {
  /** For how many rounds a loop counts. */
  private static final int ROUNDS = 8;

  /** How much wider than at one of its places a value may be over all of them. */
  private static final double ALIKE = 4;

  /** An input or output of a called subgraph. */
  private record Port(int subgraph, boolean output, int position) {}

  /** An operand or result of an op that calls. */
  private record Outside(int subgraph, int tensor, boolean result) {}

  private final Graph graph;
  private final List<SubgraphPlan> plans;
  private final Ranges ranges;
  private final ScaleGroups groups;
  private final Map<Port, Port> parent = new LinkedHashMap<>();
  private final Map<Port, List<Outside>> outside = new HashMap<>();
  private final Set<Integer> inLoops = new HashSet<>();
  private final Map<Port, Node> chosen = new LinkedHashMap<>();

  CallBorders(Graph graph, List<SubgraphPlan> plans, Ranges ranges, ScaleGroups groups) {
    this.graph = graph;
    this.plans = plans;
    this.ranges = ranges;
    this.groups = groups;
    for (int s = 0; s < graph.subgraphs().size(); s++) {
      for (Op op : graph.subgraph(s).ops()) {
        if (op.kind() instanceof OpKind.Control c && c.form() != Form.CALL_ONCE) {
          link(s, op, c);
        }
      }
    }
    for (Port p : List.copyOf(parent.keySet())) {
      for (Port q : List.copyOf(parent.keySet())) {
        if (p.subgraph() == q.subgraph() && tensor(p) == tensor(q)) {
          union(p, q); // one tensor has one form
        }
      }
    }
    Map<Port, List<Port>> classes = new LinkedHashMap<>();
    parent.keySet().forEach(p -> classes.computeIfAbsent(root(p), k -> new ArrayList<>()).add(p));
    classes.values().forEach(this::decide);
  }

  // ---- what is one value -----------------------------------------------------------------------

  private void link(int caller, Op op, OpKind.Control c) {
    boolean loop = c.form() == Form.WHILE;
    int first = c.form() == Form.IF ? 1 : 0;
    if (loop) {
      inLoops.addAll(c.subgraphs());
    }
    for (int callee : c.subgraphs()) {
      for (int i = 0; i < graph.subgraph(callee).inputs().size(); i++) {
        Port in = new Port(callee, false, i);
        union(in, new Port(c.subgraphs().get(0), false, i));
        if (i + first < op.inputs().size() && op.inputs().get(i + first) >= 0) {
          add(in, new Outside(caller, op.inputs().get(i + first), false));
        }
      }
      boolean condition = loop && callee == c.subgraphs().get(0);
      for (int i = 0; i < graph.subgraph(callee).outputs().size() && !condition; i++) {
        Port out = new Port(callee, true, i);
        union(out, loop ? new Port(callee, false, i) : new Port(c.subgraphs().get(0), true, i));
        if (i < op.outputs().size() && op.outputs().get(i) >= 0) {
          add(out, new Outside(caller, op.outputs().get(i), true));
        }
      }
    }
  }

  private void add(Port p, Outside o) {
    List<Outside> known = outside.computeIfAbsent(p, k -> new ArrayList<>());
    if (!known.contains(o)) {
      known.add(o);
    }
  }

  private Port root(Port p) {
    Port q = parent.putIfAbsent(p, p);
    while (q != null && !q.equals(p)) {
      p = q;
      q = parent.get(p);
    }
    return p;
  }

  private void union(Port a, Port b) {
    Port x = root(a);
    Port y = root(b);
    if (!x.equals(y)) {
      parent.put(y, x);
    }
  }

  private int tensor(Port p) {
    Subgraph g = graph.subgraph(p.subgraph());
    List<Integer> list = p.output() ? g.outputs() : g.inputs();
    return p.position() < list.size() ? list.get(p.position()) : -1 - p.position();
  }

  // ---- which form ------------------------------------------------------------------------------

  private void decide(List<Port> ports) {
    ElementType type = null;
    for (Port p : ports) {
      int t = tensor(p);
      Subgraph g = graph.subgraph(p.subgraph());
      if (t < 0
          || g.tensor(t).type() != ElementType.FLOAT32
          || g.isConstant(t)
          || g.tensor(t).isVariable()
          || Calls.isEntry(graph, p.subgraph())) {
        return;
      }
      for (ElementType one : List.of(ElementType.INT8, ElementType.INT16)) {
        if (plans.get(p.subgraph()).uses(t, one)) {
          if (type != null && type != one) {
            return;
          }
          type = one;
        }
      }
    }
    if (type == null || saved(ports, type) <= 0) {
      return;
    }
    Affine fixed = null;
    Range all = null;
    List<Range> each = new ArrayList<>();
    for (Port p : ports) {
      Range r = ranges.of(p.subgraph(), tensor(p), type.bits());
      if (r == null && !Calls.isCondition(graph, p.subgraph())) {
        return;
      }
      if (r != null) { // what a condition looks at is what the body gets
        all = r.with(all);
        each.add(r);
      }
      Node n = node(p, type);
      Affine own = groups.knows(n) ? groups.fixed(n) : null;
      if (own != null && fixed != null && !own.equals(fixed)) {
        return;
      }
      fixed = own == null ? fixed : own;
    }
    for (Range r : each) {
      if (width(r) > 0 && width(all) > ALIKE * width(r)) {
        return;
      }
    }
    if (fixed != null
        && (all.low() < fixed.low() - fixed.scale() || all.high() > fixed.high() + fixed.scale())) {
      return;
    }
    if (all == null) {
      return;
    }
    Node first = node(ports.get(0), type);
    for (Port p : ports) {
      groups.add(
          node(p, type),
          ranges.of(p.subgraph(), tensor(p), type.bits()),
          plans.get(p.subgraph()).isSymmetric());
      groups.join(first, node(p, type));
      chosen.put(p, first);
    }
    Set<Outside> seen = new HashSet<>();
    for (Port p : ports) {
      for (Outside o : outside.getOrDefault(p, List.of())) {
        if (seen.add(o)) {
          joinOutside(o, first, all, type);
        }
      }
    }
  }

  /**
   * What the caller has takes the same scale where it has a like range, so that it stays as it is.
   */
  private void joinOutside(Outside o, Node first, Range all, ElementType type) {
    Subgraph g = graph.subgraph(o.subgraph());
    if (g.isConstant(o.tensor()) || !plans.get(o.subgraph()).uses(o.tensor(), type)) {
      return;
    }
    Range r = ranges.of(o.subgraph(), o.tensor(), type.bits());
    boolean alike = r != null && width(r) > 0 && width(r.with(all)) <= ALIKE * width(r);
    boolean within = r != null && width(r.with(all)) <= ALIKE * width(all);
    if (o.result() || (alike && within)) {
      groups.join(first, new Node(o.subgraph(), o.tensor(), type));
    }
  }

  private static double width(Range r) {
    return Math.max(r.high(), 0) - Math.min(r.low(), 0);
  }

  private Node node(Port p, ElementType type) {
    return new Node(p.subgraph(), tensor(p), type);
  }

  // ---- what it costs ---------------------------------------------------------------------------

  /** Conversions that float borders need, less those that integers need. */
  private int saved(List<Port> ports, ElementType type) {
    int saved = 0;
    Set<Outside> callers = new HashSet<>();
    for (Port p : ports) {
      int weight = inLoops.contains(p.subgraph()) ? ROUNDS : 1;
      SubgraphPlan plan = plans.get(p.subgraph());
      saved += weight * (p.output() ? plan.gives(tensor(p), type) : plan.takes(tensor(p), type));
      callers.addAll(outside.getOrDefault(p, List.of()));
    }
    for (Outside o : callers) {
      int weight = inLoops.contains(o.subgraph()) ? ROUNDS : 1;
      SubgraphPlan plan = plans.get(o.subgraph());
      saved += weight * (o.result() ? plan.takes(o.tensor(), type) : plan.gives(o.tensor(), type));
    }
    return saved;
  }

  // ---- what was decided ------------------------------------------------------------------------

  /** Scales of a called subgraph's inputs, or outputs, by position. */
  Map<Integer, Affine> of(int subgraph, boolean outputs) {
    Map<Integer, Affine> out = new TreeMap<>();
    chosen.forEach(
        (p, node) -> {
          if (p.subgraph() == subgraph && p.output() == outputs) {
            out.put(p.position(), groups.scale(node));
          }
        });
    return out;
  }
}
