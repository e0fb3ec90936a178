// A run of one subgraph in pieces: the memory of its tensors, and the way through its flow.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.Shape;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Belongs to one session and one subgraph; not safe for several threads. */
final class Frame {
  /** Runners kept; each has an arena of its own. */
  private static final int KEPT = 256;

  private final Flow flow;
  private final FlowRun run;
  private final Cell[] cells; // what holds each tensor now
  private final Cell[] owned; // memory of this frame, by tensor
  private final Map<FlowNode, Runner> runners = new Runners();
  private final Map<FlowNode, Link> links = new HashMap<>();
  private final HostCall[] calls;
  private final Shape[] rootShapes;
  private FlowNode root;

  Frame(Flow flow, FlowRun run) {
    this.flow = flow;
    this.run = run;
    Subgraph g = flow.graph();
    cells = new Cell[g.tensors().size()];
    owned = new Cell[cells.length];
    calls = new HostCall[g.ops().size()];
    rootShapes = new Shape[g.inputs().size()];
  }

  /** The runners of pieces, the least recently used one goes. */
  private static final class Runners extends LinkedHashMap<FlowNode, Runner> {
    private static final long serialVersionUID = 1L;

    Runners() {
      super(16, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<FlowNode, Runner> eldest) {
      if (size() <= KEPT) {
        return false;
      }
      eldest.getValue().close();
      return true;
    }
  }

  /** Where a piece led last time. */
  private static final class Link {
    private final Shape[] shapes;
    private final long[][] values;
    private FlowNode next;

    Link(int shapes, int values) {
      this.shapes = new Shape[shapes];
      this.values = new long[values][];
    }
  }

  String name() {
    return flow.name();
  }

  Subgraph graph() {
    return flow.graph();
  }

  FlowRun context() {
    return run;
  }

  /** Binds an input by its position. */
  void setInput(int position, Cell cell) {
    cells[flow.graph().inputs().get(position)] = cell;
  }

  /** What an output holds, by its position. */
  Cell output(int position) {
    return cell(flow.graph().outputs().get(position));
  }

  /** Whether an output is there. */
  boolean hasOutput(int position) {
    int tensor = flow.graph().outputs().get(position);
    return cells[tensor] != null || flow.graph().isConstant(tensor);
  }

  /** Where a run with the inputs of now starts. */
  FlowNode start() {
    return root();
  }

  /** What holds a tensor now. */
  Cell cell(int tensor) {
    Cell cell = cells[tensor];
    if (cell == null) {
      Tensor t = flow.graph().tensor(tensor);
      if (!flow.graph().isConstant(tensor)) {
        throw new SinterException(
            Status.INVALID_MODEL,
            flow.name() + ": tensor '" + t.name() + "' is used before an op has computed it");
      }
      cell = flow.constant(tensor);
      cells[tensor] = cell;
    }
    return cell;
  }

  /** Copies a value, strings too, into memory of this frame. */
  void keep(int tensor, Cell value) {
    Tensor t = flow.graph().tensor(tensor);
    if (owned[tensor] == null) {
      owned[tensor] = Cell.of(t.type(), value.shape(), t.name());
    }
    owned[tensor].copy(value, t.type(), t.name());
    cells[tensor] = owned[tensor];
  }

  /** Memory of this frame for a tensor, with a shape. */
  Cell own(int tensor, Shape shape) {
    Tensor t = flow.graph().tensor(tensor);
    if (owned[tensor] == null) {
      owned[tensor] = Cell.of(t.type(), shape, t.name());
    } else {
      owned[tensor].resize(t.type(), shape, t.name());
    }
    cells[tensor] = owned[tensor];
    return owned[tensor];
  }

  /** Memory of this frame for a tensor of strings, which may not be the source. */
  void ownStrings(int tensor, Shape shape, ByteBuffer packed) {
    Tensor t = flow.graph().tensor(tensor);
    if (owned[tensor] == null) {
      owned[tensor] = Cell.of(t.type(), Shape.of(0), t.name());
    }
    owned[tensor].strings(shape, packed, t.name());
    cells[tensor] = owned[tensor];
  }

  /** Runs the subgraph. */
  void run() {
    FlowNode node = root();
    while (true) {
      run.checkCancelled();
      if (node.program() != null) {
        runner(node).run(this);
      }
      if (node.isLast()) {
        return;
      }
      if (node.host() != null) {
        HostCall call = calls[node.to()];
        if (call == null) {
          call = new HostCall(this, node.to());
          calls[node.to()] = call;
        }
        run.host(node.host(), call);
      }
      node = next(node);
    }
  }

  void take(int tensor, Cell cell) {
    cells[tensor] = cell;
  }

  private FlowNode root() {
    boolean same = root != null;
    for (int i = 0; i < rootShapes.length; i++) {
      Shape now = cell(flow.graph().inputs().get(i)).shape();
      same &= now.equals(rootShapes[i]);
      rootShapes[i] = now;
    }
    if (!same) {
      root = flow.root(List.of(rootShapes));
    }
    return root;
  }

  private FlowNode next(FlowNode node) {
    List<Integer> outputs =
        node.host() == null ? List.of() : flow.graph().ops().get(node.to()).outputs();
    Link link = links.get(node);
    if (link == null) {
      link = new Link(outputs.size(), node.asked().length);
      links.put(node, link);
    }
    boolean same = link.next != null;
    for (int i = 0; i < link.shapes.length; i++) {
      Shape now = outputs.get(i) < 0 ? Shape.SCALAR : cell(outputs.get(i)).shape();
      same &= now.equals(link.shapes[i]);
      link.shapes[i] = now;
    }
    for (int i = 0; i < link.values.length; i++) {
      same &= isSame(node.asked()[i], link, i);
    }
    if (!same) {
      List<List<Long>> values = new ArrayList<>();
      for (long[] v : link.values) {
        values.add(Arrays.stream(v).boxed().toList());
      }
      link.next = flow.next(node, List.of(link.shapes), values);
    }
    return link.next;
  }

  /** Reads the values of a tensor into a link; tells whether they are those of last time. */
  private boolean isSame(int tensor, Link link, int i) {
    ByteBuffer bytes = cell(tensor).values();
    int size = flow.graph().tensor(tensor).type().bits() / 8;
    int count = bytes.remaining() / size;
    boolean same = link.values[i] != null && link.values[i].length == count;
    if (!same) {
      link.values[i] = new long[count];
    }
    for (int k = 0; k < count; k++) {
      long v =
          switch (flow.graph().tensor(tensor).type()) {
            case INT64 -> bytes.getLong(8 * k);
            case INT32 -> bytes.getInt(4 * k);
            case INT16 -> bytes.getShort(2 * k);
            case UINT8 -> bytes.get(k) & 255;
            default -> bytes.get(k);
          };
      same &= v == link.values[i][k];
      link.values[i][k] = v;
    }
    return same;
  }

  private Runner runner(FlowNode node) {
    Runner runner = runners.get(node);
    if (runner == null) {
      runner = new Runner(node, run, flow.name());
      runners.put(node, runner);
    }
    return runner;
  }

  void resetState() {
    runners.values().forEach(Runner::resetState);
  }

  void close() {
    runners.values().forEach(Runner::close);
    runners.clear();
  }
}
