// One subgraph: ops in their new form, with conversions only where forms meet.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.decision;

import dev.sinter.graph.Constant;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphEditor;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Storage;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import dev.sinter.optimizer.rules.OpRule;
import dev.sinter.optimizer.rules.OpRules;
import dev.sinter.optimizer.rules.StaticLstm;
import dev.sinter.optimizer.rules.StaticRecurrent;
import dev.sinter.optimizer.rules.WeightLayout;
import dev.sinter.optimizer.weights.BlockScales;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Every tensor is produced in one form: float, or quantized with its scale. Who wants it in another
 * gets it through one QUANTIZE or DEQUANTIZE, shared by all who want the same, right before the
 * first of them. Constants are stored in each form that is asked for.
 */
final class SubgraphApplier {
  /** Stands for float where a form is asked for; quantized forms are {@link Affine}. */
  private static final Object REAL = "float";

  private final Subgraph g;
  private final Map<List<Object>, Affine> scales = new HashMap<>();
  private final Decisions.Part part;
  private final Decisions borders;
  private final CallForms calls;
  private final StoredConstants constants;
  private final GraphEditor editor;
  private final Map<Integer, OpDecision> byOp = new HashMap<>();
  private final List<Op> ops = new ArrayList<>();
  private final Map<Integer, Object> produced = new HashMap<>();
  private final Map<Integer, Object> home = new HashMap<>();
  private final Map<Integer, Map<Object, Integer>> versions = new HashMap<>();
  private final Map<Integer, Set<Object>> wanted = new HashMap<>();
  private final Set<String> names = new HashSet<>();
  private final Set<Integer> emitted = new HashSet<>(); // indices that a conversion has filled

  SubgraphApplier(
      Graph graph,
      int index,
      Decisions.Part part,
      Decisions borders,
      CallForms calls,
      StoredConstants constants) {
    this.g = graph.subgraph(index);
    this.part = part;
    this.borders = borders;
    this.calls = calls;
    this.constants = constants;
    this.editor = graph.edit(index);
    part.ops().forEach(d -> byOp.put(d.op(), d));
    part.tensors().forEach(d -> scales.put(List.of(d.tensor(), d.scale().type()), d.scale()));
    g.tensors().forEach(t -> names.add(t.name()));
  }

  Graph apply() {
    forms();
    for (int i = g.ops().size() - 1; i >= 0; i--) {
      editor.removeOp(i);
    }
    for (int i = 0; i < g.ops().size(); i++) {
      emit(i);
    }
    for (int t : g.outputs()) {
      get(t, home.get(t));
    }
    dropUnread();
    ops.forEach(editor::addOp);
    return editor.build();
  }

  // ---- which form a tensor is produced in, and which form its own index keeps
  // --------------------

  private void forms() {
    for (int t = 0; t < g.tensors().size(); t++) {
      produced.put(t, REAL);
    }
    for (int i = 0; i < g.ops().size(); i++) {
      OpDecision d = byOp.get(i);
      List<Integer> results = g.ops().get(i).outputs();
      for (int slot = 0; slot < results.size(); slot++) {
        Affine crossing = calls.result(g.ops().get(i), slot);
        if (crossing != null && results.get(slot) >= 0) {
          produced.put(results.get(slot), crossing);
        }
      }
      if (d != null && d.mode() == Mode.STATIC) {
        states(g.ops().get(i), d);
        for (int t : g.ops().get(i).outputs()) {
          if (t >= 0 && DecisionApplier.isReal(g.tensor(t))) {
            produced.put(t, scale(i, t, d.activations()));
          }
        }
      }
    }
    if (borders.inputs() == Decisions.Border.QUANTIZED) {
      for (int t : g.inputs()) {
        Affine form = onlyStaticReaders(t);
        if (form != null && !g.outputs().contains(t)) {
          produced.put(t, form);
        }
      }
    }
    part.inputs().forEach((at, form) -> produced.put(g.inputs().get(at), form));
    home.putAll(produced);
    if (borders.outputs() == Decisions.Border.FLOAT) {
      g.outputs().stream().filter(t -> !g.inputs().contains(t)).forEach(t -> home.put(t, REAL));
    }
    part.outputs().forEach((at, form) -> leaveAs(g.outputs().get(at), form));
    for (int i = 0; i < g.ops().size(); i++) {
      for (int slot = 0; slot < g.ops().get(i).inputs().size(); slot++) {
        int t = g.ops().get(i).input(slot);
        if (t >= 0) {
          wanted.computeIfAbsent(t, x -> new HashSet<>()).add(form(i, slot));
        }
      }
    }
    for (int t : g.outputs()) {
      wanted.computeIfAbsent(t, x -> new HashSet<>()).add(home.get(t));
    }
    for (int t = 0; t < g.tensors().size(); t++) {
      Tensor tensor = g.tensor(t);
      if (home.get(t) instanceof Affine a && DecisionApplier.isReal(tensor)) {
        editor.replaceTensor(t, quantized(tensor, a));
      }
      versions.computeIfAbsent(t, x -> new HashMap<>()).put(home.get(t), t);
    }
  }

