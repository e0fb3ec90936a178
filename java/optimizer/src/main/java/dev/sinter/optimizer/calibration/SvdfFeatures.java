// What a float SVDF puts into its memory.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.calibration;

import dev.sinter.graph.Op;
import dev.sinter.graph.Subgraph;
import dev.sinter.optimizer.rules.StaticSvdf;
import java.util.Map;

/** The newest results of the filters: older ones were new once. */
final class SvdfFeatures extends Beside {
  private final int memory;
  private final int batch;
  private final int width;
  private final int filters;
  private final float[] weights;

  SvdfFeatures(Subgraph g, Op op) {
    super(op.input(0));
    memory = op.input(StaticSvdf.MEMORY);
    batch = g.tensor(op.input(0)).shape().dim(0);
    width = g.tensor(op.input(0)).shape().dim(1);
    filters = g.tensor(op.input(StaticSvdf.FEATURES)).shape().dim(0);
    weights = floats(g, op, StaticSvdf.FEATURES);
  }

  @Override
  void reset() {}

  @Override
  Map<Integer, float[]> run(float[] x) {
    float[] out = new float[batch * filters];
    for (int b = 0; b < batch; b++) {
      for (int f = 0; f < filters; f++) {
        float sum = 0;
        for (int k = 0; k < width; k++) {
          sum += weights[f * width + k] * x[b * width + k];
        }
        out[b * filters + f] = sum;
      }
    }
    return Map.of(memory, out);
  }
}
