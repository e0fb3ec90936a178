// Shapes of all tensors from the shapes of the inputs. The one place where shapes are computed.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * Computes the shape of every tensor as TFLite does, and where shapes are computed by the model
 * itself (SHAPE, STRIDED_SLICE, PACK, ...) the values of these small integer tensors too.
 */
public final class ShapeInference {
  /**
   * Ops whose output shapes depend on values, so what a file says about them is no more than a
   * guess.
   */
  private static final Set<String> DATA_DEPENDENT =
      Set.of(
          "WHERE",
          "UNIQUE",
          "RANGE",
          "FILL",
          "NON_MAX_SUPPRESSION_V4",
          "NON_MAX_SUPPRESSION_V5",
          "RESIZE_BILINEAR",
          "RESIZE_NEAREST_NEIGHBOR",
          "BROADCAST_TO",
          "TILE",
          "SLICE",
          "STRIDED_SLICE",
          "TOPK_V2",
          "ONE_HOT");

  /**
   * What is known before running.
   *
   * @param shapes a shape per tensor; null for tensors nothing writes and the file gives no known
   *     shape for
   * @param values for small integer tensors whose values follow from shapes and constants, these
   *     values; else null
   */
  public record Result(List<Shape> shapes, List<long[]> values) {}

  private final Subgraph g;
  private final Shape[] shapes;
  private final ShapeValues values;
  private int missing = -1; // the tensor whose values the last failure was about

  private ShapeInference(Subgraph g) {
    this.g = g;
    shapes = new Shape[g.tensors().size()];
    values = new ShapeValues(g);
  }

  /**
   * Infers the shapes of the main subgraph.
   *
   * @param graph the graph
   * @param inputShapes shapes for some inputs, by position among the inputs; the others keep the
   *     file's
   * @return a shape per tensor
   * @throws GraphException if shapes do not fit, or an op stands in the way; names the op
   */
  public static List<Shape> infer(Graph graph, Map<Integer, Shape> inputShapes) {
    return infer(graph.main(), inputShapes);
  }

  /**
   * Infers the shapes of a subgraph.
   *
   * @param g the subgraph
   * @param inputShapes shapes for some inputs, by position among the inputs; the others keep the
   *     file's
   * @return a shape per tensor
   * @throws GraphException if shapes do not fit, or an op stands in the way; names the op
   */
  public static List<Shape> infer(Subgraph g, Map<Integer, Shape> inputShapes) {
    return run(g, inputShapes).shapes();
  }

  /**
   * Infers shapes, and values that follow from them.
   *
   * @param g the subgraph
   * @param inputShapes shapes for some inputs, by position among the inputs; the others keep the
   *     file's
   * @return shapes and values per tensor
   * @throws GraphException if shapes do not fit, or an op stands in the way; names the op
   */
  public static Result run(Subgraph g, Map<Integer, Shape> inputShapes) {
    ShapeInference s = new ShapeInference(g);
    s.start(inputShapes);
    for (int i = 0; i < g.ops().size(); i++) {
      try {
        s.op(g.ops().get(i));
      } catch (GraphException e) {
        throw new GraphException(g.describe(i) + ": " + e.getMessage(), e);
      } catch (ArithmeticException e) {
        throw new GraphException(g.describe(i) + ": shapes too large to compute with", e);
      }
    }
    return new Result(Collections.unmodifiableList(Arrays.asList(s.shapes)), s.values.all());
  }

  /**
   * How far shapes are known before running.
   *
   * @param shapes a shape per tensor, null where it is not known
   * @param values values of small integer tensors, null where they are not known
   * @param next the op that stands in the way; the number of ops if none does
   * @param obstacle what is in its way, null if it is one of those asked to stop at or none
   * @param asks the tensor whose values would help, -1 if that is not it
   */
  public record Progress(
      List<Shape> shapes, List<long[]> values, int next, GraphException obstacle, int asks) {}