  private void leaveAs(int t, Affine form) {
    if (g.inputs().contains(t) && !form.equals(home.get(t))) {
      throw new GraphException(
          "'" + g.tensor(t).name() + "' is handed on, but shall not go out as it comes in");
    }
    home.put(t, form);
  }

  /** States of a layer alone are stored in the form that was decided for it. */
  private void states(Op op, OpDecision d) {
    d.inputs()
        .forEach(
            (slot, form) -> {
              if (StaticRecurrent.is(op)
                  && op.hasInput(slot)
                  && g.tensor(op.input(slot)).isVariable()) {
                produced.put(op.input(slot), form);
              }
            });
  }

  private static Tensor quantized(Tensor t, Affine a) {
    return t.withType(a.type()).withQuantization(a.quantization());
  }

  /**
   * The quantized form of an input if somebody wants it so; the type of the first reader counts.
   */
  private Affine onlyStaticReaders(int t) {
    for (int i : g.consumers(t)) {
      OpDecision d = byOp.get(i);
      if (d != null && d.mode() == Mode.STATIC && DecisionApplier.isReal(g.tensor(t))) {
        return scale(i, t, d.activations());
      }
    }
    return null;
  }

  private Affine scale(int op, int t, ElementType type) {
    Affine a = scales.get(List.of(t, type));
    if (a == null) {
      throw new GraphException(
          "op "
              + g.describe(op)
              + " shall compute in "
              + type
              + ", but no decision gives tensor '"
              + g.tensor(t).name()
              + "' a scale of that type");
    }
    return a;
  }

  /** In which form an op wants one of its inputs: REAL, an Affine, a WeightDecision, or a Bias. */
  private Object form(int i, int slot) {
    Op op = g.ops().get(i);
    OpDecision d = byOp.get(i);
    int t = op.input(slot);
    Affine crossing = calls.operand(op, slot);
    if (crossing != null) {
      return crossing;
    }
    if (d == null || !DecisionApplier.isReal(g.tensor(t))) {
      return REAL;
    }
    WeightDecision weights = d.weights(slot);
    if (weights != null) {
      WeightLayout layout = WeightLayout.of(op, slot, g.tensor(t).shape());
      return new Weights(weights, d.mode() == Mode.WEIGHT_ONLY, layout);
    }
    if (d.mode() != Mode.STATIC) {
      return REAL;
    }
    OpRule rule = OpRules.of(op);
    if (rule != null && slot == rule.bias()) {
      return bias(i, rule, d);
    }
    if (StaticRecurrent.is(op) && slot > 0) {
      Affine in = scale(i, op.input(0), d.activations());
      float[] unit = RecurrentForms.biasUnit(g, op, d, slot, in);
      if (unit != null) {
        return new Bias(unit[0], List.of(unit[1]), false);
      }
    }
    if (StaticRecurrent.is(op) && g.tensor(t).isVariable()) {
      return produced.get(t);
    }
    Affine own = d.inputs().get(slot);
    return own != null ? own : scale(i, t, d.activations());
  }

  private record Weights(WeightDecision decision, boolean expanded, WeightLayout layout) {}

  private record Bias(float inputScale, List<Float> weightScales, boolean wide) {}

