// A compressed model in which some layers are as they were in the reference.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import dev.sinter.graph.Constant;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphEditor;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Storage;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Puts the reference's ops, with its weights, where the compressed model's stood. Between two
 * layers that are put back values stay floats; elsewhere DEQUANTIZE and QUANTIZE are added, with
 * the quantization that the compressed model has there. Inputs and outputs keep their types.
 */
final class MixedModel {
  private final ModelMatch match;
  private final Graph graph;
  private final Subgraph theirs;
  private final Subgraph ours;
  private final GraphEditor editor;
  private final List<Op> ops = new ArrayList<>();
  private final Set<String> names = new HashSet<>();
  private final Map<Integer, Integer> floats = new HashMap<>(); // class -> tensor with floats
  private final Map<Integer, Integer> constants = new HashMap<>(); // of the reference -> copy
  private final Map<Integer, Integer> alias = new HashMap<>(); // what is read instead

  private MixedModel(ModelMatch match) {
    this.match = match;
    graph = match.compressed();
    theirs = graph.main();
    ours = match.reference().main();
    editor = graph.edit();
    theirs.tensors().forEach(t -> names.add(t.name()));
  }

  /** Why a part cannot be put back; null if it can. */
  static String obstacle(ModelMatch match, Part part) {
    Subgraph ours = match.reference().main();
    if (match.theirs.root(part.tensor()) != part.tensor() || part.referenceOps().isEmpty()) {
      return "it only passes values on";
    }
    for (int i : part.referenceOps()) {
      Op op = ours.ops().get(i);
      if (op.kind() instanceof OpKind.Control) {
        return "it runs other subgraphs";
      }
      for (int t : op.inputs()) {
        if (t >= 0 && ours.tensor(t).quantization().details() != null) {
          return "the reference is quantized in blocks there";
        }
      }
    }
    for (int t : part.referenceInputs()) {
      ModelMatch.Pair p = match.ofReference(t);
      Tensor mine = ours.tensor(t);
      if (p == null || !mine.shape().equals(match.compressed().tensor(p.compressed()).shape())) {
        return "its input '" + mine.name() + "' has another shape";
      }
      if (mine.type() != ElementType.FLOAT32 && memberOf(match, p, mine.type()) < 0) {
        return "its input '" + mine.name() + "' is no float in the reference";
      }
    }
    Tensor made = ours.tensor(part.reference());
    Tensor wanted = match.compressed().tensor(part.tensor());
    if (made.type() != wanted.type() && made.type() != ElementType.FLOAT32) {
      return "its result is " + made.type() + " in the reference, " + wanted.type() + " here";
    }
    return made.shape().equals(wanted.shape()) ? null : "its result has another shape";
  }

  /**
   * Makes the model.
   *
   * @param match the two models
   * @param parts parts that are put back, none with an obstacle
   * @return the compressed model with these parts as in the reference
   */
  static Graph of(ModelMatch match, List<Part> parts) {
    return new MixedModel(match).make(parts);
  }

  private Graph make(List<Part> parts) {
    Set<Integer> replaced = new HashSet<>();
    for (Part p : parts) {
      replaced.add(p.op());
      Tensor made = theirs.tensor(p.tensor());
      boolean same = made.type() == ours.tensor(p.reference()).type();
      floats.put(
          p.tensor(),
          same
              ? p.tensor()
              : add(
                  Tensor.of(unique(made.name() + "_float"), ElementType.FLOAT32, made.shape())
                      .withOrigin(made.origin())));
    }
    for (Part p : parts) {
      int value = floats.get(p.tensor());
      for (int t : match.theirs.members(p.tensor())) { // no detour for who wants floats
        if (value != p.tensor() && t != p.tensor() && isFloat(theirs.tensor(t))) {
          alias.put(t, value);
        }
      }
    }
    for (int i = 0; i < theirs.ops().size(); i++) {
      if (!replaced.contains(i)) {
        Op op = theirs.ops().get(i);
        ops.add(op.withInputs(op.inputs().stream().map(t -> alias.getOrDefault(t, t)).toList()));
      }
    }
    for (Part p : parts) {
      putBack(p);
    }
    List<Integer> outputs = theirs.outputs().stream().map(t -> alias.getOrDefault(t, t)).toList();
    alias.forEach(editor::redirect); // signatures name outputs too
    List<Op> sorted = OpOrder.sort(ops, outputs);
    for (int i = theirs.ops().size() - 1; i >= 0; i--) {
      editor.removeOp(i);
    }
    sorted.forEach(editor::addOp);
    return editor.setOutputs(outputs).build();
  }

