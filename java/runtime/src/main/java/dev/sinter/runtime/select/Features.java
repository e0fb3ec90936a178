// What a step asks of a row, in the quantities that a row's cost is made of.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.select;

import dev.sinter.runtime.catalogue.Row;
import dev.sinter.runtime.lower.Step;

/**
 * The work of a matrix product on a processor.
 *
 * @param products multiply-accumulates, those of rounded-up tiles included, those left out not
 * @param weightBytes bytes of packed weights
 * @param inputs elements of A
 * @param outputs elements of C
 */
public record Features(double products, double weightBytes, double inputs, double outputs) {
  /**
   * Looks at a matrix product.
   *
   * @param step of the op gemm
   * @param row one of its rows
   * @param density share of the row's blocks that are not zero; not used by rows that keep all
   */
  public static Features of(Step step, Row row, double density) {
    int m = step.param("m");
    int n = step.param("n");
    int k = step.param("k");
    double weights = roundUp(n, row.tileN()) * roundUp(k, row.tileK());
    double products = m * weights;
    int height = row.packing() == null ? 0 : row.packing().blockHeight();
    if (height > 0) {
      // Pixels stand side by side in vectors; other rows have narrower code for those left over.
      products = (m == 1 ? 1 : roundUp(m, row.tileM())) * weights * density;
      weights *= density * (1 + 0.5 / height); // an index of 2 bytes for 4 weights of each output
    }
    if (step.types().get(0).equals("f32")) {
      weights *= CostModel.bytesPerWeight(step);
    }
    return new Features(products, weights, (double) m * k, (double) m * n);
  }

  /**
   * Counts the products of a convolution on a processor.
   *
   * @param step of the op conv
   * @param row one of its rows
   * @return multiply-accumulates, those of rounded-up outputs and rows of the kernel included
   */
  public static double convolution(Step step, Row row) {
    int groups = step.param("groups");
    int columns = step.param("out_c") / groups;
    int run = step.param("kernel_w") * (step.param("in_c") / groups);
    return step.work()
        * (roundUp(columns, row.tileN()) / columns)
        * (roundUp(run, row.tileK()) / run);
  }

  static double roundUp(int value, int tile) {
    return Math.ceil((double) value / tile) * tile;
  }
}
