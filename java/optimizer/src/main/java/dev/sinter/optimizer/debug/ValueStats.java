// What the values of one tensor look like in both models: ranges, histograms, channels.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import dev.sinter.graph.Shape;
import dev.sinter.graph.Tensor;
import java.util.Arrays;

/** Collects example by example; memory does not grow with their number. */
final class ValueStats {
  /** Bins of histograms; even, so that two neighbours can become one. */
  static final int BINS = 64;

  private final Tensor tensor;
  private final boolean quantized;
  private final double lowEnd;
  private final double highEnd;
  private final int channels;
  private final double[] noise;
  private final double[] signal;
  private final long[] ours = new long[BINS];
  private final long[] theirs = new long[BINS];
  private double low; // of the histogram
  private double width; // of a bin, 0 before the first value
  private double min = Double.POSITIVE_INFINITY;
  private double max = Double.NEGATIVE_INFINITY;
  private double storedMin = Double.POSITIVE_INFINITY;
  private double storedMax = Double.NEGATIVE_INFINITY;
  private long count;
  private long atEnds;
  private long clipped;

  ValueStats(Tensor tensor, Shape shape) {
    this.tensor = tensor;
    quantized = !tensor.type().isFloat() && tensor.quantization().isPerTensor();
    if (quantized) {
      double scale = tensor.quantization().scale();
      long zero = tensor.quantization().zeroPoint();
      lowEnd = scale * (RealValues.low(tensor.type()) - zero);
      highEnd = scale * (RealValues.high(tensor.type()) - zero);
    } else {
      lowEnd = Double.NEGATIVE_INFINITY;
      highEnd = Double.POSITIVE_INFINITY;
    }
    channels = shape.rank() == 0 ? 1 : shape.dim(shape.rank() - 1);
    noise = new double[channels];
    signal = new double[channels];
  }

  /** Bytes that one of these holds. */
  static long bytes(Shape shape) {
    return 16L * BINS + 16L * (shape.rank() == 0 ? 1 : shape.dim(shape.rank() - 1));
  }

  void add(float[] reference, float[] compressed) {
    double half = quantized ? tensor.quantization().scale() / 2 : 0;
    // An end that stands for 0 is where activations leave their zeros: that is no saturation.
    double lowest = lowEnd == 0 ? Double.NaN : (float) lowEnd;
    double highest = highEnd == 0 ? Double.NaN : (float) highEnd;
    int c = 0;
    for (int i = 0; i < reference.length; i++) {
      float r = reference[i];
      float t = compressed[i];
      double d = (double) t - r;
      if (!Double.isNaN(d) && !Double.isInfinite(d)) {
        noise[c] += d * d;
        signal[c] += (double) r * r;
        min = Math.min(min, r);
        max = Math.max(max, r);
        storedMin = Math.min(storedMin, t);
        storedMax = Math.max(storedMax, t);
        if (quantized) {
          atEnds += t == lowest || t == highest ? 1 : 0;
          clipped += r < lowEnd - half || r > highEnd + half ? 1 : 0;
        }
      }
      c = c + 1 == channels ? 0 : c + 1;
    }
    count += reference.length;
    histogram(reference, compressed);
  }

  private void histogram(float[] reference, float[] compressed) {
    if (!(min <= max)) {
      return; // nothing finite so far
    }
    double from = Math.min(min, storedMin);
    double to = Math.max(max, storedMax);
    if (width == 0) {
      width = Math.max((to - from) / BINS, Math.max(Math.abs(from), Math.abs(to)) * 1e-6);
      if (width == 0) {
        width = 1e-30;
      }
      low = from;
    }
    while (from < low || to > low + BINS * width) {
      grow(to <= low + BINS * width);
    }
    count(reference, ours);
    count(compressed, theirs);
  }

  /** Doubles the width of the bins and so the range, downward or upward. */
  private void grow(boolean downward) {
    for (long[] bins : new long[][] {ours, theirs}) {
      long[] merged = new long[BINS];
      for (int i = 0; i < BINS; i++) {
        merged[(downward ? BINS / 2 : 0) + i / 2] += bins[i];
      }
      System.arraycopy(merged, 0, bins, 0, BINS);
    }
    if (downward) {
      low -= BINS * width;
    }
    width *= 2;
  }

  private void count(float[] values, long[] bins) {
    for (float v : values) {
      if (Float.isFinite(v)) {
        bins[(int) Math.max(0, Math.min(BINS - 1, (v - low) / width))]++;
      }
    }
  }

  TensorValues values() {
    double span = highEnd - lowEnd;
    double used = storedMax - storedMin;
    return new TensorValues(
        min <= max ? min : Double.NaN,
        min <= max ? max : Double.NaN,
        min <= max ? storedMin : Double.NaN,
        min <= max ? storedMax : Double.NaN,
        quantized && count > 0 ? (double) atEnds / count : Double.NaN,
        quantized && count > 0 ? (double) clipped / count : Double.NaN,
        quantized && count > 0 && min <= max ? Math.min(1, used / span) : Double.NaN,
        low,
        width,
        Arrays.stream(ours).boxed().toList(),
        Arrays.stream(theirs).boxed().toList());
  }

  /** Noise of each channel: sum of squared differences, and of squared values. */
  ChannelErrors channels() {
    return ChannelErrors.of(noise, signal);
  }
}
