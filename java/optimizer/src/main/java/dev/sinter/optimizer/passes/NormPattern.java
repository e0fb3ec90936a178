// A layer norm over the last axis that stands as single ops.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.passes;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Constant;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.OpKind.Binary.Function;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Tensor;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * y = (x - mean) / sqrt(variance + epsilon) * factor + shift, however it is put into ops: the
 * variance as the mean of SQUARED_DIFFERENCE(x, mean) or of (x - mean) squared by MUL, SQUARE or
 * POW; the root by RSQRT and MUL, or SQRT and DIV; the factor before or after the root's product,
 * or TensorFlow's x * p + (shift - mean * p) with p = root * factor. Factor and shift may be
 * missing.
 *
 * @param input tensor x
 * @param mean tensor of the means
 * @param variance tensor of the variances, before epsilon
 * @param output tensor y
 * @param epsilon what is added to the variance
 * @param factor tensor of a constant with one number per channel or one for all, -1 if there is
 *     none
 * @param shift the same
 * @param ops indices of the ops that make y of x
 */
record NormPattern(
    int input,
    int mean,
    int variance,
    int output,
    double epsilon,
    int factor,
    int shift,
    Set<Integer> ops) {

  /** All layer norms of a model's main subgraph, in the order in which they run. */
  static List<NormPattern> find(Graph g) {
    List<NormPattern> out = new ArrayList<>();
    for (int i = 0; i < g.ops().size(); i++) {
      if (g.ops().get(i).kind() instanceof OpKind.Unary u
          && (u.function() == OpKind.Unary.Function.RSQRT
              || u.function() == OpKind.Unary.Function.SQRT)) {
        NormPattern found = new Search(g).from(i, u.function() == OpKind.Unary.Function.RSQRT);
        if (found != null) {
          out.add(found);
        }
      }
    }
    return out;
  }

  /** The number of channels. */
  int channels(Graph g) {
    return channelsOf(g, input);
  }

  /** The factor, or the shift, of each channel; null if there is none. */
  float[] values(Graph g, int tensor) {
    if (tensor < 0) {
      return null;
    }
    float[] values = Neighbours.floats(g, tensor);
    if (values.length == channels(g)) {
      return values;
    }
    float[] all = new float[channels(g)];
    Arrays.fill(all, values[0]);
    return all;
  }

  private static int channelsOf(Graph g, int tensor) {
    Shape shape = g.tensor(tensor).shape();
    return shape.rank() == 0 ? 0 : shape.dim(shape.rank() - 1);
  }

  /** Collects the parts around one root. */
  private static final class Search {
    private final Graph g;
    private final Set<Integer> ops = new TreeSet<>();
    private int x;
    private int mean;
    private int factor = -1;
    private int shift = -1;

    Search(Graph g) {
      this.g = g;
    }

    NormPattern from(int root, boolean inverse) {
      ops.add(root);
      int v = g.ops().get(root).input(0);
      double epsilon = 0;
      Op add = producer(v, Function.ADD);
      if (add != null) {
        int constant = isScalar(add.input(1)) ? 1 : 0;
        if (!isScalar(add.input(constant))) {
          return null;
        }
        epsilon = Neighbours.floats(g, add.input(constant))[0];
        take(v);
        v = add.input(1 - constant);
      }
      int squares = meanOf(v);
      if (squares < 0 || !isSquare(squares)) {
        return null;
      }
      take(v);
      take(mean);
      int y = result(g.ops().get(root).output(0), inverse);
      if (y < 0 || channelsOf(g, x) < 2) {
        return null;
      }
      y = tail(y);
      return isClosed(y)
          ? new NormPattern(x, mean, v, y, epsilon, factor, shift, Set.copyOf(ops))
          : null;
    }

    private boolean take(int tensor) {
      int p = g.main().producer(tensor);
      return p >= 0 && ops.add(p);
    }

    private Op producer(int tensor, Function function) {
      int p = tensor < 0 ? -1 : g.main().producer(tensor);
      return p >= 0 && is(g.ops().get(p), function) ? g.ops().get(p) : null;
    }

    private static boolean is(Op op, Function function) {
      return op.kind() instanceof OpKind.Binary b
          && b.function() == function
          && b.activation() == Activation.NONE;
    }

    /** What a tensor is the mean of along the last axis; -1 if it is no such mean. */
    private int meanOf(int tensor) {
      int p = tensor < 0 ? -1 : g.main().producer(tensor);
      if (p < 0
          || !(g.ops().get(p).kind() instanceof OpKind.Reduce r)
          || r.function() != OpKind.Reduce.Function.MEAN
          || !r.keepDims()) {
        return -1;
      }
      Op op = g.ops().get(p);
      Tensor axes = g.tensor(op.input(1));
      int rank = g.tensor(op.input(0)).shape().rank();
      if (!axes.isConstant()
          || axes.type() != ElementType.INT32
          || axes.shape().elements() != 1
          || g.tensor(tensor).type() != ElementType.FLOAT32) {
        return -1;
      }
      Constant.Dense constant = g.constant(op.input(1));
      int axis = constant.values().order(ByteOrder.LITTLE_ENDIAN).getInt(0);
      return axis == -1 || axis == rank - 1 ? op.input(0) : -1;
    }

    /** Whether a tensor is the square of x less its mean; learns x and the mean. */
    private boolean isSquare(int tensor) {
      Op difference = producer(tensor, Function.SQUARED_DIFFERENCE);
      if (difference != null) {
        take(tensor);
        return isDifference(difference.input(0), difference.input(1))
            || isDifference(difference.input(1), difference.input(0));
      }
      int centred = squared(tensor);
      Op sub = producer(centred, Function.SUB);
      if (sub == null || !isDifference(sub.input(0), sub.input(1))) {
        return false;
      }
      take(tensor);
      take(centred);
      return true;
    }

    private boolean isDifference(int of, int from) {
      if (meanOf(from) != of) {
        return false;
      }
      x = of;
      mean = from;
      return true;
    }

    /** What a tensor is the square of; -1 if it is none. */
    private int squared(int tensor) {
      int p = g.main().producer(tensor);
      if (p < 0) {
        return -1;
      }
      Op op = g.ops().get(p);
      if (op.kind() instanceof OpKind.Unary u && u.function() == OpKind.Unary.Function.SQUARE) {
        return op.input(0);
      }
      boolean power =
          is(op, Function.POW)
              && isScalar(op.input(1))
              && Neighbours.floats(g, op.input(1))[0] == 2;
      boolean product = is(op, Function.MUL) && op.input(0) == op.input(1);
      return power || product ? op.input(0) : -1;
    }

    /** Goes from the root to x less its mean times the root; -1 if it does not come there. */
    private int result(int root, boolean inverse) {
      List<Integer> readers = g.main().consumers(root);
      if (readers.size() == 2 && inverse) {
        return shifted(root);
      }
      if (readers.size() != 1) {
        return -1;
      }
      Op op = g.ops().get(readers.get(0));
      if (!inverse) {
        boolean divides = is(op, Function.DIV) && op.input(1) == root && isCentred(op.input(0));
        return divides ? taken(readers.get(0)) : -1;
      }
      if (!is(op, Function.MUL) || op.input(0) == op.input(1)) {
        return -1;
      }
      int other = op.input(op.input(0) == root ? 1 : 0);
      if (isCentred(other)) {
        return taken(readers.get(0));
      }
      if (!isChannels(other)) {
        return -1;
      }
      factor = other;
      int product = taken(readers.get(0));
      List<Integer> then = g.main().consumers(product);
      if (then.size() == 2) {
        return shifted(product);
      }
      if (then.size() != 1 || !is(g.ops().get(then.get(0)), Function.MUL)) {
        return -1;
      }
      Op last = g.ops().get(then.get(0));
      return isCentred(last.input(last.input(0) == product ? 1 : 0)) ? taken(then.get(0)) : -1;
    }

    private int taken(int op) {
      ops.add(op);
      return g.ops().get(op).output(0);
    }

    /** x less its mean, by the op that makes the squares or by one of its own. */
    private boolean isCentred(int tensor) {
      Op sub = producer(tensor, Function.SUB);
      if (sub == null || sub.input(0) != x || sub.input(1) != mean) {
        return false;
      }
      take(tensor);
      return true;
    }

    /** x * p + (shift - mean * p), or x * p - mean * p. */
    private int shifted(int p) {
      int ofX = -1;
      int ofMean = -1;
      for (int reader : g.main().consumers(p)) {
        Op op = g.ops().get(reader);
        if (!is(op, Function.MUL)) {
          return -1;
        }
        int other = op.input(op.input(0) == p ? 1 : 0);
        ofX = other == x ? taken(reader) : ofX;
        ofMean = other == mean ? taken(reader) : ofMean;
      }
      int last = ofX < 0 || ofMean < 0 ? -1 : Neighbours.onlyReader(g, ofX);
      if (last < 0) {
        return -1;
      }
      Op op = g.ops().get(last);
      if (is(op, Function.SUB)) {
        return op.input(0) == ofX && op.input(1) == ofMean ? taken(last) : -1;
      }
      if (!is(op, Function.ADD)) {
        return -1;
      }
      int rest = op.input(op.input(0) == ofX ? 1 : 0);
      Op sub = producer(rest, Function.SUB);
      if (sub == null || sub.input(1) != ofMean || !isChannels(sub.input(0))) {
        return -1;
      }
      shift = sub.input(0);
      take(rest);
      return taken(last);
    }

    /** Takes a factor and a shift that follow. */
    private int tail(int from) {
      int y = from;
      for (int times = 0; times < 2; times++) {
        int reader = Neighbours.onlyReader(g, y);
        if (reader < 0 || shift >= 0) {
          return y;
        }
        Op op = g.ops().get(reader);
        boolean product = is(op, Function.MUL) && factor < 0;
        if (!product && !is(op, Function.ADD)) {
          return y;
        }
        int values = op.input(op.input(0) == y ? 1 : 0);
        if (!isChannels(values)) {
          return y;
        }
        if (product) {
          factor = values;
        } else {
          shift = values;
        }
        y = taken(reader);
      }
      return y;
    }

    private boolean isScalar(int tensor) {
      return Neighbours.isFloatConstant(g, tensor) && g.tensor(tensor).shape().elements() == 1;
    }

    /** Whether a tensor is a constant with one number for each channel, or one for all. */
    private boolean isChannels(int tensor) {
      if (!Neighbours.isFloatConstant(g, tensor)) {
        return false;
      }
      int count = channelsOf(g, x);
      long elements = g.tensor(tensor).shape().elements();
      return elements == 1 || (elements == count && channelsOf(g, tensor) == count);
    }

    /** Whether nobody outside reads what lies between x and y, and y is like x. */
    private boolean isClosed(int y) {
      for (int op : ops) {
        for (int t : g.ops().get(op).outputs()) {
          if (t != y
              && (g.outputs().contains(t)
                  || g.main().consumers(t).isEmpty()
                  || !ops.containsAll(g.main().consumers(t)))) {
            return false;
          }
        }
      }
      return g.tensor(y).type() == ElementType.FLOAT32
          && g.tensor(y).shape().equals(g.tensor(x).shape());
    }
  }
}
