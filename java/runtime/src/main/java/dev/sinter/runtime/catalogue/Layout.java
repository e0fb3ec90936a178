// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.catalogue;

import dev.sinter.runtime.SinterException;
import dev.sinter.runtime.Status;

/** How a tensor lies in memory. */
public enum Layout {
  /** Row-major, channels innermost. */
  NHWC,
  /** [H][C/4][W][4]: four channels of a pixel together, pixels of a row side by side. */
  PLANAR_QUADS;

  static Layout of(String word) {
    return switch (word) {
      case "nhwc" -> NHWC;
      case "planar_quads" -> PLANAR_QUADS;
      default ->
          throw new SinterException(
              Status.UNSUPPORTED, "catalogue of the native library: layout " + word);
    };
  }

  /** Whether a matrix of this many pixels and channels has the same bytes in both layouts. */
  public static boolean same(Layout a, Layout b, int pixels, int channels) {
    return a == b || (pixels == 1 && channels % 4 == 0);
  }
}
