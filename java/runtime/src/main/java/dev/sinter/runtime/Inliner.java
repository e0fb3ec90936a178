// Puts the ops of called subgraphs in the place of the calls, and writes loops out.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Storage;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * CALL and STABLEHLO_COMPOSITE become what they call, so that fusion sees through them. A WHILE
 * whose number of rounds the file fixes becomes its rounds: one plan runs them, where a loop costs
 * some microseconds a round.
 */
final class Inliner {
  private final Graph graph;
  private final List<Tensor> tensors;
  private final List<Op> ops = new ArrayList<>();
  private final Set<Integer> open = new HashSet<>();

  private Inliner(Graph graph, Subgraph root) {
    this.graph = graph;
    this.tensors = new ArrayList<>(root.tensors());
  }

  /** A subgraph without calls; the subgraph itself if it has none. */
  static Subgraph inline(Graph graph, int index) {
    Subgraph root = graph.subgraph(index);
    if (root.ops().stream().noneMatch(op -> isCall(op) || FixedLoop.of(graph, root, op) != null)) {
      return root;
    }
    Inliner inliner = new Inliner(graph, root);
    int[] same = new int[root.tensors().size()];
    Arrays.setAll(same, t -> t);
    inliner.open.add(index);
    inliner.add(root, same);
    return Subgraph.of(
        root.name(), inliner.tensors, inliner.ops, root.inputs(), root.outputs(), null);
  }

  private static boolean isCall(Op op) {
    return op.kind() instanceof OpKind.Control control
        && (control.form() == OpKind.Control.Form.CALL
            || control.form() == OpKind.Control.Form.COMPOSITE);
  }

  /** Adds the ops of a subgraph whose tensors stand at `map`. */
  private void add(Subgraph g, int[] map) {
    for (Op op : g.ops()) {
      List<Integer> inputs = mapped(op.inputs(), map);
      List<Integer> outputs = mapped(op.outputs(), map);
      FixedLoop loop = FixedLoop.of(graph, g, op);
      if (loop != null) {
        rounds(
            loop, graph.subgraph(((OpKind.Control) op.kind()).subgraphs().get(1)), inputs, outputs);
      } else if (isCall(op)) {
        call(((OpKind.Control) op.kind()).subgraphs().get(0), op, inputs, outputs);
      } else {
        ops.add(
            new Op(
                op.kind(),
                inputs,
                outputs,
                mapped(op.intermediates(), map),
                op.location(),
                op.source()));
      }
    }
  }

  private static List<Integer> mapped(List<Integer> indices, int[] map) {
    return indices.stream().map(t -> t < 0 ? -1 : map[t]).toList();
  }

  private void call(int index, Op op, List<Integer> inputs, List<Integer> outputs) {
    Subgraph callee = graph.subgraph(index);
    String what = graph.name() + ": " + op.kind().label() + " of '" + callee.name() + "'";
    if (!open.add(index)) {
      throw new GraphException(what + " calls itself");
    }
    if (callee.inputs().size() != inputs.size() || callee.outputs().size() != outputs.size()) {
      throw new GraphException(
          what
              + " passes "
              + inputs.size()
              + " inputs and "
              + outputs.size()
              + " outputs; the subgraph has "
              + callee.inputs().size()
              + " and "
              + callee.outputs().size());
    }
    int[] map = new int[callee.tensors().size()];
    Arrays.fill(map, -2);
    for (int i = 0; i < inputs.size(); i++) {
      map[callee.inputs().get(i)] = inputs.get(i);
    }
    List<Integer> copied = new ArrayList<>();
    for (int i = 0; i < outputs.size(); i++) {
      int inner = callee.outputs().get(i);
      if (map[inner] == -2 && callee.producer(inner) >= 0) {
        map[inner] = outputs.get(i);
      } else {
        copied.add(i); // handed on as it came, constant, or given twice
      }
    }
    for (int t = 0; t < map.length; t++) {
      if (map[t] == -2) {
        map[t] = tensors.size();
        tensors.add(callee.tensor(t));
      }
    }
    add(callee, map);
    for (int i : copied) {
      handOn(map[callee.outputs().get(i)], outputs.get(i));
    }
    open.remove(index);
  }

  private void handOn(int from, int to) {
    ops.add(
        Op.of(
            new OpKind.Reshape(Arrays.stream(tensors.get(to).shape().toArray()).boxed().toList()),
            List.of(from),
            List.of(to)));
  }

  /** Adds a body as often as it runs; constants are the same in all rounds. */
  private void rounds(FixedLoop loop, Subgraph body, List<Integer> inputs, List<Integer> outputs) {
    Map<Integer, Integer> constants = new HashMap<>();
    Map<List<Object>, Integer> counters = new HashMap<>();
    List<Integer> now = inputs;
    for (Map<Integer, Long> known : loop.rounds()) {
      int[] map = new int[body.tensors().size()];
      Arrays.fill(map, -2);
      for (int i = 0; i < now.size(); i++) {
        map[body.inputs().get(i)] = now.get(i);
      }
      known.forEach(
          (t, value) ->
              map[t] =
                  counters.computeIfAbsent(
                      List.of(body.tensor(t).type(), body.tensor(t).shape(), value),
                      k -> addTensor(counter(body.tensor(t), value))));
      for (int t = 0; t < map.length; t++) {
        if (map[t] == -2) {
          int tensor = t;
          map[t] =
              body.isConstant(t) && body.producer(t) < 0
                  ? constants.computeIfAbsent(t, k -> addTensor(body.tensor(tensor)))
                  : addTensor(body.tensor(t));
        }
      }
      for (Op op : body.ops()) {
        if (!known.keySet().containsAll(op.outputs())) {
          ops.add(
              new Op(
                  op.kind(),
                  mapped(op.inputs(), map),
                  mapped(op.outputs(), map),
                  mapped(op.intermediates(), map),
                  op.location(),
                  op.source()));
        }
      }
      now = mapped(body.outputs(), map);
    }
    for (int i = 0; i < outputs.size(); i++) {
      handOn(now.get(i), outputs.get(i));
    }
  }

  private int addTensor(Tensor tensor) {
    tensors.add(tensor);
    return tensors.size() - 1;
  }

  /** A tensor of one whole number as a constant. */
  private static Tensor counter(Tensor like, long value) {
    int size = like.type().bits() / 8;
    ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < size; i++) {
      bytes.put(i, (byte) (value >> (8 * i)));
    }
    return like.withStorage(Storage.wrap(bytes));
  }
}
