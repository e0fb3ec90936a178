// The builtin ops on tensors of strings.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import dev.sinter.graph.ShapeInference;
import dev.sinter.graph.Slices;
import dev.sinter.graph.Subgraph;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * In Java: strings have no size that a plan could reserve. These are the ops that TensorFlow Lite
 * has for strings; all but the comparisons only choose which string goes where.
 */
final class StringOps {
  private static final Map<String, HostOp> BY_NAME =
      Map.of(
          "GATHER", StringOps::gather,
          "GATHER_ND", StringOps::gatherNd,
          "SLICE", StringOps::slice,
          "STRIDED_SLICE", StringOps::slice,
          "TILE", StringOps::tile,
          "FILL", StringOps::fill);

  private StringOps() {}

  /** What runs an op on strings; null if there are no strings or no such op. */
  static HostOp of(Subgraph g, Op op) {
    if (!touches(g, op)) {
      return null;
    }
    OpKind kind = op.kind();
    if (kind instanceof OpKind.Reshape
        || (kind instanceof OpKind.Move move
            && move.movement() != OpKind.Move.Movement.TRANSPOSE)) {
      return StringOps::rename;
    }
    if (kind instanceof OpKind.Binary binary) {
      return switch (binary.function()) {
        case EQUAL -> call -> compare(call, true);
        case NOT_EQUAL -> call -> compare(call, false);
        default -> null;
      };
    }
    return kind instanceof OpKind.Foreign f && HostOps.isBuiltin(f) ? BY_NAME.get(f.name()) : null;
  }

  /** Whether an op reads or writes strings. */
  static boolean touches(Subgraph g, Op op) {
    return has(g, op.inputs(), ElementType.STRING) || has(g, op.outputs(), ElementType.STRING);
  }

  static boolean has(Subgraph g, List<Integer> tensors, ElementType type) {
    return tensors.stream().anyMatch(t -> t >= 0 && g.tensor(t).type() == type);
  }

  /** Another shape for the same strings. */
  private static void rename(HostCall call) {
    call.strings(0); // checks them
    call.outputPacked(0, shape(call), call.input(0));
  }

  /** The shape of the first output, by the one place that has the rules. */
  private static Shape shape(HostCall call) {
    Subgraph g = call.frame().graph();
    Shape[] shapes = new Shape[g.tensors().size()];
    long[][] values = new long[shapes.length][];
    for (int i = 0; i < call.op().inputs().size(); i++) {
      int t = call.op().input(i);
      if (t >= 0) {
        shapes[t] = call.inputShape(i);
        if (g.tensor(t).type() == ElementType.INT32 || g.tensor(t).type() == ElementType.INT64) {
          values[t] = call.integers(i);
        }
      }
    }
    int index = call.index();
    ShapeInference.Progress progress =
        ShapeInference.advance(
            g, Arrays.asList(shapes), Arrays.asList(values), index, i -> i > index);
    if (progress.obstacle() != null) {
      throw new SinterException(
          Status.INVALID_ARGUMENT,
          call.frame().name() + ": " + progress.obstacle().getMessage(),
          progress.obstacle());
    }
    return progress.shapes().get(call.op().output(0));
  }

  private static int[] ints(HostCall call, int input) {
    return Arrays.stream(call.integers(input)).mapToInt(Math::toIntExact).toArray();
  }

  private static void choose(HostCall call, int input, Shape shape, int[] sources) {
    List<byte[]> in = call.strings(input);
    List<byte[]> out = new ArrayList<>(sources.length);
    for (int source : sources) {
      out.add(in.get(source));
    }
    call.outputStrings(0, shape, out);
  }

  /** Of a list of strings only, as in TensorFlow Lite. */
  private static void gather(HostCall call) {
    if (call.inputShape(0).rank() != 1) {
      throw call.failure(Status.UNSUPPORTED, "strings " + call.inputShape(0) + ", no list");
    }
    choose(call, 0, call.inputShape(1), places(call, 1, call.inputShape(0).dim(0)));
  }

