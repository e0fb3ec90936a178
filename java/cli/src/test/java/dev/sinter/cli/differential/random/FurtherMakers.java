// Random models of ops that few models have: spectra, sound, MediaPipe's custom ops.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.random;

import static dev.sinter.graph.ElementType.COMPLEX64;
import static dev.sinter.graph.ElementType.FLOAT32;

import dev.sinter.graph.GraphBuilder.Result;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.tflite.TfliteOps;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Each op of these with those around it that it is seen with. */
final class FurtherMakers {
  private static final int SAME = 1;
  private static final int VALID = 2;

  private FurtherMakers() {}

  static void addTo(List<Maker> to) {
    // What is small beside the largest of a spectrum has fewer digits.
    to.add(Maker.of("RFFT2D", FLOAT32, FurtherMakers::spectrum).within(1e-4));
    Maker.each(to, "COMPLEX_ABS", s -> part(s, "COMPLEX_ABS"), FLOAT32);
    Maker.each(to, "REAL", s -> part(s, "REAL"), FLOAT32);
    Maker.each(to, "IMAG", s -> part(s, "IMAG"), FLOAT32);
    // What is left where waves cancel each other has few digits.
    to.add(Maker.of("AudioSpectrogram", FLOAT32, FurtherMakers::spectrogram).within(1e-4));
    Maker.each(to, "Mfcc", FurtherMakers::cepstrum, FLOAT32);
    Maker.each(to, "Convolution2DTransposeBias", FurtherMakers::transposeConv, FLOAT32);
    Maker.each(to, "MaxPoolingWithArgmax2D", FurtherMakers::pool, FLOAT32);
    Maker.each(to, "MaxUnpooling2D", FurtherMakers::unpool, FLOAT32);
  }

  private static Value transform(Sketch s, int... dims) {
    int height = s.oneIn(3) ? 1 << s.below(5) : 1;
    int width = 1 << s.between(1, 7);
    boolean exact = s.coin();
    dims[dims.length - 2] = exact ? height : s.between(1, 2 * height);
    dims[dims.length - 1] = exact ? width : s.between(1, 2 * width);
    Value x = s.input(FLOAT32, Quantization.NONE, dims);
    return s.op("RFFT2D", 1, Map.of(), COMPLEX64, Quantization.NONE, x, s.int32(height, width));
  }

  private static Value part(Sketch s, String op, Value complex) {
    return s.op(op, 1, Map.of(), FLOAT32, Quantization.NONE, complex);
  }

  private static void spectrum(Sketch s) {
    Value y = transform(s, s.dims(2, 4));
    s.done(part(s, "REAL", y), part(s, "IMAG", y));
  }

  private static void part(Sketch s, String op) {
    s.done(part(s, op, transform(s, s.dims(2, 3))));
  }

  private static Value custom(Sketch s, String op, Map<String, Object> options, Value... inputs) {
    ByteBuffer bytes = DetectionMakers.flexbuffer(new TreeMap<>(options)); // in order
    return s.b.op(TfliteOps.custom(op, 1, bytes), FLOAT32, Quantization.NONE, inputs);
  }

  private static Value spectrogram(Sketch s, boolean squared) {
    int window = s.coin() ? s.between(2, 40) : s.between(2, 600);
    int stride = s.between(1, window);
    Value x = s.input(window + s.below(5 * stride), s.between(1, 3));
    return custom(
        s,
        "AudioSpectrogram",
        Map.of("window_size", window, "stride", stride, "magnitude_squared", squared),
        x);
  }

  private static void spectrogram(Sketch s) {
    s.done(spectrogram(s, s.coin()));
  }

  private static void cepstrum(Sketch s) {
    int rate = s.pick(8000, 16000, 44100);
    int bands = s.between(1, 50);
    int lower = s.below(200);
    s.done(
        custom(
            s,
            "Mfcc",
            Map.of(
                "upper_frequency_limit",
                s.between(lower + 1, rate / 2),
                "lower_frequency_limit",
                lower,
                "filterbank_channel_count",
                bands,
                "dct_coefficient_count",
                s.between(1, bands)),
            spectrogram(s, true),
            s.int32(rate)));
  }

  private static ByteBuffer struct(int... numbers) {
    ByteBuffer out = Sketch.bytes(4 * numbers.length);
    for (int number : numbers) {
      out.putInt(number);
    }
    return out.flip();
  }

  private static void transposeConv(Sketch s) {
    Value x = s.input(between(s), between(s), between(s), s.size(12));
    int channels = s.size(12);
    int strideH = s.between(1, 3);
    int strideW = s.between(1, 3);
    Value weights =
        s.floats(0.3, channels, strideH + s.below(3), strideW + s.below(3), x.shape().dim(3));
    s.done(
        s.b.op(
            TfliteOps.custom(
                "Convolution2DTransposeBias", 1, struct(s.pick(SAME, VALID), strideW, strideH)),
            FLOAT32,
            Quantization.NONE,
            x,
            weights,
            s.floats(0.3, channels)));
  }

  private static int between(Sketch s) {
    return s.between(1, 9);
  }

  private static List<Value> pooled(Sketch s, int height, int width, int padding, Value x) {
    return s.ops(
        TfliteOps.custom(
            "MaxPoolingWithArgmax2D", 1, struct(padding, width, height, width, height, 0, 0, 0)),
        List.of(new Result(FLOAT32, Quantization.NONE), new Result(FLOAT32, Quantization.NONE)),
        x);
  }

  private static Value image(Sketch s, int height, int width) {
    return s.input(s.between(1, 2), height * s.between(1, 4), width * s.between(1, 4), s.size(20));
  }

  private static void pool(Sketch s) {
    int height = s.between(1, 4);
    int width = s.between(2, 4);
    Value x = image(s, height, width);
    List<Value> y = pooled(s, height, width, s.pick(VALID, SAME), x);
    s.done(y.get(0), y.get(1)); // the delegate crashes where nobody asks for the places
  }

  /** Together they leave of an image what is largest in its windows. */
  private static void unpool(Sketch s) {
    int height = s.between(1, 4);
    int width = s.between(2, 4);
    int padding = s.pick(VALID, SAME);
    Value x =
        padding == SAME
            ? s.input(s.between(1, 2), s.size(12), s.size(12), s.size(20))
            : image(s, height, width);
    List<Value> y = pooled(s, height, width, padding, x);
    s.done(
        s.b.op(
            TfliteOps.custom(
                "MaxUnpooling2D", 1, struct(VALID, width, height, width, height, 0, 0, 0)),
            FLOAT32,
            Quantization.NONE,
            y.get(0),
            y.get(1)));
  }
}
