// What the searches for normalizations have in common: a set of ops that grows along a pattern.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Constant;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Subgraph;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** One candidate. A mismatch of any kind leaves it. */
abstract class NormFinder {
  final Subgraph main;
  final List<Shape> shapes;

  /** The ops of the candidate so far. */
  final Set<Integer> ops = new HashSet<>();

  private final Part part;

  NormFinder(Part part) {
    this.part = part;
    this.main = part.graph();
    this.shapes = part.shapes();
  }

  /** The normalization whose root is taken by op `root`, or null. */
  abstract RowNorms.Found around(int root);

  final Op op(int index) {
    return main.ops().get(index);
  }

  final RowNorms.Found found(int form, int x, int gamma, int beta, float epsilon, int last) {
    List<Integer> others = new ArrayList<>(ops);
    others.remove((Integer) last);
    RowNorms.Found found = new RowNorms.Found(form, x, gamma, beta, epsilon, last, others);
    return closed(found) ? found : null;
  }

  final boolean has(int index) {
    return part.has(index);
  }

  /** The mean or sum over the last dimension that makes a tensor, or -1; joins the ops. */
  final int overLastDimension(int tensor, OpKind.Reduce.Function function) {
    int index = main.producer(tensor);
    if (!part.has(index)
        || !(op(index).kind() instanceof OpKind.Reduce reduce)
        || reduce.function() != function
        || !main.isConstant(op(index).input(1))) {
      return -1;
    }
    int[] axes = Fusion.amounts(main.constant(op(index).input(1)));
    int rank = shapes.get(op(index).input(0)).rank();
    if (axes == null || axes.length != 1 || rank == 0 || (axes[0] + rank) % rank != rank - 1) {
      return -1;
    }
    ops.add(index);
    return index;
  }

  /** The op that makes a tensor, if it is this one; joins the ops. */
  final int producer(int tensor, OpKind.Binary.Function function) {
    int index = tensor < 0 ? -1 : main.producer(tensor);
    if (!part.has(index) || !is(index, function)) {
      return -1;
    }
    ops.add(index);
    return index;
  }

  /** The op that alone reads a tensor, if it is this one; joins the ops. */
  final int onlyConsumer(int tensor, OpKind.Binary.Function function) {
    List<Integer> all = main.consumers(tensor);
    if (all.size() != 1 || !part.has(all.get(0)) || !is(all.get(0), function)) {
      return -1;
    }
    ops.add(all.get(0));
    return all.get(0);
  }

  final boolean is(int index, OpKind.Binary.Function function) {
    return op(index).kind() instanceof OpKind.Binary b
        && b.function() == function
        && b.activation() == Activation.NONE;
  }

  final int other(int index, int tensor) {
    return op(index).input(0) == tensor ? op(index).input(1) : op(index).input(0);
  }

  /** A constant with one float for each column of x. */
  final boolean isColumns(int tensor, int x) {
    if (tensor < 0 || !main.isConstant(tensor)) {
      return false;
    }
    Shape shape = shapes.get(tensor);
    int depth = shapes.get(x).dim(-1);
    return main.tensor(tensor).type().equals(ElementType.FLOAT32)
        && shape.rank() > 0
        && shape.dim(-1) == depth
        && shape.elements() == depth
        && shape.rank() <= shapes.get(x).rank();
  }

  final Float scalar(int tensor) {
    if (!main.isConstant(tensor)) {
      return null;
    }
    Constant.Dense value = main.constant(tensor);
    if (value.type() != ElementType.FLOAT32 || value.shape().elements() != 1) {
      return null;
    }
    ByteBuffer bytes = value.storage().bytes().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    float epsilon = bytes.getFloat(bytes.position());
    return epsilon >= 0f && Float.isFinite(epsilon) ? epsilon : null;
  }

  /** Whether all that stands between is read by these ops alone. */
  private boolean closed(RowNorms.Found found) {
    for (int index : found.others()) {
      int tensor = op(index).output(0);
      if (part.outputs().contains(tensor)
          || !main.tensor(tensor).type().equals(ElementType.FLOAT32)) {
        return false;
      }
      for (int reader : main.consumers(tensor)) {
        if (reader != found.last() && !found.others().contains(reader)) {
          return false;
        }
      }
    }
    return shapes.get(op(found.last()).output(0)).equals(shapes.get(found.x()));
  }
}
