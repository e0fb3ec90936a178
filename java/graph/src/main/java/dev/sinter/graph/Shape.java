// An immutable tensor shape.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.util.Arrays;
import java.util.Objects;

/**
 * The shape of a tensor: its dimensions, outermost first; -1 stands for a dimension that is not
 * known.
 */
public final class Shape {
  /** The shape of a scalar. */
  public static final Shape SCALAR = new Shape(new int[0]);

  private static final long MAX_ELEMENTS = 1L << 40;

  private final int[] dims;

  private Shape(int[] dims) {
    this.dims = dims;
  }

  /**
   * Makes a shape.
   *
   * @param dims dimensions, outermost first
   * @return the shape
   */
  public static Shape of(int... dims) {
    return dims.length == 0 ? SCALAR : new Shape(dims.clone());
  }

  /**
   * Returns the number of dimensions.
   *
   * @return the rank
   */
  public int rank() {
    return dims.length;
  }

  /**
   * Returns one dimension.
   *
   * @param axis which one; negative counts from the end, -1 being the last
   * @return its size
   */
  public int dim(int axis) {
    return dims[axis < 0 ? axis + dims.length : axis];
  }

  /**
   * Returns the dimensions.
   *
   * @return a copy
   */
  public int[] toArray() {
    return dims.clone();
  }

  /**
   * Tells whether every dimension is known.
   *
   * @return false if one is negative
   */
  public boolean isKnown() {
    for (int d : dims) {
      if (d < 0) {
        return false;
      }
    }
    return true;
  }

  /**
   * Returns the number of elements.
   *
   * @return the product of the dimensions, 1 for a scalar
   * @throws GraphException if a dimension is not known or the product overflows
   */
  public long elements() {
    long n = 1;
    boolean zero = false;
    for (int d : dims) {
      if (d < 0) {
        throw new GraphException(
            "Shape " + this + " has an unknown dimension; give the input shapes first");
      }
      zero |= d == 0;
    }
    if (zero) {
      return 0;
    }
    for (int d : dims) {
      if (n > MAX_ELEMENTS / d) {
        throw new GraphException("Shape " + this + " has more elements than can be handled (2^40)");
      }
      n *= d;
    }
    return n;
  }

  /**
   * Returns the number of elements in a range of dimensions.
   *
   * @param from the first dimension
   * @param to the dimension after the last
   * @return the product, 1 for an empty range
   * @throws IndexOutOfBoundsException if a dimension is outside of the rank
   */
  public long elements(int from, int to) {
    Objects.checkFromToIndex(from, to, dims.length); // a copy would pad what is beyond with 0
    return of(Arrays.copyOfRange(dims, from, to)).elements();
  }

  /**
   * Returns this shape with another size for one dimension.
   *
   * @param axis which one; negative counts from the end
   * @param size its new size
   * @return the new shape
   */
  public Shape withDim(int axis, int size) {
    int[] d = dims.clone();
    d[axis < 0 ? axis + d.length : axis] = size;
    return new Shape(d);
  }

  /**
   * Returns some of the dimensions.
   *
   * @param from the first
   * @param to behind the last
   * @return a shape of these alone
   */
  public Shape subShape(int from, int to) {
    return new Shape(Arrays.copyOfRange(dims, from, to));
  }

  /**
   * Returns these dimensions and another shape's behind them.
   *
   * @param other the other shape
   * @return both
   */
  public Shape concat(Shape other) {
    int[] all = Arrays.copyOf(dims, dims.length + other.dims.length);
    System.arraycopy(other.dims, 0, all, dims.length, other.dims.length);
    return new Shape(all);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Shape shape && Arrays.equals(dims, shape.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  @Override
  public String toString() {
    return Arrays.toString(dims);
  }
}
