// Finds RMS normalization, which files hold as five to eight ops.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import java.util.List;

/**
 * Over the last dimension of floats, in the spellings that converters leave:
 *
 * <pre>
 * r = RSQRT(mean square + epsilon)
 * x * r, x * r * gamma, x * (r * gamma), or x / SQRT(mean square + epsilon), this times gamma, too
 * </pre>
 *
 * The mean square is MEAN(x * x) or a SUM divided by the depth or multiplied by its inverse; x * x
 * is MUL, SQUARE or POW by 2. RESHAPE may bring back the last dimension anywhere before the root.
 * Nothing is found where anybody else reads what stands between.
 */
final class RmsNorms extends NormFinder {
  /** LAYER_NORM_RMS of native/src/kernels/layer_norm/op.h. */
  static final int RMS = 2;

  RmsNorms(Part part) {
    super(part);
  }

  @Override
  RowNorms.Found around(int root) {
    ops.add(root);
    boolean inverse = ((OpKind.Unary) op(root).kind()).function() == OpKind.Unary.Function.RSQRT;
    int sum = producer(beforeReshape(op(root).input(0)), OpKind.Binary.Function.ADD);
    if (sum < 0) {
      return null;
    }
    Float epsilon = scalar(op(sum).input(1));
    int mean = op(sum).input(epsilon != null ? 0 : 1);
    epsilon = epsilon != null ? epsilon : scalar(op(sum).input(0));
    int squares = epsilon == null ? -1 : meanOf(beforeReshape(mean));
    int x = squares < 0 ? -1 : rootOf(squares);
    int r = op(root).output(0);
    if (x < 0
        || !main.tensor(x).type().equals(ElementType.FLOAT32)
        || !shapes.get(r).equals(withoutColumns(shapes.get(x)))) {
      return null;
    }
    return inverse ? multiplied(r, x, epsilon) : divided(r, x, epsilon);
  }

  private static Shape withoutColumns(Shape shape) {
    int[] dims = shape.toArray();
    dims[dims.length - 1] = 1;
    return Shape.of(dims);
  }

  /** What follows the inverse root r. */
  private RowNorms.Found multiplied(int r, int x, float epsilon) {
    int product = onlyConsumer(r, OpKind.Binary.Function.MUL);
    if (product < 0) {
      return null;
    }
    int factor = other(product, r);
    if (factor == x) {
      return scaled(product, x, epsilon);
    }
    int last =
        isColumns(factor, x) ? onlyConsumer(op(product).output(0), OpKind.Binary.Function.MUL) : -1;
    return last >= 0 && other(last, op(product).output(0)) == x
        ? found(RMS, x, factor, -1, epsilon, last)
        : null;
  }

  /** What follows the root itself. */
  private RowNorms.Found divided(int root, int x, float epsilon) {
    int quotient = onlyConsumer(root, OpKind.Binary.Function.DIV);
    return quotient >= 0 && op(quotient).input(0) == x && op(quotient).input(1) == root
        ? scaled(quotient, x, epsilon)
        : null;
  }

  /** With gamma, if the normalized rows are multiplied by one and nothing else is done to them. */
  private RowNorms.Found scaled(int normalized, int x, float epsilon) {
    int y = op(normalized).output(0);
    List<Integer> readers = main.consumers(y);
    int next = readers.size() == 1 ? readers.get(0) : -1;
    if (next >= 0 && has(next) && is(next, OpKind.Binary.Function.MUL)) {
      int gamma = other(next, y);
      if (isColumns(gamma, x)) {
        ops.add(next);
        RowNorms.Found found = found(RMS, x, gamma, -1, epsilon, next);
        if (found != null) {
          return found;
        }
        ops.remove(next);
      }
    }
    return found(RMS, x, -1, -1, epsilon, normalized);
  }

  /** The squares whose mean over the last dimension this is, or -1. */
  private int meanOf(int tensor) {
    int index = overLastDimension(tensor, OpKind.Reduce.Function.MEAN);
    if (index >= 0) {
      return op(index).input(0);
    }
    int quotient = producer(tensor, OpKind.Binary.Function.DIV);
    int part = quotient >= 0 ? quotient : producer(tensor, OpKind.Binary.Function.MUL);
    if (part < 0) {
      return -1;
    }
    Float factor = scalar(op(part).input(1));
    int sum =
        factor == null
            ? -1
            : overLastDimension(beforeReshape(op(part).input(0)), OpKind.Reduce.Function.SUM);
    if (sum < 0) {
      return -1;
    }
    float depth = shapes.get(op(sum).input(0)).dim(-1);
    boolean mean = quotient >= 0 ? factor == depth : factor == 1f / depth;
    return mean ? op(sum).input(0) : -1;
  }

  /** The tensor whose squares these are, or -1. */
  private int rootOf(int squares) {
    int index = main.producer(squares);
    if (!has(index)) {
      return -1;
    }
    Op op = op(index);
    boolean square =
        (op.kind() instanceof OpKind.Unary u && u.function() == OpKind.Unary.Function.SQUARE)
            || (is(index, OpKind.Binary.Function.MUL) && op.input(0) == op.input(1))
            || (is(index, OpKind.Binary.Function.POW)
                && Float.valueOf(2f).equals(scalar(op.input(1))));
    if (!square) {
      return -1;
    }
    ops.add(index);
    return op.input(0);
  }

  /** What a RESHAPE read that makes a tensor; else the tensor itself. */
  private int beforeReshape(int tensor) {
    int index = main.producer(tensor);
    if (!has(index) || !(op(index).kind() instanceof OpKind.Reshape)) {
      return tensor;
    }
    ops.add(index);
    return op(index).input(0);
  }
}
