// What STRIDED_SLICE takes of a tensor.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The elements that a slice takes, dimension by dimension of its input.
 *
 * @param start first position per dimension of the input
 * @param step distance of positions per dimension; may be negative
 * @param count how many positions per dimension
 * @param shape shape of the result: without the dimensions that shrink, with those that are new
 */
public record Slices(List<Integer> start, List<Integer> step, List<Integer> count, Shape shape) {
  /**
   * Keeps immutable copies.
   *
   * @param start first position per dimension of the input
   * @param step distance of positions per dimension; may be negative
   * @param count how many positions per dimension
   * @param shape shape of the result
   */
  public Slices {
    start = List.copyOf(start);
    step = List.copyOf(step);
    count = List.copyOf(count);
  }

  /**
   * What the masks of STRIDED_SLICE say, a bit per entry of begin, end and strides.
   *
   * @param begin start at the end that the direction begins with
   * @param end go to the other end
   * @param ellipsis the dimensions that nothing is said about
   * @param newAxis a new dimension of size 1
   * @param shrink take one position and drop the dimension
   * @param offset whether end counts from begin
   */
  public record Masks(int begin, int end, int ellipsis, int newAxis, int shrink, boolean offset) {
    /**
     * Reads them from an op.
     *
     * @param op a STRIDED_SLICE
     * @return the masks
     */
    public static Masks of(OpKind.Foreign op) {
      return new Masks(
          op.number("begin_mask"),
          op.number("end_mask"),
          op.number("ellipsis_mask"),
          op.number("new_axis_mask"),
          op.number("shrink_axis_mask"),
          op.number("offset") != 0);
    }
  }

  /**
   * Computes a slice.
   *
   * @param in shape of the input
   * @param begin first positions
   * @param end positions behind the last
   * @param strides distances
   * @param m the masks
   * @return what is taken
   * @throws GraphException if that is nothing a slice can take
   */
  public static Slices strided(Shape in, int[] begin, int[] end, int[] strides, Masks m) {
    if (begin.length != end.length || begin.length != strides.length) {
      throw new GraphException("begin, end and strides are not of one length");
    }
    List<Integer> start = new ArrayList<>();
    List<Integer> step = new ArrayList<>();
    List<Integer> count = new ArrayList<>();
    List<Integer> shape = new ArrayList<>();
    int named = 0;
    for (int i = 0; i < begin.length; i++) {
      named += bit(m.newAxis(), i) || bit(m.ellipsis(), i) ? 0 : 1;
    }
    if (named > in.rank()) {
      throw new GraphException("it slices " + named + " dimensions of an input " + in);
    }
    for (int i = 0; i < begin.length; i++) {
      int d = start.size();
      if (bit(m.ellipsis(), i)) {
        whole(in, d, d + in.rank() - named, start, step, count, shape);
      } else if (bit(m.newAxis(), i)) {
        shape.add(1);
      } else {
        int size = in.dim(d);
        if (strides[i] == 0) {
          throw new GraphException("a stride is 0");
        }
        int from = start(size, begin[i], strides[i], bit(m.begin(), i));
        int n;
        if (bit(m.shrink(), i)) {
          if (from < 0 || from >= size) {
            throw new GraphException("position " + begin[i] + " is outside of " + in);
          }
          n = 1;
        } else {
          int to =
              m.offset() && !bit(m.end(), i)
                  ? clamp(from + end[i], strides[i], size)
                  : stop(size, end[i], strides[i], bit(m.end(), i));
          n = Math.max(0, (to - from + strides[i] - Integer.signum(strides[i])) / strides[i]);
          shape.add(n);
        }
        start.add(from);
        step.add(strides[i]);
        count.add(n);
      }
    }
    whole(in, start.size(), in.rank(), start, step, count, shape);
    return new Slices(
        start, step, count, Shape.of(shape.stream().mapToInt(Integer::intValue).toArray()));
  }

  /**
   * Computes the slice of a SLICE op.
   *
   * @param in shape of the input
   * @param begin first positions
   * @param size how many positions, -1 for all that follow
   * @return what is taken
   * @throws GraphException if it leads out of the input
   */
  public static Slices plain(Shape in, int[] begin, int[] size) {
    if (begin.length != in.rank() || size.length != in.rank()) {
      throw new GraphException("begin and size do not fit the rank of the input " + in);
    }
    List<Integer> count = new ArrayList<>();
    for (int d = 0; d < begin.length; d++) {
      int n = size[d] == -1 ? in.dim(d) - begin[d] : size[d];
      if (begin[d] < 0 || n < 0 || (long) begin[d] + n > in.dim(d)) {
        throw new GraphException(
            "begin "
                + Arrays.toString(begin)
                + " and size "
                + Arrays.toString(size)
                + " lead out of the input "
                + in);
      }
      count.add(n);
    }
    return new Slices(
        Arrays.stream(begin).boxed().toList(),
        java.util.Collections.nCopies(begin.length, 1),
        count,
        Shape.of(count.stream().mapToInt(Integer::intValue).toArray()));
  }

  private static void whole(
      Shape in,
      int from,
      int to,
      List<Integer> start,
      List<Integer> step,
      List<Integer> count,
      List<Integer> shape) {
    for (int d = from; d < to; d++) {
      start.add(0);
      step.add(1);
      count.add(in.dim(d));
      shape.add(in.dim(d));
    }
  }

  private static boolean bit(int mask, int i) {
    return (mask >> i & 1) != 0;
  }

  private static int start(int size, int begin, int stride, boolean masked) {
    if (masked) {
      return stride > 0 ? 0 : size - 1;
    }
    return clamp(begin < 0 ? begin + size : begin, stride, size);
  }

  private static int stop(int size, int end, int stride, boolean masked) {
    if (masked) {
      return stride > 0 ? size : -1;
    }
    return clamp(end < 0 ? end + size : end, stride, size);
  }

  private static int clamp(int position, int stride, int size) {
    return stride > 0
        ? Math.max(0, Math.min(position, size))
        : Math.max(-1, Math.min(position, size - 1));
  }
}