  /**
   * Infers shapes from an op on, as far as that goes without running anything.
   *
   * @param g the subgraph
   * @param known a shape per tensor, null where it is not known; null for what the file says
   * @param knownValues values of small integer tensors, null for none
   * @param first the op to start with
   * @param stop tells which ops to stop at
   * @return how far it went
   */
  public static Progress advance(
      Subgraph g, List<Shape> known, List<long[]> knownValues, int first, IntPredicate stop) {
    ShapeInference s = new ShapeInference(g);
    s.start(Map.of());
    for (int t = 0; known != null && t < s.shapes.length; t++) {
      s.shapes[t] = known.get(t) == null ? s.shapes[t] : known.get(t);
    }
    s.values.know(knownValues);
    int i = first;
    GraphException obstacle = null;
    s.missing = -1;
    for (; i < g.ops().size() && !stop.test(i); i++) {
      try {
        s.op(g.ops().get(i));
      } catch (GraphException e) {
        obstacle = new GraphException(g.describe(i) + ": " + e.getMessage(), e);
        break;
      } catch (ArithmeticException e) {
        obstacle = new GraphException(g.describe(i) + ": shapes too large to compute with", e);
        break;
      }
    }
    return new Progress(
        Collections.unmodifiableList(Arrays.asList(s.shapes)),
        s.values.all(),
        i,
        obstacle,
        obstacle == null ? -1 : s.missing);
  }

  private void start(Map<Integer, Shape> inputShapes) {
    for (int t = 0; t < shapes.length; t++) {
      Tensor x = g.tensor(t);
      if (g.producer(t) < 0 && x.shape().isKnown()) {
        shapes[t] = x.shape();
      }
    }
    for (Map.Entry<Integer, Shape> e : inputShapes.entrySet()) {
      int i = e.getKey();
      if (i < 0 || i >= g.inputs().size()) {
        throw new GraphException("There is no input " + i + "; the graph has " + g.inputs().size());
      }
      Tensor x = g.tensor(g.inputs().get(i));
      if (!e.getValue().isKnown()) {
        throw new GraphException(
            "Input " + x + " needs a shape without unknown dimensions, not " + e.getValue());
      }
      if (e.getValue().rank() != x.shape().rank() && x.shape().rank() > 0) {
        throw new GraphException(
            "Input " + x + " has rank " + x.shape().rank() + ", not that of " + e.getValue());
      }
      shapes[g.inputs().get(i)] = e.getValue();
    }
  }

  private Shape in(Op op, int i) {
    int t = op.input(i);
    if (t < 0) {
      throw new GraphException("input " + i + " is missing");
    }
    if (shapes[t] == null) {
      throw new GraphException(
          "the shape of its input " + g.tensor(t) + " is not known; give the input shapes");
    }
    return shapes[t];
  }

  private int[] ints(Op op, int i, String what) {
    int t = op.input(i);
    long[] v = t < 0 ? null : values.get(t);
    if (v == null) {
      missing = t;
      throw new GraphException(
          "the shape depends on the "
              + what
              + (t < 0
                  ? ", which is missing"
                  : " in " + g.tensor(t) + ", known only while running"));
    }
    int[] out = new int[v.length];
    for (int k = 0; k < out.length; k++) {
      out[k] = Math.toIntExact(v[k]);
    }
    return out;
  }

  private void op(Op op) {
    Shape out = single(op);
    if (out == null) {
      foreign(op);
    } else {
      if (op.outputs().isEmpty() || op.output(0) < 0) {
        throw new GraphException("it has no output");
      }
      out.elements(); // refuses shapes too large to handle
      shapes[op.output(0)] = out;
    }
    values.evaluate(op, shapes);
  }

  private Shape single(Op op) {
    OpKind k = op.kind();
    if (k instanceof OpKind.Conv conv) {
      return conv(op, conv);
    } else if (k instanceof OpKind.Depthwise depthwise) {
      return depthwise(op, depthwise);
    } else if (k instanceof OpKind.TransposeConv) {
      return transposeConv(op);
    } else if (k instanceof OpKind.FullyConnected fullyConnected) {
      return fullyConnected(op, fullyConnected);
    } else if (k instanceof OpKind.BatchMatMul batchMatMul) {
      return batchMatMul(op, batchMatMul);
    } else if (k instanceof OpKind.Pool p) {

      Shape x = rank(in(op, 0), 4, "input");
      return Shape.of(
          x.dim(0),
          window(x.dim(1), p.height(), p.strideH(), 1, p.padding()),
          window(x.dim(2), p.width(), p.strideW(), 1, p.padding()),
          x.dim(3));
    } else if (k instanceof OpKind.Binary) {
      return broadcast(in(op, 0), in(op, 1));
    } else if (k instanceof OpKind.Reduce reduce) {
      return reduce(in(op, 0), ints(op, 1, "axes"), reduce.keepDims());
    } else if (k instanceof OpKind.Pad) {
      return pad(in(op, 0), ints(op, 1, "paddings"));
    } else if (k instanceof OpKind.Reshape reshape) {
      return reshape(op, reshape);
    } else if (k instanceof OpKind.Concat concat) {
      return concat(op, concat);
    } else if (k instanceof OpKind.Move move) {
      return move(op, move);
    } else if (k instanceof OpKind.Activate && op.inputs().size() > 1) {
      Shape x = in(op, 0);
      if (!broadcast(x, in(op, 1)).equals(x)) {
        throw new GraphException("slopes " + in(op, 1) + " do not spread over input " + x);
      }
      return x;
    } else if (k instanceof OpKind.Unary
        || k instanceof OpKind.Activate
        || k instanceof OpKind.Softmax
        || k instanceof OpKind.LogSoftmax
        || k instanceof OpKind.L2Normalization
        || k instanceof OpKind.Quantize
        || k instanceof OpKind.Dequantize
        || k instanceof OpKind.Densify) {
      return in(op, 0);
    }
    return null;
  }

