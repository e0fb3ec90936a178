// How far the outputs of a model are from what they should be.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import java.util.List;

/**
 * Noise of all outputs: squared differences divided by squares of the reference, the mean over
 * outputs.
 *
 * @param noise 0 is perfect
 * @param worstExample the example with the largest noise of the first output, -1 if there is none
 */
record OutputError(double noise, int worstExample) {
  static OutputError of(ModelMatch match, List<Part> parts, List<Measurement.Sums> sums) {
    double noise = 0;
    int outputs = 0;
    int worst = -1;
    for (int output : match.compressed().outputs()) {
      for (int i = 0; i < parts.size(); i++) {
        if (parts.get(i).tensor() == output) {
          ErrorMetrics m = sums.get(i).cumulative.metrics();
          noise += m.noise();
          worst = outputs == 0 ? m.worstExample() : worst;
          outputs++;
        }
      }
    }
    return new OutputError(outputs == 0 ? 0 : noise / outputs, worst);
  }
}
