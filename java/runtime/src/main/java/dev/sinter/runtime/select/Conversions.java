// Changes of layout around a step: rows with a cost like any other.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.select;

import dev.sinter.runtime.catalogue.Layout;
import dev.sinter.runtime.catalogue.Row;
import dev.sinter.runtime.lower.Step;

/** Makes the steps that bring a matrix product's operands into another layout and back. */
public final class Conversions {
  private Conversions() {}

  /** The step that converts the input (to quads) or the output (from quads); null for none. */
  public static Step of(Step gemm, Layout from, Layout to) {
    if (from == to) {
      return null;
    }
    boolean input = to == Layout.PLANAR_QUADS;
    int pixels = gemm.param("m");
    int channels = gemm.param(input ? "k" : "n");
    return Step.conversion(gemm, input, pixels, channels);
  }

  /** Whether a row of the layout op goes the way that a step wants. */
  static boolean matches(Step step, Row row) {
    boolean toQuads = step.label().startsWith("to ");
    return row.layoutIn() == (toQuads ? Layout.NHWC : Layout.PLANAR_QUADS)
        && row.layoutOut() == (toQuads ? Layout.PLANAR_QUADS : Layout.NHWC);
  }
}
