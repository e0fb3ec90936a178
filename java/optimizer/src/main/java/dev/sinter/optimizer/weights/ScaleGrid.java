// Scales, and the nearest stored values under them.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.weights;

import java.util.Arrays;

/**
 * The grids that weights are rounded to: one scale and zero point per slice, a slice being the
 * weights that share a scale, in the order of {@link QuantizedWeights#scales()}.
 */
final class ScaleGrid {
  final FloatMatrix weights;
  final WeightSpec spec;
  final float[] scales;
  final int[] zeroPoints;

  private ScaleGrid(FloatMatrix weights, WeightSpec spec, float[] scales, int[] zeroPoints) {
    this.weights = weights;
    this.spec = spec;
    this.scales = scales;
    this.zeroPoints = zeroPoints;
  }

  /** What a search is told about a slice. */
  interface Chooser {
    /**
     * Returns the scale of a slice.
     *
     * @param slice its index
     * @param grid ranges and weights
     * @return a scale above 0, which is rounded to what can be stored
     */
    float scale(int slice, ScaleGrid grid);
  }

  /** Scales and zero points that span each slice, and 0. */
  static ScaleGrid ofRanges(FloatMatrix weights, WeightSpec spec) {
    int each = spec.scalesPerOutput(weights.inputs());
    int slices = spec.granularity() == WeightSpec.Granularity.TENSOR ? 1 : weights.outputs() * each;
    ScaleGrid grid = new ScaleGrid(weights, spec, new float[slices], new int[slices]);
    for (int s = 0; s < slices; s++) {
      float least = 0;
      float most = 0;
      for (int i = grid.from(s); i < grid.to(s); i++) {
        least = Math.min(least, weights.values()[i]);
        most = Math.max(most, weights.values()[i]);
      }
      if (spec.symmetric()) {
        double bound = Math.max(most, -least);
        grid.scales[s] = BlockScales.storable(spec, bound / spec.most());
      } else {
        double range = (double) most - least;
        grid.scales[s] = BlockScales.storable(spec, range / (spec.most() - spec.least()));
        grid.zeroPoints[s] = grid.zeroPoint(least, grid.scales[s]);
      }
    }
    return grid;
  }

  /** The same with scales chosen slice by slice; zero points follow from the smallest weight. */
  static ScaleGrid chosen(FloatMatrix weights, WeightSpec spec, Chooser chooser) {
    ScaleGrid grid = ofRanges(weights, spec);
    for (int s = 0; s < grid.scales.length; s++) {
      float scale = BlockScales.storable(spec, chooser.scale(s, grid));
      if (!spec.symmetric()) {
        grid.zeroPoints[s] = grid.zeroPoint(grid.zeroPoints[s], grid.scales[s], scale);
      }
      grid.scales[s] = scale;
    }
    return grid;
  }

  private int zeroPoint(float least, float scale) {
    double at = Math.rint(spec.least() - (double) least / scale);
    return (int) Math.max(spec.least(), Math.min(spec.most(), at));
  }

  /** Clips as much below as above: the middle of the range keeps its place. */
  int zeroPoint(int wideZero, float wideScale, float scale) {
    double middle = ((spec.least() + spec.most()) / 2.0 - wideZero) * wideScale;
    double at = Math.rint((spec.least() + spec.most()) / 2.0 - middle / scale);
    return (int) Math.max(spec.least(), Math.min(spec.most(), at));
  }

  /** First weight of a slice, as an index into the values; slices lie side by side. */
  int from(int slice) {
    int each = spec.scalesPerOutput(weights.inputs());
    return switch (spec.granularity()) {
      case TENSOR -> 0;
      case CHANNEL -> slice * weights.inputs();
      case BLOCK -> slice / each * weights.inputs() + slice % each * spec.block();
    };
  }

  /** Behind the last weight of a slice. */
  int to(int slice) {
    return switch (spec.granularity()) {
      case TENSOR -> weights.values().length;
      case CHANNEL -> (slice + 1) * weights.inputs();
      case BLOCK -> {
        int row = slice / spec.scalesPerOutput(weights.inputs());
        yield Math.min(from(slice) + spec.block(), (row + 1) * weights.inputs());
      }
    };
  }

  /** Index of the slice that a weight belongs to. */
  int slice(int output, int input) {
    return switch (spec.granularity()) {
      case TENSOR -> 0;
      case CHANNEL -> output;
      case BLOCK -> output * spec.scalesPerOutput(weights.inputs()) + input / spec.block();
    };
  }

  /** The stored value nearest to a real one, halves to even. */
  int nearest(int slice, float real) {
    int stored = Math.round((float) Math.rint(real / scales[slice])) + zeroPoints[slice];
    return Math.max(spec.least(), Math.min(spec.most(), stored));
  }

  /** Every weight to the nearest stored value. */
  QuantizedWeights round() {
    byte[] values = new byte[weights.values().length];
    for (int s = 0; s < scales.length; s++) {
      for (int i = from(s); i < to(s); i++) {
        values[i] = (byte) nearest(s, weights.values()[i]);
      }
    }
    return with(values);
  }

  /** These scales with values found elsewhere. */
  QuantizedWeights with(byte[] values) {
    return new QuantizedWeights(
        spec,
        weights.outputs(),
        weights.inputs(),
        values,
        Arrays.copyOf(scales, scales.length),
        Arrays.copyOf(zeroPoints, zeroPoints.length));
  }
}
