// Changes to one subgraph of a graph, and the clean-up after them.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Collects changes to one subgraph; {@link #build} gives the new graph. What is not touched keeps
 * its source, so a writer re-emits it as it was. Indices stay valid until {@code build}, which
 * drops tensors that no longer serve anything.
 */
public final class GraphEditor {
  private final Graph graph;
  private final int index;
  private final Subgraph before;
  private final List<Tensor> tensors;
  private final List<Op> ops;
  private final List<Signature> signatures;
  private List<Integer> inputs;
  private List<Integer> outputs;

  GraphEditor(Graph graph, int index) {
    this.graph = graph;
    this.index = index;
    before = graph.subgraph(index);
    tensors = new ArrayList<>(before.tensors());
    ops = new ArrayList<>(before.ops());
    signatures = new ArrayList<>(graph.signatures());
    inputs = before.inputs();
    outputs = before.outputs();
  }

  /**
   * Returns a tensor as it stands now.
   *
   * @param tensor its index
   * @return the tensor
   */
  public Tensor tensor(int tensor) {
    return tensors.get(tensor);
  }

  /**
   * Renames a tensor.
   *
   * @param tensor its index
   * @param name the new name
   * @return this editor
   */
  public GraphEditor rename(int tensor, String name) {
    return replaceTensor(tensor, tensors.get(tensor).withName(name));
  }

  /**
   * Puts another tensor in the place of one.
   *
   * @param tensor its index
   * @param replacement the new tensor
   * @return this editor
   */
  public GraphEditor replaceTensor(int tensor, Tensor replacement) {
    tensors.set(tensor, replacement);
    return this;
  }

  /**
   * Gives a constant other values, in any stored form; tensors that share its old bytes keep them.
   *
   * @param tensor its index
   * @param value the new value, with its type and shape
   * @return this editor
   * @throws GraphException if the form cannot stand in a tensor
   */
  public GraphEditor replaceConstant(int tensor, Constant value) {
    Tensor t = tensors.get(tensor);
    if (!value.shape().equals(t.shape())) {
      t = t.withShape(value.shape());
    }
    if (value.type() != t.type()) {
      t = t.withType(value.type());
    }
    if (value instanceof Constant.Dense dense) {
      t = t.withStorage(dense.storage());
    } else if (value instanceof Constant.Sparse sparse) {
      t = t.withStorage(sparse.storage(), sparse.sparsity());
    } else {
      throw new GraphException(
          "Tensor '" + t.name() + "' cannot hold an encoded constant; add the op that decodes it");
    }
    return replaceTensor(tensor, t);
  }

  /**
   * Adds a tensor.
   *
   * @param tensor the tensor
   * @return its index
   */
  public int addTensor(Tensor tensor) {
    tensors.add(tensor);
    return tensors.size() - 1;
  }

