// A subgraph that runs in pieces: plans, and between them what needs the host.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Op;
import dev.sinter.graph.Shape;
import dev.sinter.graph.ShapeInference;
import dev.sinter.graph.Storage;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import dev.sinter.runtime.lower.Part;
import dev.sinter.runtime.lower.ValueNeeded;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Makes the pieces of a subgraph when a run first comes to them, and keeps them: a piece is found
 * again by the shapes, and where they decide anything the values, that led to it. Shared by the
 * sessions of a model; guarded by the store.
 */
final class Flow {
  /** Pieces kept per place where runs may part; the least recently used one goes. */
  private static final int KEPT = 64;

  private final Prepared model;
  private final int index;
  private final Subgraph graph;
  private final Program.Store store;
  private final Map<Key, FlowNode> roots = new Kept();
  private final Map<Integer, Cell> constants = new ConcurrentHashMap<>();

  Flow(Prepared model, int index) {
    this.model = model;
    this.index = index;
    this.graph = Inliner.inline(model.graph(), index);
    this.store = model.store().forSubgraph(index);
  }

  /** What decides which piece comes next. */
  record Key(List<Shape> shapes, List<List<Long>> values) {}

  /** Pieces by key, only so many. */
  static final class Kept extends LinkedHashMap<Key, FlowNode> {
    private static final long serialVersionUID = 1L;

    Kept() {
      super(16, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<Key, FlowNode> eldest) {
      if (size() <= KEPT) {
        return false;
      }
      eldest.getValue().destroy();
      return true;
    }
  }

  Subgraph graph() {
    return graph;
  }

  int index() {
    return index;
  }

  String name() {
    return model.name();
  }

  /** Where a run with these input shapes starts. */
  FlowNode root(List<Shape> inputShapes) {
    synchronized (model.store()) {
      FlowNode node = roots.get(new Key(inputShapes, List.of()));
      if (node == null) {
        Shape[] known = new Shape[graph.tensors().size()];
        for (int t = 0; t < known.length; t++) {
          Tensor tensor = graph.tensor(t);
          known[t] = graph.producer(t) < 0 && tensor.shape().isKnown() ? tensor.shape() : null;
        }
        for (int i = 0; i < inputShapes.size(); i++) {
          known[graph.inputs().get(i)] = inputShapes.get(i);
        }
        node = make(0, Arrays.asList(known), null);
        roots.put(new Key(inputShapes, List.of()), node);
      }
      return node;
    }
  }

  /**
   * The piece behind another.
   *
   * @param shapes of the outputs of the op that ran on the host, if one did
   * @param values of the tensors that were asked for
   */
  FlowNode next(FlowNode node, List<Shape> shapes, List<List<Long>> values) {
    synchronized (model.store()) {
      Key key = new Key(shapes, values);
      FlowNode next = node.followers().get(key);
      if (next == null) {
        List<Shape> known = new ArrayList<>(node.shapes());
        List<long[]> knownValues = new ArrayList<>(node.values());
        int first = node.to();
        if (node.host() != null) {
          List<Integer> outputs = graph.ops().get(first).outputs();
          for (int i = 0; i < outputs.size(); i++) {
            if (outputs.get(i) >= 0) {
              known.set(outputs.get(i), shapes.get(i));
            }
          }
          first++;
        }
        for (int i = 0; i < values.size(); i++) {
          knownValues.set(
              node.asked()[i], values.get(i).stream().mapToLong(Long::longValue).toArray());
        }
        next = make(first, known, knownValues);
        node.followers().put(key, next);
      }
      return next;
    }
  }

  /** A damaged file may lack an input that an op cannot do without. */
  private FlowNode make(int first, List<Shape> shapes, List<long[]> values) {
    try {
      model.requireOpen();
      requireFixedSizes();
      return pieces(first, shapes, values);
    } catch (GraphException e) {
      throw new SinterException(Status.INVALID_MODEL, model.name() + ": " + e.getMessage(), e);
    } catch (IndexOutOfBoundsException e) {
      throw new SinterException(
          Status.INVALID_MODEL,
          model.name() + ": an op lacks a tensor, or a parameter is too short; the file is damaged",
          e);
    }
  }

  /** Kernels know values of fixed size only. */
  private void requireFixedSizes() {
    for (int i = 0; i < graph.ops().size(); i++) {
      Op op = graph.ops().get(i);
      String label = op.kind().label();
      if (model.hostOp(graph, i) == null
          && !label.equals("SHAPE")
          && !label.equals("RANK")
          && (StringOps.touches(graph, op)
              || StringOps.has(graph, op.inputs(), ElementType.VARIANT))) {
        throw new SinterException(
            Status.UNSUPPORTED,
            model.name()
                + ": "
                + graph.describe(i)
                + ": this op is not supported on strings or variants; register one with"
                + " Options.builder().customOp(...)");
      }
    }
  }

  /** Whether strings come in or go out: what holds them changes its size, so no plan does. */
  private boolean hasStrings() {
    return StringOps.has(graph, graph.inputs(), ElementType.STRING)
        || StringOps.has(graph, graph.outputs(), ElementType.STRING);
  }