  private static Shape rank(Shape s, int rank, String what) {
    if (s.rank() != rank) {
      throw new GraphException(what + " " + s + " should have " + rank + " dimensions");
    }
    return s;
  }

  private static int window(int input, int window, int stride, int dilation, Padding padding) {
    int n = padding.along(input, window, stride, dilation).size();
    if (n <= 0 && input > 0) {
      throw new GraphException(
          "a window of " + window + " does not fit into " + input + " positions");
    }
    return n;
  }

  private Shape conv(Op op, OpKind.Conv c) {
    Shape x = rank(in(op, 0), 4, "input");
    Shape w = rank(in(op, 1), 4, "weights");
    if (w.dim(3) <= 0
        || x.dim(3) <= 0
        || x.dim(3) % w.dim(3) != 0
        || w.dim(0) % (x.dim(3) / w.dim(3)) != 0) {
      throw new GraphException("weights " + w + " do not fit the channels of input " + x);
    }
    bias(op, w.dim(0));
    return Shape.of(
        x.dim(0),
        window(x.dim(1), w.dim(1), c.strideH(), c.dilationH(), c.padding()),
        window(x.dim(2), w.dim(2), c.strideW(), c.dilationW(), c.padding()),
        w.dim(0));
  }

  private Shape depthwise(Op op, OpKind.Depthwise c) {
    Shape x = rank(in(op, 0), 4, "input");
    Shape w = rank(in(op, 1), 4, "weights");
    if (w.dim(0) != 1 || x.dim(3) <= 0 || w.dim(3) % x.dim(3) != 0) {
      throw new GraphException("weights " + w + " do not fit the channels of input " + x);
    }
    bias(op, w.dim(3));
    return Shape.of(
        x.dim(0),
        window(x.dim(1), w.dim(1), c.strideH(), c.dilationH(), c.padding()),
        window(x.dim(2), w.dim(2), c.strideW(), c.dilationW(), c.padding()),
        w.dim(3));
  }

  /** The result's shape is an input; the input's must be what a convolution makes of it. */
  private Shape transposeConv(Op op) {
    int[] dims = ints(op, 0, "shape of the result");
    Shape w = rank(in(op, 1), 4, "weights");
    Shape x = rank(in(op, 2), 4, "input");
    if (dims.length != 4 || w.dim(3) != x.dim(3) || dims[3] != w.dim(0) || dims[0] != x.dim(0)) {
      throw new GraphException(
          "weights " + w + " and input " + x + " do not fit a result of " + Arrays.toString(dims));
    }
    if (op.hasInput(3) && in(op, 3).elements() != w.dim(0)) {
      throw new GraphException("bias " + in(op, 3) + " does not fit weights " + w);
    }
    return Shape.of(dims);
  }

  private void bias(Op op, int channels) {
    if (op.hasInput(2) && in(op, 2).elements() != channels) {
      throw new GraphException("bias " + in(op, 2) + " does not fit " + channels + " channels");
    }
  }

  private Shape fullyConnected(Op op, OpKind.FullyConnected f) {
    Shape x = in(op, 0);
    Shape w = rank(in(op, 1), 2, "weights");
    long elements = x.elements();
    if (w.dim(1) <= 0
        || elements % w.dim(1) != 0
        || (f.keepDims() && (x.rank() == 0 || x.dim(-1) != w.dim(1)))) {
      throw new GraphException("weights " + w + " do not fit input " + x);
    }
    bias(op, w.dim(0));
    return f.keepDims()
        ? x.withDim(-1, w.dim(0))
        : Shape.of(Math.toIntExact(elements / w.dim(1)), w.dim(0));
  }

