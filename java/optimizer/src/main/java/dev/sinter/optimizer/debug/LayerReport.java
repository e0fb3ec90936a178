// What the debugger found about one value of a model and the ops that make it.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import java.util.List;

/**
 * One layer: what computes one value that both models have, usually one op.
 *
 * @param index its place in the report
 * @param op name of the compressed model's op, such as CONV_2D; INPUT for an input of the model
 * @param opIndex its index in the compressed model, -1 for an input
 * @param ops all ops of the compressed model that belong to it
 * @param referenceOps the ops of the reference in their place
 * @param tensor the value's index in the compressed model
 * @param name its name there
 * @param referenceName its name in the reference
 * @param how how the two were found to belong together
 * @param type its type in the compressed model
 * @param shape its shape
 * @param scale its step, 0 where it is not quantized
 * @param zeroPoint the stored number that stands for 0
 * @param inputs places in the report of the layers whose values it takes
 * @param own error born here: the compressed op against the reference's op, both on the reference's
 *     values rounded as the compressed op takes them; null where the op cannot run alone
 * @param local that and what the rounding of its inputs adds: against the reference's own values;
 *     null where the op cannot run alone
 * @param cumulative error of the whole compressed model up to here
 * @param rounding error of the reference's values when they are merely stored in this tensor; null
 *     where it is not quantized
 * @param values ranges, histograms, saturation
 * @param channels cumulative errors by channel
 * @param ownChannels errors born here by channel; null where the op cannot run alone
 * @param weights what became of its weights; null if it has none
 * @param bytes bytes of its constants in the compressed file
 * @param referenceBytes bytes of its constants in the reference's file
 * @param micros microseconds of a run that it takes in the compressed model; NaN if not measured, 0
 *     where another layer's kernel does its work
 * @param referenceMicros the same in the reference
 */
public record LayerReport(
    int index,
    String op,
    int opIndex,
    List<Integer> ops,
    List<Integer> referenceOps,
    int tensor,
    String name,
    String referenceName,
    ModelMatch.How how,
    String type,
    String shape,
    double scale,
    long zeroPoint,
    List<Integer> inputs,
    ErrorMetrics own,
    ErrorMetrics local,
    ErrorMetrics cumulative,
    ErrorMetrics rounding,
    TensorValues values,
    ChannelErrors channels,
    ChannelErrors ownChannels,
    WeightErrors weights,
    long bytes,
    long referenceBytes,
    double micros,
    double referenceMicros) {
  /**
   * Keeps immutable copies of the lists.
   *
   * @param index its place in the report
   * @param op name of the compressed model's op
   * @param opIndex its index in the compressed model
   * @param ops all ops of the compressed model that belong to it
   * @param referenceOps the ops of the reference in their place
   * @param tensor the value's index in the compressed model
   * @param name its name there
   * @param referenceName its name in the reference
   * @param how how the two were found to belong together
   * @param type its type in the compressed model
   * @param shape its shape
   * @param scale its step
   * @param zeroPoint the stored number that stands for 0
   * @param inputs layers whose values it takes
   * @param own error born here
   * @param local that and the rounding of its inputs
   * @param cumulative error of the whole compressed model up to here
   * @param rounding error of merely storing the values
   * @param values ranges, histograms, saturation
   * @param channels cumulative errors by channel
   * @param ownChannels errors born here by channel
   * @param weights what became of its weights
   * @param bytes bytes of its constants in the compressed file
   * @param referenceBytes bytes of its constants in the reference's file
   * @param micros microseconds in the compressed model
   * @param referenceMicros microseconds in the reference
   */
  public LayerReport {
    ops = List.copyOf(ops);
    referenceOps = List.copyOf(referenceOps);
    inputs = List.copyOf(inputs);
  }

  /**
   * Tells whether this layer differs from the reference's at all: where it does not, its own error
   * is only that of floats added up in another order.
   *
   * @return true if it is quantized, or its own error is above -80 dB
   */
  public boolean isCompressed() {
    return own != null && own.noise() > 1e-8;
  }
}
