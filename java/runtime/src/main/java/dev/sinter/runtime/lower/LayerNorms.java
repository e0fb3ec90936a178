// Finds layer normalization, which files hold as nine or ten ops.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import java.util.List;

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
final class LayerNorms extends NormFinder {
  private static final int FOLDED = 0;
  private static final int CENTERED = 1;

  LayerNorms(Part part) {
    super(part);
  }

  @Override
  RowNorms.Found around(int root) {
    if (((OpKind.Unary) op(root).kind()).function() != OpKind.Unary.Function.RSQRT) {
      return null;
    }
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
    return isColumns(factor, x)
        ? folded(product, factor, x, mean, epsilon)
        : centered(product, factor, x, mean, epsilon);
  }

  /** r * gamma is in `product`. */
  private RowNorms.Found folded(int product, int gamma, int x, int mean, float epsilon) {
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
  private RowNorms.Found centered(int product, int difference, int x, int mean, float epsilon) {
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

  /** The tensor whose mean over its last dimension this is, or -1. */
  private int meanOf(int tensor) {
    int index = overLastDimension(tensor, OpKind.Reduce.Function.MEAN);
    return index >= 0 && ((OpKind.Reduce) op(index).kind()).keepDims() ? op(index).input(0) : -1;
  }

  /** The mean from which `squares` are the squares of differences, or -1. */
  private int deviation(int squares) {
    int index = main.producer(squares);
    if (!has(index)) {
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
    return has(index) && op(index).kind() instanceof OpKind.Reduce && op(index).input(0) == x;
  }
}
