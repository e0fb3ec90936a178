// Decides on one subgraph: scales from ranges, the rules of ops, and weights.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.plan;

import dev.sinter.graph.Constant;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import dev.sinter.graph.tflite.TfliteOps;
import dev.sinter.optimizer.calibration.Range;
import dev.sinter.optimizer.calibration.Ranges;
import dev.sinter.optimizer.decision.Affine;
import dev.sinter.optimizer.decision.Decisions;
import dev.sinter.optimizer.decision.Mode;
import dev.sinter.optimizer.decision.OpDecision;
import dev.sinter.optimizer.decision.TensorDecision;
import dev.sinter.optimizer.decision.WeightDecision;
import dev.sinter.optimizer.rules.OpRule;
import dev.sinter.optimizer.rules.OpRule.Scales;
import dev.sinter.optimizer.rules.OpRules;
import dev.sinter.optimizer.rules.StaticRecurrent;
import dev.sinter.optimizer.rules.StaticSvdf;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Decisions on a subgraph. */
final class SubgraphPlan {
  private final Subgraph g;
  private final int subgraph;
  private final List<Choice> choices;
  private final Ranges ranges;
  private final WeightMaker weights;
  private final RecurrentPlan recurrent;
  private final ScaleGroups groups;
  private final Map<Integer, Range> constants = new HashMap<>();
  private final Map<Integer, Map<Integer, ScaleGroups.Node>> brought = new HashMap<>();
  private final Map<Integer, Map<Integer, Affine>> centred = new HashMap<>();

  SubgraphPlan(
      Subgraph g,
      int subgraph,
      List<Choice> choices,
      Ranges ranges,
      WeightMaker weights,
      ScaleGroups groups) {
    this.g = g;
    this.subgraph = subgraph;
    this.choices = new ArrayList<>(choices);
    this.ranges = ranges;
    this.weights = weights;
    this.groups = groups;
    recurrent = new RecurrentPlan(g, subgraph, ranges);
  }

  /** Finds out which tensors need scales, and which of them the same. */
  void prepare() {
    for (int i = 0; i < choices.size(); i++) {
      String lacking = choices.get(i).isStatic() ? lacking(choices.get(i)) : null;
      if (lacking != null) {
        choices.set(i, choices.get(i).left(lacking));
      }
    }
    choices.stream().filter(Choice::isStatic).forEach(this::ranged);
    choices.stream().filter(Choice::isStatic).forEach(this::bound);
  }

  /** Decides, once all scales that hang together are known to. */
  Decisions.Part decide(Map<Integer, Affine> inputs, Map<Integer, Affine> outputs) {
    List<OpDecision> ops = new ArrayList<>();
    choices.forEach(c -> ops.add(decision(c)));
    List<TensorDecision> tensors = new ArrayList<>();
    for (ScaleGroups.Node n : groups.nodes()) {
      if (n.subgraph() != subgraph) {
        continue;
      }
      Tensor t = g.tensor(n.tensor());
      tensors.add(new TensorDecision(n.tensor(), t.name(), t.origin(), groups.scale(n)));
    }
    tensors.sort(
        Comparator.comparingInt(TensorDecision::tensor).thenComparing(t -> t.scale().type()));
    return new Decisions.Part(subgraph, tensors, ops, inputs, outputs);
  }

  /** Whether a static op reads or writes a tensor in a type. */
  boolean uses(int tensor, ElementType type) {
    return groups.knows(new ScaleGroups.Node(subgraph, tensor, type));
  }

  /** Whether rules want zero points of 0. */
  boolean isSymmetric() {
    return choices.stream()
        .filter(c -> c.isStatic() && !c.table())
        .allMatch(c -> c.rule().config().activations().symmetric());
  }

  /**
   * What readers of a tensor save if it comes as integers: a conversion if some of them take it so,
   * less one if others take floats. What only hands it on counts for nothing.
   */
  int takes(int tensor, ElementType type) {
    boolean integers = false;
    boolean floats = false;
    for (int i : g.consumers(tensor)) {
      Op op = g.ops().get(i);
      if (op.kind() instanceof OpKind.Control) {
        continue;
      }
      Choice c = choices.get(i);
      boolean takes =
          c.isStatic() && c.activations() == type && Operands.data(g, op, type).contains(tensor);
      integers |= takes;
      floats |= !takes;
    }
    boolean given = subgraph == 0 && g.outputs().contains(tensor);
    return (integers ? 1 : 0) - (floats || given ? 1 : 0);
  }