  private Object bias(int i, OpRule rule, OpDecision d) {
    if (d.weights() == null) {
      throw new GraphException(
          "op "
              + g.describe(i)
              + " shall compute in integers, but nothing is decided on its weights");
    }
    int data = rule.weights() == 1 && rule.bias() == 3 ? 2 : 0;
    if (!(form(i, data) instanceof Affine in)) {
      throw new GraphException("op " + g.describe(i) + " has no quantized input");
    }
    List<Float> scales = new ArrayList<>();
    for (float s : d.weights().scales()) {
      scales.add(s);
    }
    return new Bias(in.scale(), scales, d.activations() == ElementType.INT16);
  }

  // ---- ops ------------------------------------------------------------------------------------

  private void emit(int i) {
    Op op = g.ops().get(i);
    OpDecision d = byOp.get(i);
    List<Integer> inputs = new ArrayList<>();
    for (int slot = 0; slot < op.inputs().size(); slot++) {
      int t = op.input(slot);
      inputs.add(t < 0 ? t : get(t, form(i, slot)));
    }
    List<Integer> outputs = new ArrayList<>();
    for (int t : op.outputs()) {
      outputs.add(t < 0 ? t : written(t));
    }
    OpKind kind = op.kind();
    if (d != null && d.activations() == ElementType.INT16 && kind instanceof OpKind.Binary b) {
      // Scales are no powers of two; readers of the file must not round them to such.
      kind = new OpKind.Binary(b.function(), b.activation(), false);
    }
    Op now = op.withInputs(inputs).withOutputs(outputs);
    if (StaticLstm.is(op) && d != null && d.mode() == Mode.STATIC) {
      now =
          withIntermediates(
              now, g.tensor(op.output(0)).name(), d, scale(i, op.output(0), ElementType.INT8));
    }
    ops.add(kind.equals(op.kind()) ? now : now.withKind(kind));
  }

  /** What the kernel wants to know of values inside: those that were decided on, and the hidden. */
  private Op withIntermediates(Op op, String name, OpDecision d, Affine output) {
    List<Integer> inside = new ArrayList<>();
    for (int i = 0; i < StaticLstm.COUNT_INSIDE; i++) {
      String label = List.of("input", "forget", "cell", "output", "hidden").get(i);
      Tensor t = Tensor.of(unique(name + "/" + label), ElementType.FLOAT32, Shape.of(0));
      Affine own = d.inputs().get(StaticLstm.INSIDE + i);
      Affine form = own == null && i == StaticLstm.HIDDEN ? output : own;
      inside.add(editor.addTensor(form == null ? t : quantized(t, form)));
    }
    return new Op(op.kind(), op.inputs(), op.outputs(), inside, op.location(), op.source());
  }

  /** The index that the producer of a tensor writes. */
  private int written(int t) {
    Object form = produced.get(t);
    Integer known = versions.get(t).get(form);
    if (known != null) {
      return known;
    }
    Tensor like = g.tensor(t);
    Tensor q = form instanceof Affine a ? quantized(like, a) : like;
    String name = unique(like.name() + (form == REAL ? "_float" : "_quantized"));
    int added = editor.addTensor(q.withName(name).withSource(null));
    versions.get(t).put(form, added);
    return added;
  }

  /** The index of a tensor in a form; makes it if need be. */
  private int get(int t, Object form) {
    if (!(form instanceof Affine) && form != REAL) {
      return constant(t, form);
    }
    if (g.isConstant(t) && form instanceof Affine a && DecisionApplier.isReal(g.tensor(t))) {
      return constant(t, a);
    }
    Map<Object, Integer> have = versions.get(t);
    Object from = produced.get(t);
    if (form.equals(from) || !DecisionApplier.isReal(g.tensor(t))) {
      return have.getOrDefault(form, t);
    }
    Integer known = have.get(form);
    if (known != null && emitted.contains(known)) {
      return known;
    }
    int to = known != null ? known : converted(t, form);
    int source = have.get(from);
    OpKind kind = form == REAL ? new OpKind.Dequantize() : new OpKind.Quantize();
    ops.add(Op.of(kind, List.of(source), List.of(to)));
    have.put(form, to);
    emitted.add(to);
    return to;
  }

  private int converted(int t, Object form) {
    Tensor tensor = g.tensor(t);
    if (form instanceof Affine a) {
      String name =
          unique(tensor.name() + (produced.get(t) == REAL ? "_quantized" : "_requantized"));
      return editor.addTensor(
          quantized(tensor, a).withName(name).withVariable(false).withSource(null));
    }
    return editor.addTensor(
        tensor
            .withName(unique(tensor.name() + "_dequantized"))
            .withVariable(false)
            .withSource(null));
  }

