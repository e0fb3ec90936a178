// What became of a model: the kernel of every step and why not a faster one.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import java.util.List;
import java.util.Set;

/**
 * What became of a model for given input shapes.
 *
 * @param target names of the instruction sets in use
 * @param steps the kernel calls in order
 * @param notes what was fused, folded or converted
 * @param arenaBytes memory for intermediate values, per session
 * @param packedBytes packed weights and constants, per model
 * @param device the device that was asked for if it can be used, else the processor
 * @param deviceMessage why the device that was asked for cannot be used; null if it can
 * @param costs which figures kernels were chosen by
 */
public record Report(
    String target,
    List<StepReport> steps,
    List<String> notes,
    long arenaBytes,
    long packedBytes,
    Device device,
    String deviceMessage,
    String costs) {
  /**
   * One kernel call.
   *
   * @param op index of the op in the model, -1 for a copy to an output
   * @param what the op and its shapes
   * @param kernel name of the row that runs
   * @param numerics name of its numeric definition
   * @param packing name of the form of its packed weights, or null
   * @param packedBytes their size
   * @param work multiply-accumulates, or elements for ops without products
   * @param refusals rows that were expected to be faster, and why they were not taken
   * @param choice why a kernel that leaves out zeros was chosen or not, for weights with zeros;
   *     else null
   * @param device what runs it
   * @param deviceRefusal why the device that the model runs on does not run this step; null if it
   *     does, or if there is none beside the processor
   * @param function the native op, such as gemm; "java" for an op in Java
   * @param types element types of its operands, packed weights included, the result last
   * @param valueBytes what it must read and write at least beside its packed weights; of a tensor
   *     that it takes a part of, as much as it gives
   */
  public record StepReport(
      int op,
      String what,
      String kernel,
      String numerics,
      String packing,
      long packedBytes,
      double work,
      List<String> refusals,
      String choice,
      Device device,
      String deviceRefusal,
      String function,
      List<String> types,
      long valueBytes) {
    private static final Set<String> MULTIPLYING =
        Set.of(
            "gemm", "conv", "depthwise", "transpose_conv", "batch_matmul", "lstm", "rnn", "svdf");

    /**
     * Tells what {@link #work} counts.
     *
     * @return true for multiply-accumulates, false for elements
     */
    public boolean multiplies() {
      return MULTIPLYING.contains(function);
    }
  }
}
