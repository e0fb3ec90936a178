// Subgraphs that ops call, run by themselves on what the model gives them.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.calibration;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.OpKind.Control.Form;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import dev.sinter.optimizer.data.InputSlots;
import dev.sinter.optimizer.rules.Calls;
import dev.sinter.runtime.Options;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Runs a subgraph, and where it calls others these too, round by round as a loop does, so that all
 * their tensors can be looked at. Each subgraph is a model of its own whose inputs are filled with
 * what its caller has; what a loop's body gives is what it gets in the next round.
 */
final class CalledSubgraphs implements AutoCloseable {
  /** Beyond so many rounds a loop is taken for one without an end. */
  private static final int MOST_ROUNDS = 100_000;

  /** Looks at a subgraph each time it has run. */
  @FunctionalInterface
  interface Seen {
    void at(int subgraph, ObservedModel model);
  }

  private record Value(ByteBuffer bytes, Shape shape) {}

  private final class Piece {
    final Subgraph g;
    final ObservedModel model;
    final List<Op> calls = new ArrayList<>();
    boolean active;

    Piece(int subgraph) {
      g = graph.subgraph(subgraph);
      Set<Integer> tensors = new TreeSet<>(wanted.getOrDefault(subgraph, Set.of()));
      for (int i = 0; i < g.ops().size(); i++) {
        Op op = g.ops().get(i);
        if (op.kind() instanceof OpKind.Control c
            && c.form() != Form.CALL_ONCE
            && c.subgraphs().stream().anyMatch(needed::contains)) {
          requireValues(subgraph, op.inputs());
          calls.add(op);
          op.inputs().stream().filter(t -> t >= 0).forEach(tensors::add);
        }
      }
      if (subgraph != entry) {
        requireOwnValues(subgraph);
        tensors.addAll(g.outputs());
      }
      model = new ObservedModel(graph, subgraph, tensors, options);
    }

    private void requireValues(int subgraph, List<Integer> tensors) {
      for (int t : tensors) {
        ElementType type = t < 0 ? null : g.tensor(t).type();
        if (type == ElementType.RESOURCE
            || type == ElementType.STRING
            || type == ElementType.VARIANT) {
          throw new Calibrator.Unfollowed(
              "'" + g.tensor(t).name() + "' of subgraph " + subgraph + " is of type " + type);
        }
      }
    }

    private void requireOwnValues(int subgraph) {
      requireValues(subgraph, g.inputs());
      requireValues(subgraph, g.outputs());
      for (Op op : g.ops()) {
        if (op.kind() instanceof OpKind.Foreign f && f.name().equals("READ_VARIABLE")) {
          throw new Calibrator.Unfollowed(
              "subgraph " + subgraph + " reads variables, which others may have written");
        }
      }
    }

    Value value(int t) {
      if (g.isConstant(t)) {
        return new Value(g.constant(t).values(), g.tensor(t).shape());
      }
      ByteBuffer from = model.values(t);
      ByteBuffer copy = ByteBuffer.allocate(from.remaining());
      return new Value(copy.put(from).flip(), model.shape(t));
    }

    void fill(List<Value> values) {
      InputSlots slots = model.inputs();
      if (values.size() != slots.inputs().size()) {
        throw new Calibrator.Unfollowed(values.size() + " values for subgraph '" + g.name() + "'");
      }
      for (int i = 0; i < values.size(); i++) {
        Tensor to = g.tensor(g.inputs().get(i));
        if (!values.get(i).shape().equals(to.shape())) {
          throw new Calibrator.Unfollowed(
              "'" + to.name() + "' of shape " + to.shape() + " gets " + values.get(i).shape());
        }
        slots.input(i).put(values.get(i).bytes().duplicate());
      }
    }
  }

  private final Graph graph;
  private final int entry;
  private final Options options;
  private final Map<Integer, Set<Integer>> wanted;
  private final Seen seen;
  private final Set<Integer> needed = new HashSet<>();
  private final Map<Integer, Piece> pieces = new HashMap<>();

  /**
   * Prepares.
   *
   * @param graph the model
   * @param entry index of the subgraph that examples are for
   * @param wanted tensors to look at, by the subgraph that is called
   * @param options how it is run
   * @param seen looks at them
   */
  CalledSubgraphs(
      Graph graph, int entry, Map<Integer, Set<Integer>> wanted, Options options, Seen seen) {
    this.graph = graph;
    this.entry = entry;
    this.options = options;
    this.wanted = wanted;
    this.seen = seen;
    for (int s = 0; s < graph.subgraphs().size(); s++) {
      if (Calls.reach(graph, s).stream().anyMatch(wanted::containsKey)) {
        needed.add(s);
      }
    }
    piece(entry);
  }

  private Piece piece(int subgraph) {
    Piece known = pieces.get(subgraph);
    if (known == null) {
      known = new Piece(subgraph);
      pieces.put(subgraph, known);
    }
    return known;
  }

  /** The entry: its inputs are those to be filled. */
  ObservedModel model() {
    return piece(entry).model;
  }

  /** Runs on what the entry's inputs hold; states start anew. */
  void run() {
    pieces.values().forEach(p -> p.model.resetState());
    run(piece(entry), entry);
  }

  private void run(Piece piece, int subgraph) {
    if (piece.active) {
      throw new Calibrator.Unfollowed("subgraph " + subgraph + " calls itself");
    }
    piece.active = true;
    piece.model.run(false);
    if (wanted.containsKey(subgraph)) {
      seen.at(subgraph, piece.model);
    }
    for (Op op : piece.calls) {
      List<Value> in = new ArrayList<>();
      for (int t : op.inputs()) {
        if (t < 0) {
          throw new Calibrator.Unfollowed(op.kind().label() + " without an input");
        }
        in.add(piece.value(t));
      }
      call((OpKind.Control) op.kind(), in);
    }
    piece.active = false;
  }

  private void call(OpKind.Control kind, List<Value> in) {
    List<Integer> to = kind.subgraphs();
    switch (kind.form()) {
      case IF -> call(to.get(isTrue(in.get(0)) ? 0 : 1), in.subList(1, in.size()));
      case WHILE -> {
        List<Value> now = in;
        int rounds = 0;
        while (isTrue(call(to.get(0), now).get(0))) {
          if (++rounds > MOST_ROUNDS) {
            throw new Calibrator.Unfollowed("a loop goes on after " + MOST_ROUNDS + " rounds");
          }
          now = call(to.get(1), now);
        }
      }
      default -> call(to.get(0), in);
    }
  }

  private List<Value> call(int subgraph, List<Value> in) {
    Piece piece = piece(subgraph);
    piece.fill(in);
    run(piece, subgraph);
    return piece.g.outputs().stream().map(piece::value).toList();
  }

  private static boolean isTrue(Value value) {
    if (value.bytes().remaining() != 1) {
      throw new Calibrator.Unfollowed("a condition of " + value.bytes().remaining() + " bytes");
    }
    return value.bytes().get(value.bytes().position()) != 0;
  }

  @Override
  public void close() {
    pieces.values().forEach(p -> p.model.close());
  }
}
