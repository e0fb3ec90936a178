// Spectrograms and cepstra of sound, as TensorFlow's models of spoken commands begin.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Flexbuffers;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;

/** Custom ops that TFLite's resolver of builtins brings; in double precision, as there. */
final class AudioOps {
  private AudioOps() {}

  private static Map<String, Double> options(HostCall call) {
    return Flexbuffers.options((OpKind.Foreign) call.op().kind());
  }

  private static Shape floats(HostCall call, int rank) {
    Shape shape = call.inputShape(0);
    if (call.inputType(0) != ElementType.FLOAT32 || shape.rank() != rank) {
      throw call.failure(
          Status.INVALID_ARGUMENT,
          "input "
              + shape
              + " of "
              + call.inputType(0)
              + ", not floats in "
              + rank
              + " dimensions");
    }
    return shape;
  }

  /** AudioSpectrogram: [samples, channels] to [channels, windows, 1 + length / 2]. */
  static void spectrogram(HostCall call) {
    Shape shape = floats(call, 2);
    if (!(call.state() instanceof Spectrum)) {
      Map<String, Double> options = options(call);
      int window = options.getOrDefault("window_size", 0d).intValue();
      int stride = options.getOrDefault("stride", 0d).intValue();
      if (window < 2 || window > 1 << 20 || stride < 1) {
        throw call.failure(
            Status.INVALID_MODEL, "a window of " + window + " samples, a stride of " + stride);
      }
      call.keep(new Spectrum(window, stride, options.getOrDefault("magnitude_squared", 0d) != 0));
    }
    Spectrum spectrum = (Spectrum) call.state();
    int stride = spectrum.stride();
    int samples = shape.dim(0);
    int channels = shape.dim(1);
    int windows = samples < spectrum.window() ? 0 : 1 + (samples - spectrum.window()) / stride;
    ByteBuffer in = call.input(0);
    ByteBuffer out = call.output(0, Shape.of(channels, windows, spectrum.results()));
    int to = 0;
    for (int c = 0; c < channels; c++) {
      for (int w = 0; w < windows; w++) {
        spectrum.transform(in, 4 * (w * stride * channels + c), 4 * channels);
        for (int i = 0; i < spectrum.results(); i++, to += 4) {
          double power = spectrum.power(i);
          out.putFloat(to, (float) (spectrum.isSquared() ? power : Math.sqrt(power)));
        }
      }
    }
  }

  /** Mfcc: spectrograms [channels, windows, squared magnitudes] to as many coefficients each. */
  static void cepstrum(HostCall call) {
    Shape shape = floats(call, 3);
    if (call.inputShape(1).elements() != 1) {
      throw call.failure(
          Status.INVALID_ARGUMENT, "sample rates " + call.inputShape(1) + ", not one");
    }
    long rate = call.integer(1, 0);
    int length = shape.dim(2);
    if (!(call.state() instanceof MelBands before && before.isFor(length, rate))) {
      Map<String, Double> options = options(call);
      MelBands made =
          new MelBands(
              length,
              rate,
              // Whole, as in TFLite.
              (double) options.getOrDefault("lower_frequency_limit", 0d).longValue(),
              (double) options.getOrDefault("upper_frequency_limit", 0d).longValue(),
              options.getOrDefault("filterbank_channel_count", 0d).intValue(),
              options.getOrDefault("dct_coefficient_count", 0d).intValue());
      if (!made.isPossible()) {
        throw call.failure(
            Status.INVALID_ARGUMENT,
            "options " + options + " for " + length + " magnitudes at a rate of " + rate);
      }
      call.keep(made);
    }
    MelBands bands = (MelBands) call.state();
    ByteBuffer in = call.input(0);
    ByteBuffer out = call.output(0, Shape.of(shape.dim(0), shape.dim(1), bands.coefficients()));
    for (int row = 0; row < shape.dim(0) * shape.dim(1); row++) {
      bands.cepstrum(in, 4 * row * length, out, 4 * row * bands.coefficients());
    }
  }

  /** The power spectrum of windows of samples, weighed by a raised cosine (Hann). */
  private static final class Spectrum {
    private final int stride;
    private final boolean squared;
    private final double[] weights;
    private final int half; // of the transform's length, which is a power of two
    private final double[] cosines; // of i / length of a turn
    private final double[] sines;
    private final double[] real;
    private final double[] imaginary;

    Spectrum(int window, int stride, boolean squared) {
      this.stride = stride;
      this.squared = squared;
      weights = new double[window];
      for (int i = 0; i < window; i++) {
        weights[i] = 0.5 - 0.5 * Math.cos(2 * Math.PI * i / window);
      }
      int length = Integer.highestOneBit(2 * window - 1);
      half = length / 2;
      cosines = new double[half];
      sines = new double[half];
      for (int i = 0; i < half; i++) {
        cosines[i] = Math.cos(2 * Math.PI * i / length);
        sines[i] = Math.sin(2 * Math.PI * i / length);
      }
      real = new double[half];
      imaginary = new double[half];
    }

    int window() {
      return weights.length;
    }

    int stride() {
      return stride;
    }

    boolean isSquared() {
      return squared;
    }

    int results() {
      return half + 1;
    }

