// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.select;

/**
 * What a row costs on one core of a machine: {@code max(work / products, bytes / weightBytes) +
 * elements of A * input + elements of C * output + call} cycles. Input and output are of matrix
 * products alone.
 *
 * @param products multiply-accumulates (of ops without products: elements) per cycle at the inner
 *     loop's best
 * @param weightBytes bytes of packed weights per cycle that pass through the inner loop; 0: no
 *     bound
 * @param call cycles of a call that does next to nothing
 * @param input cycles per element of A beside the products
 * @param output cycles per element of C beside the products
 */
public record RowCost(
    double products, double weightBytes, double call, double input, double output) {
  /** Checks the numbers. */
  public RowCost {
    if (!(products > 0)
        || !(weightBytes >= 0)
        || !(call >= 0)
        || !(input >= 0)
        || !(output >= 0)
        || Double.isInfinite(products + weightBytes + call + input + output)) {
      throw new IllegalArgumentException(
          "products must be above 0, the others at least 0, all finite: products "
              + products
              + ", weightBytes "
              + weightBytes
              + ", call "
              + call
              + ", input "
              + input
              + ", output "
              + output);
    }
  }
}