  // ---- constants --------------------------------------------------------------------------------

  private int constant(int t, Object form) {
    Map<Object, Integer> have = versions.get(t);
    Integer known = have.get(form);
    if (known != null) {
      return known;
    }
    Tensor tensor = g.tensor(t);
    Constant.Dense values = g.constant(t);
    // The only form that is asked for keeps the name.
    String name = wanted.get(t).size() == 1 && tensor.isConstant() ? tensor.name() : null;
    Tensor base =
        Tensor.of(
                name == null ? unique(tensor.name() + "_stored") : name,
                tensor.type(),
                tensor.shape())
            .withOrigin(tensor.origin());
    int made;
    if (form instanceof Affine a) {
      made = editor.addTensor(quantized(base, a).withStorage(constants.affine(values, a)));
    } else if (form instanceof Bias b) {
      made = editor.addTensor(bias(base, values, b));
    } else {
      made = weights(base, values, (Weights) form);
    }
    have.put(form, made);
    return made;
  }

  private Tensor bias(Tensor base, Constant.Dense values, Bias b) {
    float[] weightScales = new float[b.weightScales().size()];
    float[] scales = new float[weightScales.length];
    for (int i = 0; i < scales.length; i++) {
      weightScales[i] = b.weightScales().get(i);
      scales[i] = b.inputScale() * weightScales[i];
    }
    return base.withType(b.wide() ? ElementType.INT64 : ElementType.INT32)
        .withQuantization(Quantization.perAxis(0, scales))
        .withStorage(constants.bias(values, b.inputScale(), weightScales, b.wide()));
  }

  private int weights(Tensor base, Constant.Dense values, Weights w) {
    WeightDecision d = w.decision();
    WeightLayout layout = w.layout();
    Tensor stored = base.withType(d.type()).withStorage(constants.weights(values, layout, d));
    if (!d.isFloat()) {
      stored = stored.withQuantization(quantization(base, layout, d));
    }
    int index = editor.addTensor(stored);
    if (!w.expanded()) {
      return index;
    }
    int real =
        editor.addTensor(
            Tensor.of(unique(base.name() + "_dequantized"), ElementType.FLOAT32, base.shape())
                .withOrigin(base.origin()));
    ops.add(Op.of(new OpKind.Dequantize(), List.of(index), List.of(real)));
    return real;
  }

  private Quantization quantization(Tensor base, WeightLayout layout, WeightDecision d) {
    long[] zero = new long[d.zeroPoints().length];
    for (int i = 0; i < zero.length; i++) {
      zero[i] = d.zeroPoints()[i];
    }
    if (d.spec().block() > 0) {
      int perRow = d.scales().length / layout.outputs();
      Storage halves = Storage.wrap(BlockScales.halves(d.scales()));
      int scales =
          editor.addTensor(
              Tensor.of(
                      unique(base.name() + "_scales"),
                      ElementType.FLOAT16,
                      Shape.of(layout.outputs(), perRow))
                  .withStorage(halves));
      return Quantization.of(
          new float[0],
          new long[0],
          0,
          new float[0],
          new float[0],
          new Quantization.Blockwise(scales, -1, d.spec().block()));
    }
    int axis = d.scales().length > 1 ? layout.axis() : 0;
    return Quantization.of(d.scales(), zero, axis, new float[0], new float[0], null);
  }

  // ---- the rest ---------------------------------------------------------------------------------

  private String unique(String wish) {
    String name = wish;
    for (int i = 1; !names.add(name); i++) {
      name = wish + "_" + i;
    }
    return name;
  }

  /** DEQUANTIZE and DENSIFY of constants whose result nobody reads any more. */
  private void dropUnread() {
    boolean dropped = true;
    while (dropped) {
      Set<Integer> read = new HashSet<>(g.outputs());
      ops.forEach(o -> read.addAll(o.inputs()));
      dropped =
          ops.removeIf(
              o ->
                  (o.kind() instanceof OpKind.Dequantize || o.kind() instanceof OpKind.Densify)
                      && o.outputs().stream().noneMatch(read::contains));
    }
  }
}
