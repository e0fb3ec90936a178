// TensorFlow's two padding rules, and the numbers they give.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

/** How windows that reach over the edge are handled. The order is that of TFLite's files. */
public enum Padding {
  /**
   * As many windows as strides fit into the input; padding is added evenly, an odd one at the end.
   */
  SAME,
  /** Only windows that lie inside. */
  VALID;

  /**
   * The numbers of one spatial dimension.
   *
   * @param size output positions
   * @param before padding before the first input position
   * @param after padding after the last, as far as windows reach
   */
  public record Extent(int size, int before, int after) {}

  /**
   * Computes output size and padding along one dimension as TFLite does.
   *
   * @param input input positions
   * @param window window positions
   * @param stride distance of windows, at least 1
   * @param dilation distance of window positions, at least 1
   * @return the numbers; size 0 where a VALID window does not fit
   * @throws GraphException if window, stride or dilation is not positive
   */
  public Extent along(int input, int window, int stride, int dilation) {
    if (input < 0 || window <= 0 || stride <= 0 || dilation <= 0) {
      throw new GraphException(
          "Window "
              + window
              + ", stride "
              + stride
              + ", dilation "
              + dilation
              + " over "
              + input
              + " positions: window, stride and dilation must be positive");
    }
    long effective = (window - 1L) * dilation + 1;
    long size =
        this == SAME
            ? (input + stride - 1L) / stride
            : Math.max(0, (input - effective + stride) / stride);
    if (this == VALID || size == 0) {
      return new Extent((int) size, 0, 0);
    }
    long total = Math.max(0, (size - 1) * stride + effective - input);
    if (total > Integer.MAX_VALUE) {
      throw new GraphException("Window " + window + " with dilation " + dilation + " is too large");
    }
    return new Extent((int) size, (int) (total / 2), (int) (total - total / 2));
  }
}