  private Shape batchMatMul(Op op, OpKind.BatchMatMul b) {
    Shape x = in(op, 0);
    Shape y = in(op, 1);
    if (x.rank() < 2 || y.rank() < 2) {
      throw new GraphException("inputs " + x + " and " + y + " need two dimensions at least");
    }
    int m = x.dim(b.adjointX() ? -1 : -2);
    int kx = x.dim(b.adjointX() ? -2 : -1);
    int ky = y.dim(b.adjointY() ? -1 : -2);
    int n = y.dim(b.adjointY() ? -2 : -1);
    if (kx != ky) {
      throw new GraphException(
          "inputs " + x + " and " + y + " do not share the dimension they are multiplied along");
    }
    int[] bx = Arrays.copyOf(x.toArray(), x.rank() - 2);
    int[] by = Arrays.copyOf(y.toArray(), y.rank() - 2);
    int[] batch = broadcast(Shape.of(bx), Shape.of(by)).toArray();
    int[] out = Arrays.copyOf(batch, batch.length + 2);
    out[batch.length] = m;
    out[batch.length + 1] = n;
    return Shape.of(out);
  }

  /**
   * The shape to which two shapes broadcast.
   *
   * @param a a shape
   * @param b another
   * @return the common shape
   * @throws GraphException if a dimension differs and neither is 1
   */
  public static Shape broadcast(Shape a, Shape b) {
    int n = Math.max(a.rank(), b.rank());
    int[] out = new int[n];
    for (int i = 1; i <= n; i++) {
      int da = i <= a.rank() ? a.dim(-i) : 1;
      int db = i <= b.rank() ? b.dim(-i) : 1;
      if (da != db && da != 1 && db != 1) {
        throw new GraphException("shapes " + a + " and " + b + " do not broadcast");
      }
      out[n - i] = da == 1 ? db : da;
    }
    return Shape.of(out);
  }

  private static int axis(int axis, int rank) {
    int a = axis < 0 ? axis + rank : axis;
    if (a < 0 || a >= rank) {
      throw new GraphException("axis " + axis + " is outside rank " + rank);
    }
    return a;
  }

  private static Shape reduce(Shape x, int[] axes, boolean keep) {
    boolean[] gone = new boolean[x.rank()];
    for (int a : axes) {
      if (x.rank() > 0) {
        gone[axis(a, x.rank())] = true;
      }
    }
    List<Integer> out = new ArrayList<>();
    for (int d = 0; d < x.rank(); d++) {
      if (!gone[d]) {
        out.add(x.dim(d));
      } else if (keep) {
        out.add(1);
      }
    }
    return Shape.of(out.stream().mapToInt(i -> i).toArray());
  }

  private static Shape pad(Shape x, int[] paddings) {
    if (paddings.length != 2 * x.rank()) {
      throw new GraphException(paddings.length + " paddings do not fit input " + x);
    }
    int[] out = x.toArray();
    for (int d = 0; d < out.length; d++) {
      if (paddings[2 * d] < 0 || paddings[2 * d + 1] < 0) {
        throw new GraphException("paddings " + Arrays.toString(paddings) + " are negative");
      }
      out[d] = Math.addExact(Math.addExact(out[d], paddings[2 * d]), paddings[2 * d + 1]);
    }
    return Shape.of(out);
  }

  private Shape reshape(Op op, OpKind.Reshape r) {
    Shape x = in(op, 0);
    int[] to;
    if (op.hasInput(1)) {
      to = ints(op, 1, "new shape");
    } else if (r.newShape() != null) {
      to = r.newShape().stream().mapToInt(i -> i).toArray();
      if (to.length == 1 && to[0] == 0) {
        to = new int[0]; // old files say a scalar this way
      }
    } else {
      throw new GraphException("no new shape is given");
    }
    int stretch = -1;
    long rest = 1;
    for (int d = 0; d < to.length; d++) {
      if (to[d] == -1 && stretch < 0) {
        stretch = d;
      } else if (to[d] < 0) {
        throw new GraphException("new shape " + Arrays.toString(to) + " has negative dimensions");
      } else {
        rest = Math.multiplyExact(rest, to[d]);
      }
    }
    long elements = x.elements();
    if (stretch >= 0) {
      to[stretch] = rest == 0 ? 0 : Math.toIntExact(elements / rest);
      rest *= to[stretch];
    }
    if (rest != elements) {
      throw new GraphException("input " + x + " cannot become " + Arrays.toString(to));
    }
    return Shape.of(to);
  }

