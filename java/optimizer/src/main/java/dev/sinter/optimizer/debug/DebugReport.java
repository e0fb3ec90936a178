// What the debugger found.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import java.util.Comparator;
import java.util.List;

/**
 * A model and a compressed form of it, layer by layer.
 *
 * @param reference name of the model
 * @param compressed name of its compressed form
 * @param referenceBytes size of the model's file
 * @param compressedBytes size of the compressed file
 * @param examples on how many examples
 * @param layers inputs and layers, in the order in which the compressed model computes them
 * @param outputNoise noise of the outputs: sum of squared differences divided by the sum of squares
 *     of the reference, the mean over outputs
 * @param worstExample example whose outputs are off most
 * @param ranking which layers to leave out, best first
 * @param trials what was tried alone for it, best first
 * @param totalMicros microseconds of a run of the compressed model; NaN if not measured
 * @param referenceTotalMicros microseconds of a run of the reference
 * @param notes what could not be matched, run or measured, and why
 */
public record DebugReport(
    String reference,
    String compressed,
    long referenceBytes,
    long compressedBytes,
    int examples,
    List<LayerReport> layers,
    double outputNoise,
    int worstExample,
    List<Remedy> ranking,
    List<Trial> trials,
    double totalMicros,
    double referenceTotalMicros,
    List<String> notes) {
  /**
   * Keeps immutable copies of the lists.
   *
   * @param reference name of the model
   * @param compressed name of its compressed form
   * @param referenceBytes size of the model's file
   * @param compressedBytes size of the compressed file
   * @param examples on how many examples
   * @param layers inputs and layers
   * @param outputNoise noise of the outputs
   * @param worstExample example whose outputs are off most
   * @param ranking which layers to leave out
   * @param trials what was tried alone for it
   * @param totalMicros microseconds of the compressed model
   * @param referenceTotalMicros microseconds of the reference
   * @param notes what could not be done, and why
   */
  public DebugReport {
    layers = List.copyOf(layers);
    ranking = List.copyOf(ranking);
    trials = List.copyOf(trials);
    notes = List.copyOf(notes);
  }

  /**
   * Returns the layers whose own error is largest.
   *
   * @return layers that run alone, largest noise first; inputs are left out
   */
  public List<LayerReport> worst() {
    return layers.stream()
        .filter(l -> l.opIndex() >= 0 && l.isCompressed())
        .sorted(Comparator.comparingDouble((LayerReport l) -> -l.own().noise()))
        .toList();
  }
}
