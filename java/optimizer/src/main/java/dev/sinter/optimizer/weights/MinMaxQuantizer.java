// The plainest algorithm: scales that hold the largest weight, values rounded to the nearest.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.weights;

import java.util.Arrays;

/**
 * {@code min_max_uniform_quantize}: symmetric scales are the largest magnitude divided by {@link
 * WeightSpec#most()}; others are the range, 0 included, divided by the steps there are. Scales by
 * block are rounded to what TensorFlow Lite stores of them, see {@link BlockScales}.
 */
public final class MinMaxQuantizer implements WeightQuantizer {
  /** Its name in recipes. */
  public static final String NAME = "min_max_uniform_quantize";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean needsInputs() {
    return false;
  }

  @Override
  public QuantizedWeights quantize(FloatMatrix weights, WeightSpec spec, InputMoments inputs) {
    int outputs = weights.outputs();
    int columns = weights.inputs();
    int groups =
        switch (spec.granularity()) {
          case TENSOR -> 1;
          case CHANNEL -> outputs;
          case BLOCK -> outputs * spec.scalesPerOutput(columns);
        };
    float[] low = new float[groups];
    float[] high = new float[groups];
    QuantizedWeights where =
        new QuantizedWeights(spec, outputs, columns, new byte[0], new float[0], new int[0]);
    for (int o = 0; o < outputs; o++) {
      for (int i = 0; i < columns; i++) {
        int g = where.scaleIndex(o, i);
        float w = weights.get(o, i);
        low[g] = Math.min(low[g], w);
        high[g] = Math.max(high[g], w);
      }
    }
    float[] scales = new float[groups];
    int[] zeroPoints = new int[groups];
    for (int g = 0; g < groups; g++) {
      double range =
          spec.symmetric()
              ? Math.max(-low[g], high[g]) / spec.most()
              : ((double) high[g] - low[g]) / (spec.most() - spec.least());
      scales[g] = BlockScales.storable(spec, range);
      if (!spec.symmetric()) {
        double zero = Math.rint(spec.least() - low[g] / (double) scales[g]);
        zeroPoints[g] = (int) Math.max(spec.least(), Math.min(spec.most(), zero));
      }
    }
    return round(weights, spec, scales, zeroPoints);
  }

  /**
   * Rounds weights to the nearest stored values, halves to even.
   *
   * @param weights the weights
   * @param spec the form
   * @param scales one per group, above 0
   * @param zeroPoints as many
   * @return the stored values with these scales
   */
  public static QuantizedWeights round(
      FloatMatrix weights, WeightSpec spec, float[] scales, int[] zeroPoints) {
    byte[] values = new byte[weights.values().length];
    QuantizedWeights out =
        new QuantizedWeights(
            spec,
            weights.outputs(),
            weights.inputs(),
            values,
            scales,
            Arrays.copyOf(zeroPoints, scales.length));
    for (int o = 0; o < weights.outputs(); o++) {
      for (int i = 0; i < weights.inputs(); i++) {
        int s = out.scaleIndex(o, i);
        double q = Math.rint(weights.get(o, i) / scales[s]) + zeroPoints[s];
        values[o * weights.inputs() + i] = (byte) Math.max(spec.least(), Math.min(spec.most(), q));
      }
    }
    return out;
  }
}
