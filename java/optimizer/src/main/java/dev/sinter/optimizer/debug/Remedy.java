// Layers to be left out of compression, and what that gives and costs.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import java.util.List;

/**
 * One step of the ranking: these layers left as they were in the reference, together with those of
 * all steps before. Measured on the model that has them so.
 *
 * @param layers places in the report
 * @param names names of the layers' values in the compressed model
 * @param scopes what rules of a recipe are matched with: per op of the reference that is put back
 *     the names of its outputs, each followed by a semicolon
 * @param why what is wrong with them
 * @param noise noise of the outputs with them left out
 * @param errorChange change of the outputs' noise by this step, relative to that of the compressed
 *     model: -0.4 for 40 % less
 * @param bytes size of the file with them left out
 * @param bytesChange bytes that this step adds
 * @param micros microseconds of a run with them left out; NaN if not measured
 * @param microsChange microseconds that this step adds
 */
public record Remedy(
    List<Integer> layers,
    List<String> names,
    List<String> scopes,
    String why,
    double noise,
    double errorChange,
    long bytes,
    long bytesChange,
    double micros,
    double microsChange) {
  /**
   * Keeps immutable copies of the lists.
   *
   * @param layers places in the report
   * @param names names of the layers' values
   * @param scopes names of outputs of the reference's ops
   * @param why what is wrong with them
   * @param noise noise of the outputs with them left out
   * @param errorChange relative change of the outputs' noise
   * @param bytes size of the file with them left out
   * @param bytesChange bytes that this step adds
   * @param micros microseconds of a run with them left out
   * @param microsChange microseconds that this step adds
   */
  public Remedy {
    layers = List.copyOf(layers);
    names = List.copyOf(names);
    scopes = List.copyOf(scopes);
  }
}
