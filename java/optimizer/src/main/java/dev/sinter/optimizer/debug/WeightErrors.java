// What became of a layer's weights.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import dev.sinter.graph.Constant;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import java.util.Arrays;

/**
 * Weights of a layer, before and after.
 *
 * @param name the tensor in the compressed model
 * @param type its type there
 * @param scales how many scales it has
 * @param snrDb signal-to-noise ratio of the compressed weights in decibels
 * @param medianSnrDb that of the median output channel: a wide channel hides what happens to the
 *     others
 * @param channels errors by output channel
 * @param rangeRatio largest |weight| of the widest output channel divided by that of the median
 *     one: where it is large, one scale for all channels is too coarse for most of them
 * @param widest that output channel
 * @param zeros share of weights that are 0
 */
public record WeightErrors(
    String name,
    String type,
    int scales,
    double snrDb,
    double medianSnrDb,
    ChannelErrors channels,
    double rangeRatio,
    int widest,
    double zeros) {

  /** Compares the weights of two ops; null if there are none to compare. */
  static WeightErrors of(Subgraph ours, Op our, Subgraph theirs, Op their) {
    int input = weightInput(their);
    if (input < 0
        || input != weightInput(our)
        || !our.hasInput(input)
        || !their.hasInput(input)
        || !ours.isConstant(our.input(input))
        || !theirs.isConstant(their.input(input))) {
      return null;
    }
    Tensor t = theirs.tensor(their.input(input));
    try {
      float[] a = RealValues.constant(ours, our.input(input));
      float[] b = RealValues.constant(theirs, their.input(input));
      if (a.length != b.length) {
        return null;
      }
      Quantization q = t.quantization();
      Constant stored = theirs.storedForm(their.input(input));
      Shape shape = ours.constant(our.input(input)).shape();
      return compare(
          t.name(), stored.type().name(), q.count(), a, b, shape, channelAxis(their, shape));
    } catch (GraphException e) {
      return null; // a form that only another runtime reads
    }
  }

  private static WeightErrors compare(
      String name, String type, int scales, float[] a, float[] b, Shape shape, int axis) {
    int channels = shape.dim(axis);
    long inner = shape.elements(axis + 1, shape.rank());
    double[] noise = new double[channels];
    double[] signal = new double[channels];
    double[] range = new double[channels];
    double n = 0;
    double s = 0;
    long zeros = 0;
    for (int i = 0; i < a.length; i++) {
      int c = (int) (i / inner % channels);
      double d = (double) b[i] - a[i];
      noise[c] += d * d;
      signal[c] += (double) a[i] * a[i];
      range[c] = Math.max(range[c], Math.abs(a[i]));
      n += d * d;
      s += (double) a[i] * a[i];
      zeros += b[i] == 0 ? 1 : 0;
    }
    int widest = 0;
    for (int c = 1; c < channels; c++) {
      widest = range[c] > range[widest] ? c : widest;
    }
    double[] sorted = range.clone();
    Arrays.sort(sorted);
    double median = sorted[channels / 2];
    return new WeightErrors(
        name,
        type,
        scales,
        ErrorMetrics.decibels(ErrorSums.ratio(n, s)),
        medianDb(noise, signal),
        ChannelErrors.of(noise, signal),
        median == 0 ? Double.NaN : range[widest] / median,
        widest,
        (double) zeros / a.length);
  }

  private static double medianDb(double[] noise, double[] signal) {
    double[] all = new double[noise.length];
    for (int c = 0; c < all.length; c++) {
      all[c] = ErrorMetrics.decibels(ErrorSums.ratio(noise[c], signal[c]));
    }
    Arrays.sort(all);
    return all[all.length / 2];
  }

  /** Position of the weights among an op's inputs; -1 for ops without. */
  static int weightInput(Op op) {
    OpKind k = op.kind();
    if (k instanceof OpKind.Conv
        || k instanceof OpKind.Depthwise
        || k instanceof OpKind.FullyConnected
        || k instanceof OpKind.TransposeConv
        || k instanceof OpKind.BatchMatMul) {
      return 1;
    }
    return k.label().equals("GATHER") ? 0 : k.label().equals("EMBEDDING_LOOKUP") ? 1 : -1;
  }

  private static int channelAxis(Op op, Shape shape) {
    if (op.kind() instanceof OpKind.BatchMatMul b) {
      return shape.rank() - (b.adjointY() ? 2 : 1);
    }
    boolean last = op.kind() instanceof OpKind.Depthwise;
    return last ? shape.rank() - 1 : 0;
  }
}