  private Shape concat(Op op, OpKind.Concat c) {
    if (op.inputs().isEmpty()) {
      throw new GraphException("it has no inputs");
    }
    Shape first = in(op, 0);
    int axis = axis(c.axis(), first.rank());
    int total = 0;
    for (int i = 0; i < op.inputs().size(); i++) {
      Shape s = in(op, i);
      if (s.rank() != first.rank() || !s.withDim(axis, 0).equals(first.withDim(axis, 0))) {
        throw new GraphException(
            "inputs " + first + " and " + s + " cannot be joined along axis " + axis);
      }
      total = Math.addExact(total, s.dim(axis));
    }
    return first.withDim(axis, total);
  }

  private Shape move(Op op, OpKind.Move m) {
    Shape x = in(op, 0);
    switch (m.movement()) {
      case TRANSPOSE -> {
        return transpose(x, ints(op, 1, "permutation"));
      }
      case EXPAND_DIMS -> {
        int[] a = ints(op, 1, "axis");
        if (a.length != 1) {
          throw new GraphException("one axis is needed, not " + a.length);
        }
        int at = axis(a[0], x.rank() + 1);
        int[] out = new int[x.rank() + 1];
        for (int d = 0; d < out.length; d++) {
          out[d] = d == at ? 1 : x.dim(d < at ? d : d - 1);
        }
        return Shape.of(out);
      }
      case SQUEEZE -> {
        return squeeze(x, m.axes());
      }
      default -> throw new AssertionError(m.movement());
    }
  }

  private static Shape transpose(Shape x, int[] permutation) {
    boolean[] seen = new boolean[x.rank()];
    int[] out = new int[x.rank()];
    if (permutation.length != x.rank()) {
      throw new GraphException(
          "permutation " + Arrays.toString(permutation) + " does not fit input " + x);
    }
    for (int d = 0; d < out.length; d++) {
      int from = axis(permutation[d], x.rank());
      if (seen[from]) {
        throw new GraphException(
            "permutation " + Arrays.toString(permutation) + " repeats a dimension");
      }
      seen[from] = true;
      out[d] = x.dim(from);
    }
    return Shape.of(out);
  }

  private static Shape squeeze(Shape x, List<Integer> axes) {
    boolean[] gone = new boolean[x.rank()];
    for (int a : axes) {
      int d = axis(a, x.rank());
      if (x.dim(d) != 1) {
        throw new GraphException("dimension " + d + " of input " + x + " is not 1");
      }
      gone[d] = true;
    }
    List<Integer> out = new ArrayList<>();
    for (int d = 0; d < x.rank(); d++) {
      if (!(gone[d] || (axes.isEmpty() && x.dim(d) == 1))) {
        out.add(x.dim(d));
      }
    }
    return Shape.of(out.stream().mapToInt(i -> i).toArray());
  }

  /** This inference as the rules of moving ops see it. */
  private MovementShapes.Known known() {
    return new MovementShapes.Known() {
      @Override
      public Shape in(Op op, int i) {
        return ShapeInference.this.in(op, i);
      }

      @Override
      public int[] ints(Op op, int i, String what) {
        return ShapeInference.this.ints(op, i, what);
      }
    };
  }

  /**
   * An op without a rule: its outputs are those of the file, if its inputs are those of the file
   * too.
   */
  private void foreign(Op op) {
    if (op.kind() instanceof OpKind.Foreign f) {
      List<Shape> outputs = MovementShapes.of(op, f, known());
      if (outputs != null) {
        for (int i = 0; i < Math.min(outputs.size(), op.outputs().size()); i++) {
          outputs.get(i).elements(); // refuses shapes too large to handle
          if (op.output(i) >= 0) {
            shapes[op.output(i)] = outputs.get(i);
          }
        }
        return;
      }
    }
    if (values.shapes(op, shapes)) {
      return;
    }
    String label = op.kind().label();
    for (int t : op.inputs()) {
      if (t >= 0 && (shapes[t] == null || !shapes[t].equals(g.tensor(t).shape()))) {
        throw new GraphException(
            "no shape rule for "
                + label
                + ", and its input "
                + g.tensor(t)
                + " has not the shape the file gives"
                + (shapes[t] == null ? "" : " but " + shapes[t]));
      }
    }
    for (int t : op.outputs()) {
      if (t < 0) {
        continue;
      }
      Tensor x = g.tensor(t);
      if (!x.signature().isKnown()
          || !x.shape().isKnown()
          || (DATA_DEPENDENT.contains(label) && x.hasSignature())) {
        throw new GraphException(
            "no shape rule for " + label + ", and the file does not fix the shape of " + x);
      }
      shapes[t] = x.shape();
    }
  }
}
