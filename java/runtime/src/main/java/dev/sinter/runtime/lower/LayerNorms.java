// Finds layer normalization, which files hold as nine or ten ops, and lowers it to one.
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

/**
 * Over the last dimension of floats, in the two spellings that converters leave:
 *
 * <pre>
 * mean = MEAN(x), variance = MEAN(SQUARED_DIFFERENCE(x, mean)), r = RSQRT(variance + epsilon)
 * folded    g = r * gamma, x * g + (beta - mean * g)       Keras
 * centered  (x - mean) * r * gamma + beta                  others; d * d or SQUARE(d) of d = x - mean do, too
 * </pre>
 *
 * Nothing is found where anybody else reads what stands between.
 */
final class LayerNorms {
  private static final int FOLDED = 0;
  private static final int CENTERED = 1;

  /**
   * One that was found.
   *
   * @param form how it is spelt
   * @param x the tensor that is normalized
   * @param gamma what its columns are multiplied by
   * @param beta what is added to them
   * @param epsilon added to the variance
   * @param last the op whose output it has
   * @param others the other ops
   */
  record Found(
      int form, int x, int gamma, int beta, float epsilon, int last, List<Integer> others) {}

  private final Part part;
  private final Subgraph main;
  private final List<Shape> shapes;

  /** The ops of the candidate at hand; a mismatch of any kind leaves it. */
  private final Set<Integer> ops = new HashSet<>();

  private LayerNorms(Part part) {
    this.part = part;
    this.main = part.graph();
    this.shapes = part.shapes();
  }

  static List<Found> find(Part part) {
    List<Found> all = new ArrayList<>();
    for (int i = part.from(); i < part.to(); i++) {
      if (part.graph().ops().get(i).kind() instanceof OpKind.Unary u
          && u.function() == OpKind.Unary.Function.RSQRT) {
        Found found = new LayerNorms(part).around(i);
        if (found != null) {
          all.add(found);
        }
      }
    }
    return all;
  }

  private Op op(int index) {
    return main.ops().get(index);
  }

  private Found around(int root) {
    ops.add(root);
    int sum = producer(op(root).input(0), OpKind.Binary.Function.ADD);
    if (sum < 0) {
      return null;
    }
    Float epsilon = scalar(op(sum).input(1));
    int variance = op(sum).input(epsilon != null ? 0 : 1);
    epsilon = epsilon != null ? epsilon : scalar(op(sum).input(0));
    int squares = epsilon == null ? -1 : meanOf(variance);
    int mean = squares < 0 ? -1 : deviation(squares);
    int x = mean < 0 ? -1 : meanOf(mean);
    if (x < 0 || !main.tensor(x).type().equals(ElementType.FLOAT32)) {
      return null;
    }
    int product = onlyConsumer(op(root).output(0), OpKind.Binary.Function.MUL);
    if (product < 0) {
      return null;
    }
    int factor = other(product, op(root).output(0));
    Found found =
        isColumns(factor, x)
            ? folded(product, factor, x, mean, epsilon)
            : centered(product, factor, x, mean, epsilon);
    return found != null && closed(found) ? found : null;
  }

  /** r * gamma is in `product`. */
  private Found folded(int product, int gamma, int x, int mean, float epsilon) {
    int g = op(product).output(0);
    List<Integer> readers = main.consumers(g);
    if (readers.size() != 2) {
      return null;
    }
    for (int swap = 0; swap < 2; swap++) {
      int scaled = readers.get(swap);
      int shift = readers.get(1 - swap);
      if (is(scaled, OpKind.Binary.Function.MUL)
          && is(shift, OpKind.Binary.Function.MUL)
          && other(scaled, g) == x
          && other(shift, g) == mean) {
        int difference = onlyConsumer(op(shift).output(0), OpKind.Binary.Function.SUB);
        int last = onlyConsumer(op(scaled).output(0), OpKind.Binary.Function.ADD);
        if (difference >= 0
            && last >= 0
            && op(difference).input(1) == op(shift).output(0)
            && other(last, op(scaled).output(0)) == op(difference).output(0)
            && isColumns(op(difference).input(0), x)) {
          ops.addAll(List.of(product, scaled, shift, difference));
          return found(FOLDED, x, gamma, op(difference).input(0), epsilon, last);
        }
      }
    }
    return null;
  }