    /**
     * Even samples are taken as real parts, odd ones as imaginary parts: a complex transform of
     * half the length, decimated in time, of which {@link #power} makes that of the real values.
     */
    void transform(ByteBuffer in, int first, int step) {
      Arrays.fill(real, 0);
      Arrays.fill(imaginary, 0);
      int unused = half == 1 ? 0 : Integer.numberOfLeadingZeros(half) + 1;
      for (int i = 0; i < weights.length; i++) {
        int place = half == 1 ? 0 : Integer.reverse(i >> 1) >>> unused;
        (i % 2 == 0 ? real : imaginary)[place] = weights[i] * in.getFloat(first + i * step);
      }
      for (int size = 1; size < half; size *= 2) {
        int turn = half / size; // of the tables, for one step within a block
        for (int block = 0; block < half; block += 2 * size) {
          for (int i = 0; i < size; i++) {
            int a = block + i;
            int b = a + size;
            double c = cosines[i * turn];
            double s = -sines[i * turn];
            double re = real[b] * c - imaginary[b] * s;
            double im = real[b] * s + imaginary[b] * c;
            real[b] = real[a] - re;
            imaginary[b] = imaginary[a] - im;
            real[a] += re;
            imaginary[a] += im;
          }
        }
      }
    }

    /** The squared magnitude of frequency i: those of the even and of the odd samples meet. */
    double power(int i) {
      int a = i % half;
      int b = (half - a) % half;
      double evenRe = 0.5 * (real[a] + real[b]);
      double evenIm = 0.5 * (imaginary[a] - imaginary[b]);
      double oddRe = 0.5 * (imaginary[a] + imaginary[b]);
      double oddIm = 0.5 * (real[b] - real[a]);
      double c = i < half ? cosines[a] : -1;
      double s = i < half ? -sines[a] : 0;
      double re = evenRe + oddRe * c - oddIm * s;
      double im = evenIm + oddRe * s + oddIm * c;
      return re * re + im * im;
    }
  }

  /**
   * Triangles of equal width on the scale of mels, mel(f) = 1127 ln(1 + f / 700), each from its
   * neighbours' centres; the cosine transform (DCT-II) of the logarithms of what falls into them.
   */
  private static final class MelBands {
    private static final double LEAST = 1e-12; // of a band that a logarithm is taken of
    private static final int MOST_BANDS = 1 << 12; // a file's number: tables are its square

    private final int length;
    private final long rate;
    private final int bands;
    private final int coefficients;
    private final boolean possible;
    private int first;
    private int last;
    private int[] band; // that a magnitude falls into by its weight; its rest is the next band's
    private double[] weights;
    private double[][] cosines;
    private double[] sums;

    MelBands(int length, long rate, double lower, double upper, int bands, int coefficients) {
      this.length = length;
      this.rate = rate;
      this.bands = bands;
      this.coefficients = coefficients;
      possible =
          length >= 2
              && rate > 0
              && lower >= 0
              && upper > lower
              && bands >= 1
              && bands <= MOST_BANDS
              && coefficients >= 1
              && coefficients <= bands;
      if (possible) {
        weigh(lower, upper);
        turn();
      }
    }

    private static double mel(double frequency) {
      return 1127 * Math.log1p(frequency / 700);
    }

    private void weigh(double lower, double upper) {
      double low = mel(lower);
      double spacing = (mel(upper) - low) / (bands + 1);
      double step = 0.5 * rate / (length - 1);
      first = (int) (1.5 + lower / step);
      last = (int) Math.min(upper / step, length - 1);
      band = new int[length];
      weights = new double[length];
      int above = 0; // the first band whose centre is not below
      for (int i = first; i <= last; i++) {
        double at = mel(i * step);
        while (above < bands && low + spacing * (above + 1) < at) {
          above++;
        }
        band[i] = above - 1;
        weights[i] = (low + spacing * (above + 1) - at) / spacing;
      }
      sums = new double[bands];
    }

    private void turn() {
      cosines = new double[coefficients][bands];
      double norm = Math.sqrt(2.0 / bands);
      for (int i = 0; i < coefficients; i++) {
        for (int j = 0; j < bands; j++) {
          cosines[i][j] = norm * Math.cos(Math.PI / bands * i * (j + 0.5));
        }
      }
    }

    boolean isFor(int magnitudes, long samplesPerSecond) {
      return length == magnitudes && rate == samplesPerSecond;
    }

    boolean isPossible() {
      return possible;
    }

    int coefficients() {
      return coefficients;
    }

    void cepstrum(ByteBuffer in, int from, ByteBuffer out, int to) {
      Arrays.fill(sums, 0);
      for (int i = first; i <= last; i++) {
        double value = Math.sqrt(in.getFloat(from + 4 * i));
        double weighted = value * weights[i];
        if (band[i] >= 0) {
          sums[band[i]] += weighted;
        }
        if (band[i] + 1 < bands) {
          sums[band[i] + 1] += value - weighted;
        }
      }
      for (int i = 0; i < bands; i++) {
        sums[i] = Math.log(Math.max(sums[i], LEAST));
      }
      for (int i = 0; i < coefficients; i++) {
        double sum = 0;
        for (int j = 0; j < bands; j++) {
          sum += cosines[i][j] * sums[j];
        }
        out.putFloat(to + 4 * i, (float) sum);
      }
    }
  }
}