  private FlowNode pieces(int first, List<Shape> shapes, List<long[]> values) {
    ShapeInference.Progress progress =
        ShapeInference.advance(
            graph, shapes, values, first, i -> !isFolded(i) && model.hostOp(graph, i) != null);
    int to = progress.next();
    int asks = progress.asks();
    boolean given = values != null && asks >= 0 && values.get(asks) != null;
    if (progress.obstacle() != null
        && (asks < 0 || given || !isReadable(asks) || graph.isConstant(asks))) {
      throw new SinterException(
          Status.UNSUPPORTED,
          model.name() + ": " + progress.obstacle().getMessage(),
          progress.obstacle());
    }
    Subgraph special = withValues(graph, progress);
    while (true) {
      boolean whole = first == 0 && to == graph.ops().size() && !hasStrings();
      List<Integer> inputs = whole ? graph.inputs() : inputs(graph, special, first, to);
      List<Integer> outputs = whole ? graph.outputs() : outputs(graph, first, to, asks);
      Part part = new Part(model.name(), special, progress.shapes(), first, to, inputs, outputs);
      HostOp host = asks < 0 && to < graph.ops().size() ? model.hostOp(graph, to) : null;
      try {
        Program program =
            first == to && outputs.isEmpty()
                ? null
                : Program.make(part, model.target(), model.device(), model.options(), store);
        return new FlowNode(
            program,
            first,
            to,
            inputs,
            outputs,
            host,
            whole,
            asks < 0 ? new int[0] : new int[] {asks},
            progress.shapes(),
            progress.values());
      } catch (ValueNeeded e) {
        if (!isReadable(e.tensor()) || progress.values().get(e.tensor()) != null) {
          throw new SinterException(Status.UNSUPPORTED, e.getMessage(), e);
        }
        to = e.op();
        asks = e.tensor();
      }
    }
  }

  /** Whether a tensor is of a kind that shapes and positions are made of. */
  private boolean isReadable(int tensor) {
    return switch (graph.tensor(tensor).type()) {
      case INT32, INT64, INT16, INT8, UINT8, BOOL -> true;
      default -> false;
    };
  }

  private boolean isFolded(int op) {
    List<Integer> outputs = graph.ops().get(op).outputs();
    return !outputs.isEmpty() && outputs.stream().allMatch(t -> t >= 0 && graph.isConstant(t));
  }

  /** The subgraph with the values that are known now as constants. */
  static Subgraph withValues(Subgraph graph, ShapeInference.Progress progress) {
    List<Tensor> tensors = null;
    for (int t = 0; t < graph.tensors().size(); t++) {
      long[] values = progress.values().get(t);
      Shape shape = progress.shapes().get(t);
      if (values == null || graph.isConstant(t) || shape == null) {
        continue;
      }
      Tensor tensor = graph.tensor(t);
      ByteBuffer bytes =
          ByteBuffer.allocate((int) tensor.type().bytes(values.length))
              .order(ByteOrder.LITTLE_ENDIAN);
      for (long v : values) {
        put(bytes, tensor.type(), v);
      }
      tensors = tensors == null ? new ArrayList<>(graph.tensors()) : tensors;
      tensors.set(t, tensor.withShape(shape).withStorage(Storage.wrap(bytes.flip())));
    }
    return tensors == null
        ? graph
        : Subgraph.of(graph.name(), tensors, graph.ops(), graph.inputs(), graph.outputs(), null);
  }

  private static void put(ByteBuffer bytes, ElementType type, long value) {
    switch (type) {
      case INT64 -> bytes.putLong(value);
      case INT32 -> bytes.putInt((int) value);
      case INT16 -> bytes.putShort((short) value);
      default -> bytes.put((byte) value);
    }
  }

  /** What ops next to each other read of what was there before. */
  static List<Integer> inputs(Subgraph graph, Subgraph special, int first, int to) {
    Set<Integer> inputs = new HashSet<>();
    List<Integer> order = new ArrayList<>();
    for (int i = first; i < to; i++) {
      for (int t : graph.ops().get(i).inputs()) {
        boolean before =
            t >= 0
                && (graph.producer(t) >= 0
                    ? graph.producer(t) < first
                    : graph.inputs().contains(t));
        boolean inPlans = before && graph.tensor(t).type() != ElementType.STRING;
        if (inPlans && !special.isConstant(t) && inputs.add(t)) {
          order.add(t);
        }
      }
    }
    return order;
  }

  /** What later ops, or callers, read of what ops next to each other write. */
  static List<Integer> outputs(Subgraph graph, int first, int to, int asked) {
    List<Integer> outputs = new ArrayList<>();
    for (int i = first; i < to; i++) {
      for (int t : graph.ops().get(i).outputs()) {
        boolean later =
            t >= 0
                && (t == asked
                    || graph.outputs().contains(t)
                    || graph.consumers(t).stream().anyMatch(c -> c >= to));
        if (later && !graph.isConstant(t)) {
          outputs.add(t);
        }
      }
    }
    return outputs;
  }

  /** Native memory of all pieces; the model is being closed. */
  void destroy() {
    roots.values().forEach(FlowNode::destroy);
    roots.clear();
  }

  /** Releases a plan that no session needs to find again. */
  static void destroy(Program program) {
    if (program != null) {
      program.destroy();
    }
  }

  /** A constant for ops in Java; the sessions of a model share it. */
  Cell constant(int tensor) {
    return constants.computeIfAbsent(
        tensor,
        t -> {
          Tensor x = graph.tensor(t);
          Cell cell = Cell.of(x.type(), x.shape(), x.name());
          ByteBuffer values = graph.constant(t).values().duplicate();
          if (x.type() == ElementType.STRING) {
            cell.strings(x.shape(), values, x.name());
          } else {
            cell.values().put(values);
          }
          return cell;
        });
  }

  /** An op, for messages. */
  Op op(int at) {
    return graph.ops().get(at);
  }
}