  private static boolean isFloat(Tensor t) {
    return t.type() == ElementType.FLOAT32;
  }

  private int add(Tensor t) {
    return editor.addTensor(t);
  }

  private String unique(String name) {
    String free = name;
    for (int i = 1; !names.add(free); i++) {
      free = name + i;
    }
    return free;
  }

  private void putBack(Part p) {
    Map<Integer, Integer> renamed = new HashMap<>();
    for (int t : p.referenceInputs()) {
      renamed.put(t, input(t));
    }
    int value = floats.get(p.tensor());
    renamed.put(p.reference(), value);
    for (int i : p.referenceOps()) {
      Op op = ours.ops().get(i);
      for (int t : op.outputs()) {
        if (t >= 0 && !renamed.containsKey(t)) {
          Tensor x = ours.tensor(t);
          renamed.put(t, add(x.withName(unique(x.name() + "_float")).withSource(null)));
        }
      }
      List<Integer> in = new ArrayList<>();
      for (int t : op.inputs()) {
        in.add(t < 0 ? -1 : renamed.containsKey(t) ? renamed.get(t) : constant(t));
      }
      List<Integer> out = op.outputs().stream().map(t -> t < 0 ? -1 : renamed.get(t)).toList();
      ops.add(Op.of(op.kind(), in, out));
    }
    if (value != p.tensor()) {
      ops.add(Op.of(new OpKind.Quantize(), List.of(value), List.of(p.tensor())));
    }
  }

  /** The tensor of the new model with the values of one of the reference. */
  private int input(int ourTensor) {
    ModelMatch.Pair pair = match.ofReference(ourTensor);
    ElementType type = ours.tensor(ourTensor).type();
    int root = pair.compressed();
    if (floats.containsKey(root) && type == ElementType.FLOAT32) {
      return floats.get(root);
    }
    int member = memberOf(match, pair, type);
    if (member >= 0) {
      return alias.getOrDefault(member, member);
    }
    Tensor stored = theirs.tensor(root);
    int made =
        add(
            Tensor.of(unique(stored.name() + "_dequantized"), ElementType.FLOAT32, stored.shape())
                .withOrigin(stored.origin()));
    ops.add(Op.of(new OpKind.Dequantize(), List.of(root), List.of(made)));
    floats.put(root, made);
    return made;
  }

  /** A tensor of a class that has a type; the one that is computed first; -1 if none has. */
  private static int memberOf(ModelMatch match, ModelMatch.Pair pair, ElementType type) {
    return match.theirs.members(pair.compressed()).stream()
        .filter(t -> match.compressed().tensor(t).type() == type)
        .findFirst()
        .orElse(-1);
  }

  /** A constant, or a state of its own, of the reference in the new model. */
  private int constant(int ourTensor) {
    return constants.computeIfAbsent(
        ourTensor,
        t -> {
          Tensor x = ours.tensor(t).withName(unique(ours.tensor(t).name() + "_float"));
          if (ours.isConstant(t) && !x.isConstant()) { // behind a DENSIFY or DEQUANTIZE
            Constant.Dense dense = ours.constant(t);
            x =
                x.withType(dense.type())
                    .withStorage(Storage.wrap(dense.values()))
                    .withQuantization(
                        dense.type().isFloat() ? Quantization.NONE : x.quantization());
          } else if (!ours.isConstant(t) && !x.isVariable()) {
            throw new GraphException(
                match.reference().name()
                    + ": nothing gives the values of "
                    + ours.tensor(t)
                    + " where its layer is put back");
          }
          return add(x.withSource(null));
        });
  }
}
