// Tensors of a subgraph that stand for the same values, apart from rounding.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Subgraph;
import java.util.ArrayList;
import java.util.List;

/**
 * QUANTIZE, DEQUANTIZE and FAKE_QUANT pass values on: what they write belongs to the class of what
 * they read. The root of a class is the tensor that another kind of op writes, or an input.
 */
final class ValueClasses {
  private final Subgraph graph;
  private final int[] root;
  private final List<List<Integer>> members = new ArrayList<>();

  ValueClasses(Subgraph graph) {
    this.graph = graph;
    int n = graph.tensors().size();
    root = new int[n];
    for (int t = 0; t < n; t++) {
      root[t] = t;
      members.add(new ArrayList<>());
    }
    for (int i = 0; i < graph.ops().size(); i++) {
      Op op = graph.ops().get(i);
      if (passes(op.kind()) && op.outputs().size() == 1 && isLive(op.input(0))) {
        root[op.output(0)] = root[op.input(0)];
      }
    }
    for (int t = 0; t < n; t++) {
      if (isLive(t)) {
        members.get(root[t]).add(t);
      }
    }
  }

  Subgraph graph() {
    return graph;
  }

  /** Whether values pass through an op unchanged but for rounding. */
  static boolean passes(OpKind kind) {
    return kind instanceof OpKind.Quantize
        || kind instanceof OpKind.Dequantize
        || kind.label().equals("FAKE_QUANT");
  }

  /** Whether a tensor has values that depend on the inputs. */
  boolean isLive(int tensor) {
    return tensor >= 0
        && (graph.producer(tensor) >= 0 || graph.inputs().contains(tensor))
        && !graph.isConstant(tensor);
  }

  int root(int tensor) {
    return root[tensor];
  }

  /** All tensors with the values of a root, itself included, by index. */
  List<Integer> members(int rootTensor) {
    return members.get(rootTensor);
  }

  /** The classes that an op reads, by position; -1 for constants and what is not there. */
  List<Integer> reads(Op op) {
    return op.inputs().stream().map(t -> isLive(t) ? root[t] : -1).toList();
  }
}