  /**
   * Makes a RESHAPE, to be added or inserted; its shape becomes a constant tensor.
   *
   * @param name of the constant
   * @param from the tensor that is reshaped
   * @param to the tensor that it becomes
   * @param dims the shape, -1 for what follows from the others
   * @return the op
   */
  public Op reshape(String name, int from, int to, int... dims) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * dims.length).order(ByteOrder.LITTLE_ENDIAN);
    List<Integer> list = new ArrayList<>();
    for (int d : dims) {
      bytes.putInt(d);
      list.add(d);
    }
    Storage storage = Storage.wrap(bytes.flip());
    int shape =
        addTensor(Tensor.of(name, ElementType.INT32, Shape.of(dims.length)).withStorage(storage));
    return Op.of(new OpKind.Reshape(list), List.of(from, shape), List.of(to));
  }

  /**
   * Adds an op at the end.
   *
   * @param op the op
   * @return this editor
   */
  public GraphEditor addOp(Op op) {
    ops.add(op);
    return this;
  }

  /**
   * Inserts an op.
   *
   * @param position index it will have; ops from there on move by one
   * @param op the op
   * @return this editor
   */
  public GraphEditor insertOp(int position, Op op) {
    ops.add(position, op);
    return this;
  }

  /**
   * Puts another op in the place of one.
   *
   * @param position its index
   * @param op the new op
   * @return this editor
   */
  public GraphEditor replaceOp(int position, Op op) {
    ops.set(position, op);
    return this;
  }

  /**
   * Removes an op; ops after it move by one. Its outputs must not be needed any more when {@link
   * #build} is called.
   *
   * @param position its index
   * @return this editor
   */
  public GraphEditor removeOp(int position) {
    ops.remove(position);
    return this;
  }

  /**
   * Removes an op and lets its first input stand where its only output stood, also among the
   * outputs of the subgraph and in signatures.
   *
   * @param position its index
   * @return this editor
   * @throws GraphException if the op has not exactly one output, or no first input
   */
  public GraphEditor bypassOp(int position) {
    Op op = ops.get(position);
    if (op.outputs().size() != 1 || !op.hasInput(0)) {
      throw new GraphException(
          "Op "
              + op.kind().label()
              + " #"
              + position
              + " cannot be bypassed: it needs one output and a first input");
    }
    ops.remove(position);
    return redirect(op.output(0), op.input(0));
  }

  /**
   * Lets everything that reads a tensor read another one: ops, outputs, and outputs of signatures.
   *
   * @param from what was read
   * @param to what is read from now on
   * @return this editor
   */
  public GraphEditor redirect(int from, int to) {
    ops.replaceAll(o -> o.inputs().contains(from) ? o.withInputs(swap(o.inputs(), from, to)) : o);
    outputs = swap(outputs, from, to);
    signatures.replaceAll(
        s -> {
          if (s.subgraph() != index) {
            return s;
          }
          List<Signature.Binding> out = new ArrayList<>(s.outputs());
          out.replaceAll(
              b -> b.tensor() == from ? new Signature.Binding(b.name(), to, b.source()) : b);
          return new Signature(s.key(), s.subgraph(), s.inputs(), out, s.source());
        });
    return this;
  }

  private static List<Integer> swap(List<Integer> list, int from, int to) {
    List<Integer> copy = new ArrayList<>(list);
    copy.replaceAll(t -> t == from ? to : t);
    return copy;
  }

  /**
   * Sets the inputs.
   *
   * @param newInputs tensor indices
   * @return this editor
   */
  public GraphEditor setInputs(List<Integer> newInputs) {
    inputs = List.copyOf(newInputs);
    return this;
  }

  /**
   * Sets the outputs.
   *
   * @param newOutputs tensor indices
   * @return this editor
   */
  public GraphEditor setOutputs(List<Integer> newOutputs) {
    outputs = List.copyOf(newOutputs);
    return this;
  }

  /**
   * Keeps in the signatures of this subgraph only what is still an input or output, and adds new
   * outputs by name.
   */
  GraphEditor fitSignatures() {
    signatures.replaceAll(
        s -> {
          if (s.subgraph() != index) {
            return s;
          }
          List<Signature.Binding> in = new ArrayList<>();
          List<Signature.Binding> out = new ArrayList<>();
          fit(s.inputs(), inputs, in);
          fit(s.outputs(), outputs, out);
          return new Signature(s.key(), s.subgraph(), in, out, s.source());
        });
    return this;
  }

  private void fit(
      List<Signature.Binding> old, List<Integer> wanted, List<Signature.Binding> result) {
    for (Signature.Binding b : old) {
      if (wanted.contains(b.tensor())) {
        result.add(b);
      }
    }
    for (int t : wanted) {
      if (result.stream().noneMatch(b -> b.tensor() == t)) {
        result.add(new Signature.Binding(tensors.get(t).name(), t, null));
      }
    }
  }

  /**
   * Makes the new graph: checks that everything that is read is written before, drops tensors that
   * served something and no longer do, and renumbers.
   *
   * @return the new graph
   * @throws GraphException if an op or output reads what nothing writes
   */
  public Graph build() {
    checkOrder();
    int[] map = keep();
    List<Tensor> kept = new ArrayList<>();
    for (int i = 0; i < tensors.size(); i++) {
      if (map[i] >= 0) {
        kept.add(Remap.tensor(tensors.get(i), map));
      }
    }
    List<Op> newOps = new ArrayList<>();
    for (Op op : ops) {
      newOps.add(Remap.op(op, map));
    }
    List<Subgraph> subgraphs = new ArrayList<>(graph.subgraphs());
    subgraphs.set(
        index,
        Subgraph.of(
            before.name(),
            kept,
            newOps,
            Remap.list(inputs, map),
            Remap.list(outputs, map),
            before.source()));
    List<Signature> newSignatures = new ArrayList<>();
    for (Signature s : signatures) {
      newSignatures.add(s.subgraph() == index ? Remap.signature(s, map) : s);
    }
    return Graph.of(
        graph.name(),
        graph.description(),
        subgraphs,
        newSignatures,
        graph.metadata(),
        graph.source());
  }

  private void checkOrder() {
    BitSet writtenLater = new BitSet();
    BitSet writtenBefore = new BitSet();
    for (Op op : before.ops()) {
      op.outputs().stream().filter(t -> t >= 0).forEach(writtenBefore::set);
    }
    for (Op op : ops) {
      op.outputs().stream().filter(t -> t >= 0).forEach(writtenLater::set);
    }
    BitSet ready = new BitSet();
    inputs.forEach(ready::set);
    for (int i = 0; i < ops.size(); i++) {
      for (int t : ops.get(i).inputs()) {
        // What nothing wrote before the edit either is a constant, a variable, or the file's own
        // business.
        if (t >= 0
            && !ready.get(t)
            && (writtenLater.get(t) || writtenBefore.get(t))
            && !tensors.get(t).isConstant()) {
          throw new GraphException(
              graph.name()
                  + ": op "
                  + ops.get(i).kind().label()
                  + " #"
                  + i
                  + " reads tensor "
                  + tensors.get(t)
                  + (writtenLater.get(t)
                      ? " before it is written"
                      : ", but nothing writes it any more"));
        }
      }
      ops.get(i).outputs().stream().filter(t -> t >= 0).forEach(ready::set);
    }
    for (int t : outputs) {
      if (!ready.get(t) && writtenBefore.get(t) && !tensors.get(t).isConstant()) {
        throw new GraphException(
            graph.name() + ": output " + tensors.get(t) + " is not written any more");
      }
    }
  }

  /**
   * New index per tensor, -1 for those dropped: they were used before this edit, or came with it,
   * and are not now.
   */
  private int[] keep() {
    BitSet used = used(tensors, ops, inputs, outputs, signatures);
    BitSet usedBefore =
        used(before.tensors(), before.ops(), before.inputs(), before.outputs(), graph.signatures());
    int[] map = new int[tensors.size()];
    int next = 0;
    for (int i = 0; i < map.length; i++) {
      boolean idle = i < before.tensors().size() && !usedBefore.get(i);
      map[i] = used.get(i) || idle ? next++ : -1;
    }
    return map;
  }

  private BitSet used(
      List<Tensor> all,
      List<Op> allOps,
      List<Integer> in,
      List<Integer> out,
      List<Signature> entries) {
    BitSet used = new BitSet();
    in.forEach(used::set);
    out.forEach(used::set);
    for (Op op : allOps) {
      for (List<Integer> list : List.of(op.inputs(), op.outputs(), op.intermediates())) {
        list.stream().filter(t -> t >= 0).forEach(used::set);
      }
    }
    for (Signature s : entries) {
      if (s.subgraph() == index) {
        s.inputs().forEach(b -> used.set(b.tensor()));
        s.outputs().forEach(b -> used.set(b.tensor()));
      }
    }
    for (int i = 0; i < all.size(); i++) {
      if (used.get(i)) {
        Remap.references(all.get(i).quantization()).stream()
            .filter(t -> t < all.size())
            .forEach(used::set);
      }
    }
    return used;
  }
}
