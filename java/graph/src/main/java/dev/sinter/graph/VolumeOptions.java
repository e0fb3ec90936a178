// How windows move over volumes: the options of CONV_3D and CONV_3D_TRANSPOSE.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

/** Read from an op that the graph holds as its format does; axes are depth, height, width. */
public final class VolumeOptions {
  /** How many axes a volume has. */
  public static final int AXES = 3;

  private static final String[] NAMES = {"d", "h", "w"};

  private final OpKind.Foreign op;

  /**
   * Reads an op's options.
   *
   * @param op a CONV_3D or CONV_3D_TRANSPOSE
   */
  public VolumeOptions(OpKind.Foreign op) {
    this.op = op;
  }

  /**
   * Returns what stands around a volume.
   *
   * @return by the format's numbers: 0 SAME, else VALID
   */
  public Padding padding() {
    return op.number("padding") == 0 ? Padding.SAME : Padding.VALID;
  }

  /**
   * Returns how far windows are apart.
   *
   * @param axis 0, 1 or 2
   * @return as the file has it
   */
  public int stride(int axis) {
    return op.number("stride_" + NAMES[axis]);
  }

  /**
   * Returns how far a window's taps are apart.
   *
   * @param axis 0, 1 or 2
   * @return as the file has it
   */
  public int dilation(int axis) {
    return op.number("dilation_" + NAMES[axis] + "_factor");
  }

  /**
   * Returns the windows over one axis.
   *
   * @param axis 0, 1 or 2
   * @param size of the volume along it
   * @param window taps along it
   * @return their number and the border they need
   */
  public Padding.Extent along(int axis, int size, int window) {
    return padding().along(size, window, stride(axis), dilation(axis));
  }
}
