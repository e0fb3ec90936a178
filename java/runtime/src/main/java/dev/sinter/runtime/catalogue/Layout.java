// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.catalogue;

/** How a tensor lies in memory. */
public enum Layout {
  /** Row-major, channels innermost. */
  NHWC,
  /** [H][C/4][W][4]: four channels of a pixel together, pixels of a row side by side. */
  PLANAR_QUADS;

  /** Whether a matrix of this many pixels and channels has the same bytes in both layouts. */
  public static boolean same(Layout a, Layout b, int pixels, int channels) {
    return a == b || (pixels == 1 && channels % 4 == 0);
  }
}
