// What became of a model: the kernel of every step and why not a faster one.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import java.util.List;

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
 */
public record Report(
    String target,
    List<StepReport> steps,
    List<String> notes,
    long arenaBytes,
    long packedBytes,
    Device device,
    String deviceMessage) {
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
   * @param device what runs it
   * @param deviceRefusal why the device that the model runs on does not run this step; null if it
   *     does, or if there is none beside the processor
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
      Device device,
      String deviceRefusal) {}
}