  /** (x - mean) * r is in `product`. */
  private Found centered(int product, int difference, int x, int mean, float epsilon) {
    int subtraction = producer(difference, OpKind.Binary.Function.SUB);
    if (subtraction < 0 || op(subtraction).input(0) != x || op(subtraction).input(1) != mean) {
      return null;
    }
    int scaled = onlyConsumer(op(product).output(0), OpKind.Binary.Function.MUL);
    int gamma = scaled < 0 ? -1 : other(scaled, op(product).output(0));
    int last =
        isColumns(gamma, x) ? onlyConsumer(op(scaled).output(0), OpKind.Binary.Function.ADD) : -1;
    int beta = last < 0 ? -1 : other(last, op(scaled).output(0));
    if (!isColumns(beta, x)) {
      return null;
    }
    ops.addAll(List.of(product, scaled));
    return found(CENTERED, x, gamma, beta, epsilon, last);
  }

  private Found found(int form, int x, int gamma, int beta, float epsilon, int last) {
    List<Integer> others = new ArrayList<>(ops);
    others.remove((Integer) last);
    return new Found(form, x, gamma, beta, epsilon, last, others);
  }

  /** The tensor whose mean over its last dimension this is, or -1. */
  private int meanOf(int tensor) {
    int index = main.producer(tensor);
    if (!part.has(index)
        || !(op(index).kind() instanceof OpKind.Reduce reduce)
        || reduce.function() != OpKind.Reduce.Function.MEAN
        || !reduce.keepDims()
        || !main.isConstant(op(index).input(1))) {
      return -1;
    }
    int[] axes = Fusion.amounts(main.constant(op(index).input(1)));
    int in = op(index).input(0);
    int rank = shapes.get(in).rank();
    if (axes == null || axes.length != 1 || rank == 0 || (axes[0] + rank) % rank != rank - 1) {
      return -1;
    }
    ops.add(index);
    return in;
  }

  /** The mean from which `squares` are the squares of differences, or -1. */
  private int deviation(int squares) {
    int index = main.producer(squares);
    if (!part.has(index)) {
      return -1;
    }
    ops.add(index);
    Op op = op(index);
    if (is(index, OpKind.Binary.Function.SQUARED_DIFFERENCE)) {
      return isReduced(op.input(1), op.input(0))
          ? op.input(1)
          : isReduced(op.input(0), op.input(1)) ? op.input(0) : -1;
    }
    boolean square =
        op.kind() instanceof OpKind.Unary u && u.function() == OpKind.Unary.Function.SQUARE;
    if (!square && !(is(index, OpKind.Binary.Function.MUL) && op.input(0) == op.input(1))) {
      return -1;
    }
    int difference = producer(op.input(0), OpKind.Binary.Function.SUB);
    return difference >= 0 && isReduced(op(difference).input(1), op(difference).input(0))
        ? op(difference).input(1)
        : -1;
  }

  /** Whether a tensor is x reduced, somehow. */
  private boolean isReduced(int tensor, int x) {
    int index = main.producer(tensor);
    return part.has(index) && op(index).kind() instanceof OpKind.Reduce && op(index).input(0) == x;
  }

  /** The op that makes a tensor, if it is this one; joins the ops. */
  private int producer(int tensor, OpKind.Binary.Function function) {
    int index = tensor < 0 ? -1 : main.producer(tensor);
    if (!part.has(index) || !is(index, function)) {
      return -1;
    }
    ops.add(index);
    return index;
  }

  /** The op that alone reads a tensor, if it is this one; joins the ops. */
  private int onlyConsumer(int tensor, OpKind.Binary.Function function) {
    List<Integer> all = main.consumers(tensor);
    if (all.size() != 1 || !part.has(all.get(0)) || !is(all.get(0), function)) {
      return -1;
    }
    ops.add(all.get(0));
    return all.get(0);
  }

  private boolean is(int index, OpKind.Binary.Function function) {
    return op(index).kind() instanceof OpKind.Binary b
        && b.function() == function
        && b.activation() == Activation.NONE;
  }

  private int other(int index, int tensor) {
    return op(index).input(0) == tensor ? op(index).input(1) : op(index).input(0);
  }

  /** A constant with one float for each column of x. */
  private boolean isColumns(int tensor, int x) {
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

  private Float scalar(int tensor) {
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
  private boolean closed(Found found) {
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

  static void lower(Lowering l, Found found) {
    Shape shape = l.shape(found.x());
    int depth = shape.dim(-1);
    Value from = l.value(found.x());
    Value gamma = l.value(found.gamma());
    Value beta = l.value(found.beta());
    String f32 = "f32";
    l.add(
        new Step("layer_norm", found.last(), "LayerNorm " + shape, f32, f32, f32, f32)
            .set("form", found.form())
            .set("rows", depth == 0 ? 0 : Math.toIntExact(shape.elements() / depth))
            .set("depth", depth)
            .set("epsilon", found.epsilon())
            .slot(from)
            .slot(gamma)
            .slot(beta)
            .slot(l.define(l.outputTensor(found.last())))
            .work((double) shape.elements()));
  }
}