  private static int[] places(HostCall call, int input, int count) {
    long[] positions = call.integers(input);
    int[] places = new int[positions.length];
    for (int i = 0; i < places.length; i++) {
      if (positions[i] < 0 || positions[i] >= count) {
        throw call.failure(
            Status.INVALID_ARGUMENT, "index " + positions[i] + " is outside of " + count);
      }
      places[i] = (int) positions[i];
    }
    return places;
  }

  private static void gatherNd(HostCall call) {
    Shape x = call.inputShape(0);
    Shape shape = shape(call);
    int depth = call.inputShape(1).dim(-1);
    int row = (int) x.elements(depth, x.rank());
    long[] at = call.integers(1);
    int[] sources = new int[(int) shape.elements()];
    for (int i = 0; i < sources.length; i++) {
      int place = 0;
      for (int d = 0; d < depth; d++) {
        long index = at[i / row * depth + d];
        if (index < 0 || index >= x.dim(d)) {
          throw call.failure(
              Status.INVALID_ARGUMENT, "index " + index + " is outside of " + x.dim(d));
        }
        place = place * x.dim(d) + (int) index;
      }
      sources[i] = place * row + i % row;
    }
    choose(call, 0, shape, sources);
  }

  private static void slice(HostCall call) {
    Shape x = call.inputShape(0);
    OpKind.Foreign f = (OpKind.Foreign) call.op().kind();
    Slices taken;
    try {
      taken =
          f.name().equals("SLICE")
              ? Slices.plain(x, ints(call, 1), ints(call, 2))
              : Slices.strided(x, ints(call, 1), ints(call, 2), ints(call, 3), Slices.Masks.of(f));
    } catch (GraphException e) {
      throw call.failure(Status.INVALID_ARGUMENT, e.getMessage());
    }
    int[] sources = new int[(int) taken.shape().elements()];
    for (int i = 0; i < sources.length; i++) {
      int rest = i;
      int step = 1;
      for (int d = x.rank() - 1; d >= 0; d--) {
        int k = rest % taken.count().get(d);
        sources[i] += (taken.start().get(d) + k * taken.step().get(d)) * step;
        rest /= taken.count().get(d);
        step *= x.dim(d);
      }
    }
    choose(call, 0, taken.shape(), sources);
  }

  private static void tile(HostCall call) {
    Shape shape = shape(call);
    choose(call, 0, shape, spread(call.inputShape(0), shape));
  }

  /** Where each element of a larger shape comes from: positions count modulo the dimension. */
  private static int[] spread(Shape x, Shape to) {
    int[] sources = new int[(int) to.elements()];
    for (int i = 0; i < sources.length; i++) {
      int rest = i;
      int step = 1;
      for (int d = 1; d <= x.rank(); d++) {
        sources[i] += rest % to.dim(-d) % x.dim(-d) * step;
        rest /= to.dim(-d);
        step *= x.dim(-d);
      }
    }
    return sources;
  }

  private static void fill(HostCall call) {
    Shape shape = shape(call);
    choose(call, 1, shape, new int[(int) shape.elements()]);
  }

  private static void compare(HostCall call, boolean wanted) {
    Shape shape;
    try {
      shape = ShapeInference.broadcast(call.inputShape(0), call.inputShape(1));
    } catch (GraphException e) {
      throw call.failure(Status.INVALID_ARGUMENT, e.getMessage());
    }
    List<byte[]> a = call.strings(0);
    List<byte[]> b = call.strings(1);
    int[] fromA = spread(call.inputShape(0), shape);
    int[] fromB = spread(call.inputShape(1), shape);
    ByteBuffer out = call.output(0, shape);
    for (int i = 0; i < fromA.length; i++) {
      boolean same = Arrays.equals(a.get(fromA[i]), b.get(fromB[i]));
      out.put(i, (byte) (same == wanted ? 1 : 0));
    }
  }
}