  /** What the producer of a tensor saves if it goes out as integers. */
  int gives(int tensor, ElementType type) {
    int p = g.producer(tensor);
    if (p < 0) {
      return subgraph == 0 && !g.isConstant(tensor) ? -1 : 0;
    }
    Choice c = choices.get(p);
    if (g.ops().get(p).kind() instanceof OpKind.Control) {
      return 0;
    }
    return c.isStatic() && c.activations() == type ? 1 : -1;
  }

  private Range range(Choice c, int t) {
    if (!g.isConstant(t)) {
      return ranges.of(subgraph, t, c.activations().bits());
    }
    return constants.computeIfAbsent(t, x -> WeightMaker.range(g.constant(x)));
  }

  /** What keeps an op from having scales; null if nothing does. */
  private String lacking(Choice c) {
    Op op = g.ops().get(c.op());
    for (int t : Operands.data(g, op, c.activations())) {
      if (range(c, t) == null) {
        return g.isConstant(t)
            ? "its constant '" + g.tensor(t).name() + "' holds numbers that are not finite"
            : "no calibration for its input '" + g.tensor(t).name() + "'";
      }
    }
    String inside = StaticRecurrent.is(op) ? recurrent.lacking(c.op()) : null;
    if (inside != null) {
      return inside;
    }
    if (OpRules.of(op).name().equals("DIV") && mayEndTheRun(c, op.input(1))) {
      return "a divisor that is stored as 0 ends the run, and its may be";
    }
    if (OpRules.of(op).fixed(c.activations()) == null && !c.table()) {
      for (int t : Operands.results(g, op)) {
        if (range(c, t) == null) {
          return "no calibration for its result '" + g.tensor(t).name() + "'";
        }
      }
    }
    return null;
  }

  /**
   * Whether a divisor may stand for 0, or be stored as the number 0, which TensorFlow Lite 2.21
   * refuses whatever the zero point: of what is computed nobody knows, constants can be looked at.
   */
  private boolean mayEndTheRun(Choice c, int divisor) {
    if (!g.isConstant(divisor)) {
      return true;
    }
    Range range = range(c, divisor);
    boolean symmetric = c.rule().config().activations().symmetric();
    Affine scale = Affine.of(c.activations(), range.low(), range.high(), symmetric);
    Constant.Dense constant = g.constant(divisor);
    ByteBuffer values = constant.values();
    for (int i = 0; i < constant.shape().elements(); i++) {
      int stored = scale.stored(values.getFloat(4 * i));
      if (stored == 0 || stored == scale.zeroPoint()) {
        return true;
      }
    }
    return false;
  }

  private ScaleGroups.Node node(Choice c, int tensor) {
    return new ScaleGroups.Node(subgraph, tensor, c.activations());
  }

  /** Puts operands into groups of their own, with their ranges. */
  private void ranged(Choice c) {
    Op op = g.ops().get(c.op());
    OpRule r = OpRules.of(g, op);
    boolean symmetric =
        c.table()
            || (c.rule().config().activations() != null
                && c.rule().config().activations().symmetric());
    for (int slot : Operands.slots(g, op, c.activations())) {
      int t = op.input(slot);
      if (g.isConstant(t) && r.scales() == Scales.AS_OUTPUT) {
        continue; // stored with the result's scale, for this op
      }
      groups.add(node(c, t), range(c, t), symmetric || (r.weights() == slot && g.isConstant(t)));
    }
    for (int t : Operands.results(g, op)) {
      Affine fixed = r.fixed(c.activations());
      if (StaticSvdf.is(op)) {
        fixed = Affine.of(c.activations(), 0, range(c, t).high(), false);
      }
      if (fixed != null) {
        groups.fix(node(c, t), fixed);
      } else {
        groups.add(node(c, t), range(c, t), symmetric);
      }
    }
  }

