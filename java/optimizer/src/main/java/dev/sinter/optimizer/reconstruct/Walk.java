// Runs a model piece by piece over all examples, and keeps what the rest of it needs.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.reconstruct;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.runtime.Model;
import dev.sinter.runtime.Session;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Goes from tensor to tensor through a model. Behind each, what later ops read of earlier results
 * is kept for every example, so that the next piece starts there and each op runs about once per
 * example. Where that would take too much memory the older results stay, and the piece in between
 * runs again.
 *
 * <p>Weights may change from step to step in ops that have not run yet; ops and tensors keep their
 * indices.
 */
final class Walk {
  private final Examples examples;
  private final long mostBytes;
  private final BitSet relevant = new BitSet();
  private final Set<Integer> ahead;
  private final Map<Integer, byte[][]> inputs = new HashMap<>();
  private BitSet ran = new BitSet();
  private Map<Integer, byte[][]> kept = new HashMap<>();

  /**
   * Starts at the inputs.
   *
   * @param graph the model
   * @param examples values of its inputs
   * @param targets tensors that will be asked for, in this order
   * @param mostBytes what may be kept
   */
  Walk(Graph graph, Examples examples, List<Integer> targets, long mostBytes) {
    this.examples = examples;
    this.mostBytes = mostBytes;
    this.ahead = new LinkedHashSet<>(targets);
    for (int i = 0; i < graph.inputs().size(); i++) {
      inputs.put(graph.inputs().get(i), examples.input(i));
    }
    for (int t : targets) {
      reach(graph, t, relevant, new LinkedHashSet<>());
    }
  }

  /** Ops that a tensor needs, and the kept tensors and inputs they start from. */
  private void reach(Graph g, int tensor, BitSet ops, Set<Integer> from) {
    Deque<Integer> todo = new ArrayDeque<>(List.of(tensor));
    while (!todo.isEmpty()) {
      int t = todo.pop();
      if (inputs.containsKey(t) || kept.containsKey(t)) {
        from.add(t);
        continue;
      }
      int p = t < 0 ? -1 : g.main().producer(t);
      if (p >= 0 && !ops.get(p)) {
        ops.set(p);
        todo.addAll(g.ops().get(p).inputs());
      }
    }
  }

  private byte[][] known(int tensor) {
    byte[][] values = kept.get(tensor);
    return values == null ? inputs.get(tensor) : values;
  }

  /** The way to one tensor. */
  final class Step implements AutoCloseable {
    private final int target;
    private final String name;
    private final Model model;
    private final Session session;
    private final List<Integer> from;
    private final List<Integer> saved;
    private final BitSet ranThen;
    private final Map<Integer, byte[][]> keptThen = new HashMap<>();
    private final float[] values;

    private Step(Graph g, int target, UnaryOperator<Graph> form) {
      this.target = target;
      name = g.tensor(target).name();
      ahead.remove(target);
      values = new float[Math.toIntExact(g.tensor(target).shape().elements())];
      BitSet ops = new BitSet();
      Set<Integer> starts = new LinkedHashSet<>();
      reach(g, target, ops, starts);
      from = new ArrayList<>(starts);
      ranThen = (BitSet) ran.clone();
      ranThen.or(ops);
      List<Integer> frontier = frontier(g, ranThen);
      boolean fits = bytes(g, frontier) <= mostBytes;
      saved = new ArrayList<>();
      for (int t : frontier) {
        if (!fits || inputs.containsKey(t)) {
          continue;
        }
        if (kept.containsKey(t)) {
          keptThen.put(t, kept.get(t));
        } else {
          saved.add(t);
          keptThen.put(t, new byte[examples.size()][]);
        }
      }
      if (!fits) {
        keptThen.putAll(kept);
        ranThen.clear();
        ranThen.or(ran);
      }
      if (ops.isEmpty()) {
        model = null;
        session = null;
        return;
      }
      List<String> outputs = new ArrayList<>(List.of(g.tensor(target).name()));
      saved.remove((Integer) target);
      saved.forEach(t -> outputs.add(g.tensor(t).name()));
      Graph piece = g.cut(from.stream().map(t -> g.tensor(t).name()).toList(), outputs);
      model = Examples.load(form.apply(piece));
      session = model.newSession();
    }

    private List<Integer> frontier(Graph g, BitSet done) {
      Set<Integer> needed = new LinkedHashSet<>(ahead);
      for (int i = relevant.nextSetBit(0); i >= 0; i = relevant.nextSetBit(i + 1)) {
        if (!done.get(i)) {
          needed.addAll(g.ops().get(i).inputs());
        }
      }
      List<Integer> frontier = new ArrayList<>();
      for (int t : needed) {
        int p = t < 0 ? -1 : g.main().producer(t);
        if (t >= 0 && (inputs.containsKey(t) || (p >= 0 && done.get(p)))) {
          frontier.add(t);
        }
      }
      return frontier;
    }

    private long bytes(Graph g, List<Integer> tensors) {
      long sum = 0;
      for (int t : tensors) {
        if (!inputs.containsKey(t)) {
          sum += g.tensor(t).type().bytes(g.tensor(t).shape().elements()) * examples.size();
        }
      }
      return sum;
    }

    /**
     * Returns the tensor of an example; examples are asked for in order.
     *
     * @return floats, overwritten by the next call
     */
    float[] run(int example) {
      if (session == null) {
        ByteBuffer.wrap(known(target)[example])
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer()
            .get(values);
        return finite(example);
      }
      for (int i = 0; i < from.size(); i++) {
        session.input(i).duplicate().clear().put(known(from.get(i))[example]);
      }
      session.resetState();
      session.run();
      session.getOutput(0, values);
      if (keptThen.containsKey(target) && !kept.containsKey(target)) {
        keptThen.get(target)[example] = Examples.copy(session.output(0));
      }
      for (int i = 0; i < saved.size(); i++) {
        keptThen.get(saved.get(i))[example] = Examples.copy(session.output(i + 1));
      }
      return finite(example);
    }

    private float[] finite(int example) {
      for (float v : values) {
        if (Float.isNaN(v) || Float.isInfinite(v)) {
          throw new IllegalArgumentException(
              "tensor '" + name + "' holds " + v + " on example " + example + " (counted from 0)");
        }
      }
      return values;
    }

    /** What was kept before and is not needed any more goes. */
    @Override
    public void close() {
      if (session != null) {
        session.close();
        model.close();
      }
      kept = keptThen;
      ran = ranThen;
    }
  }

  /**
   * Goes on to a tensor.
   *
   * @param g the model as it is now
   * @param target the next of the targets, of type float
   * @param form makes of a piece in float what is run; its inputs and outputs stay
   * @return to be run for every example, then closed
   */
  Step to(Graph g, int target, UnaryOperator<Graph> form) {
    if (g.tensor(target).type() != ElementType.FLOAT32) {
      throw new IllegalArgumentException(g.tensor(target) + " is not float");
    }
    return new Step(g, target, form);
  }

  /** Only for messages and tests: ops whose results need not be computed again. */
  int ran() {
    return ran.cardinality();
  }
}