  /**
   * Joins what must have the same scale; where it cannot, an input is brought to it for this op.
   */
  private void bound(Choice c) {
    Op op = g.ops().get(c.op());
    Scales scales = OpRules.of(op).scales();
    List<Integer> results = Operands.results(g, op);
    List<Integer> slots = Operands.slots(g, op, c.activations());
    if (op.kind() instanceof OpKind.BatchMatMul && c.activations() == ElementType.INT8) {
      centreRight(c, op);
    }
    if (results.isEmpty() || slots.isEmpty()) {
      return;
    }
    if (scales == Scales.AS_INPUT) {
      for (int t : results) {
        groups.join(node(c, op.input(slots.get(0))), node(c, t));
      }
    } else if (scales == Scales.AS_OUTPUT) {
      ScaleGroups.Node out = node(c, results.get(0));
      Affine all = sameFixed(c, op, slots);
      if (all != null) {
        groups.fix(out, all);
      }
      for (int slot : slots) {
        int t = op.input(slot);
        boolean constant = g.isConstant(t);
        Affine fixed = constant ? null : groups.fixed(node(c, t));
        boolean alone = fixed != null && !fixed.equals(groups.fixed(out));
        if (constant || alone || !groups.join(out, node(c, t))) {
          brought.computeIfAbsent(c.op(), x -> new TreeMap<>()).put(slot, out);
        }
      }
    }
  }

  /**
   * TensorFlow Lite's delegate takes no notice of a zero point of a product's right side, so that
   * must be 0. Where a kernel fixes another one the input is brought to one for this op alone.
   */
  private void centreRight(Choice c, Op op) {
    if (!Operands.isData(g, op, 1, c.activations())) {
      return; // weights, which are symmetric
    }
    ScaleGroups.Node right = node(c, op.input(1));
    Affine fixed = groups.fixed(right);
    if (fixed == null) {
      groups.centre(right);
    } else if (fixed.zeroPoint() != 0) {
      Affine own = Affine.of(ElementType.INT8, fixed.low(), fixed.high(), true);
      centred.computeIfAbsent(c.op(), x -> new TreeMap<>()).put(1, own);
    }
  }

  /** The scale that all inputs have, if kernels fix it. */
  private Affine sameFixed(Choice c, Op op, List<Integer> slots) {
    Affine first = null;
    for (int slot : slots) {
      int t = op.input(slot);
      Affine fixed = g.isConstant(t) ? null : groups.fixed(node(c, t));
      if (fixed == null || (first != null && !first.equals(fixed))) {
        return null;
      }
      first = fixed;
    }
    return first;
  }

  private OpDecision decision(Choice c) {
    Op op = g.ops().get(c.op());
    String kind = TfliteOps.name(op.kind());
    String output = op.outputs().isEmpty() || op.output(0) < 0 ? "" : g.tensor(op.output(0)).name();
    if (c.mode() == Mode.FLOAT) {
      return OpDecision.left(c.op(), kind, output, c.reason());
    }
    Map<Integer, Affine> inputs = new TreeMap<>(centred.getOrDefault(c.op(), Map.of()));
    brought
        .getOrDefault(c.op(), Map.of())
        .forEach((slot, node) -> inputs.put(slot, groups.scale(node)));
    if (StaticRecurrent.is(op) && c.isStatic()) {
      inputs.putAll(recurrent.scales(c.op(), groups.scale(node(c, op.output(0)))));
    }
    OpRule r = OpRules.of(g, op);
    WeightDecision w = null;
    List<WeightDecision> others = List.of();
    boolean has = !c.isStatic() || OpRules.weighs(g, op, c.activations());
    if (r.weights() >= 0 && !c.table() && has) {
      Affine fits = c.isStatic() && r.bias() >= 0 ? inputScale(c, op, r) : null;
      try {
        w = weights.make(g, subgraph, c.op(), c.rule(), fits);
        others = weights.others(g, subgraph, c.op(), c.rule());
      } catch (IllegalArgumentException e) {
        return OpDecision.left(c.op(), kind, output, e.getMessage());
      }
    }
    boolean wide =
        c.isStatic() && op.kind() instanceof OpKind.BatchMatMul && w == null && r.weights() >= 0;
    String reason =
        wide && g.isConstant(op.input(r.weights()))
            ? c.reason() + "; its constant has 16 bits by its range: there is no int16 by int8"
            : c.reason();
    OpDecision decided =
        new OpDecision(c.op(), kind, output, c.mode(), c.activations(), inputs, w, others, reason);
    if (StaticRecurrent.is(op) && c.isStatic()) {
      String room = recurrent.noRoom(decided, groups.scale(node(c, op.input(0))));
      return room == null ? decided : decided.asFloat(room);
    }
    return decided;
  }

  private Affine inputScale(Choice c, Op op, OpRule r) {
    int slot = r.weights() == 1 && r.bias() == 3 ? 2 : 0;
    return groups.scale(node(c, op.input(slot)));
  }
}
