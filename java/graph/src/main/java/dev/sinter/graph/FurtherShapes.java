// Shapes of ops that few models have: spectra, volumes, diagonals, custom ops of sound and of
// MediaPipe.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** More rules for ops that have no record of their own. */
final class FurtherShapes {
  private FurtherShapes() {}

  /** The shapes of an op's outputs; null if there is no rule. */
  static List<Shape> of(Op op, OpKind.Foreign f, MovementShapes.Known k) {
    return switch (f.name()) {
      case "RFFT2D" -> List.of(spectrum(k.in(op, 0), k.ints(op, 1, "length of the transform")));
      case "REAL", "IMAG", "COMPLEX_ABS", "BUCKETIZE", "FAKE_QUANT", "MATRIX_SET_DIAG" ->
          List.of(k.in(op, 0));
      case "STABLEHLO_ADD", "STABLEHLO_MULTIPLY", "STABLEHLO_MAXIMUM", "STABLEHLO_MINIMUM" ->
          List.of(ShapeInference.broadcast(k.in(op, 0), k.in(op, 1)));
      case "MATRIX_DIAG" -> {
        Shape x = k.in(op, 0);
        yield List.of(x.concat(x.subShape(x.rank() - 1, x.rank())));
      }
      case "CONV_3D" -> List.of(volume(k.in(op, 0), k.in(op, 1), f));
      case "Convolution2DTransposeBias" -> List.of(transposeConv(op, f, k));
      case "MaxPoolingWithArgmax2D" -> {
        Shape x = rank4(k.in(op, 0));
        OpKind.Pool p = DelegateOptions.pool(f);
        Shape out =
            Shape.of(
                x.dim(0),
                p.padding().along(x.dim(1), p.height(), p.strideH(), 1).size(),
                p.padding().along(x.dim(2), p.width(), p.strideW(), 1).size(),
                x.dim(3));
        yield List.of(out, out);
      }
      case "MaxUnpooling2D" -> {
        Shape x = rank4(k.in(op, 0));
        OpKind.Pool p = DelegateOptions.pool(f);
        yield List.of(
            Shape.of(
                x.dim(0),
                Math.multiplyExact(x.dim(1), p.height()),
                Math.multiplyExact(x.dim(2), p.width()),
                x.dim(3)));
      }
      case "AudioSpectrogram" ->
          has(f, "window_size", "stride")
              ? List.of(spectrogram(k.in(op, 0), Flexbuffers.options(f)))
              : null;
      case "Mfcc" ->
          has(f, "dct_coefficient_count")
              ? List.of(cepstrum(k.in(op, 0), Flexbuffers.options(f)))
              : null;
      default -> null;
    };
  }

  /** Whether a custom op has these options: somebody else's may have the same name. */
  private static boolean has(OpKind.Foreign f, String... options) {
    return f.attributes().containsKey("custom_options")
        && Flexbuffers.options(f).keySet().containsAll(List.of(options));
  }

  private static int positive(Map<String, Double> options, String name) {
    double value = options.getOrDefault(name, 0d);
    if (!(value >= 1 && value <= 1 << 24)) {
      throw new GraphException("its option " + name + " is " + value);
    }
    return (int) value;
  }

  /** [samples, channels] to [channels, windows, half of the next power of two and one]. */
  private static Shape spectrogram(Shape x, Map<String, Double> options) {
    int window = positive(options, "window_size");
    if (x.rank() != 2) {
      throw new GraphException("input " + x + " should have 2 dimensions");
    }
    int windows = x.dim(0) < window ? 0 : 1 + (x.dim(0) - window) / positive(options, "stride");
    return Shape.of(x.dim(1), windows, 1 + Integer.highestOneBit(2 * window - 1) / 2);
  }

  private static Shape cepstrum(Shape x, Map<String, Double> options) {
    if (x.rank() != 3) {
      throw new GraphException("input " + x + " should have 3 dimensions");
    }
    return x.withDim(2, positive(options, "dct_coefficient_count"));
  }

  private static Shape volume(Shape x, Shape w, OpKind.Foreign f) {
    if (x.rank() != 5 || w.rank() != 5 || w.dim(3) != x.dim(4)) {
      throw new GraphException("weights " + w + " do not fit input " + x);
    }
    VolumeOptions options = new VolumeOptions(f);
    int[] out = {x.dim(0), 0, 0, 0, w.dim(4)};
    for (int d = 0; d < VolumeOptions.AXES; d++) {
      out[1 + d] = options.along(d, x.dim(1 + d), w.dim(d)).size();
    }
    return Shape.of(out);
  }

  private static Shape rank4(Shape x) {
    if (x.rank() != 4) {
      throw new GraphException("input " + x + " should have 4 dimensions");
    }
    return x;
  }

  /** Half of the spectrum of real values: the other half is its mirror image. */
  private static Shape spectrum(Shape x, int[] length) {
    if (x.rank() < 2
        || length.length != 2
        || Integer.bitCount(length[0]) != 1
        || Integer.bitCount(length[1]) != 1
        || Math.min(length[0], length[1]) < 1) {
      throw new GraphException(
          "a transform of "
              + x
              + " to a length of "
              + Arrays.toString(length)
              + "; it takes two dimensions at least, and powers of two");
    }
    return x.withDim(-2, length[0]).withDim(-1, length[1] / 2 + 1);
  }

  private static Shape transposeConv(Op op, OpKind.Foreign f, MovementShapes.Known k) {
    Shape x = rank4(k.in(op, 0));
    Shape w = rank4(k.in(op, 1));
    OpKind.TransposeConv c = DelegateOptions.transposeConv(f);
    if (c.strideH() < 1 || c.strideW() < 1 || w.dim(3) != x.dim(3)) {
      throw new GraphException("weights " + w + " do not fit input " + x);
    }
    return Shape.of(
        x.dim(0),
        spread(x.dim(1), w.dim(1), c.strideH(), c.padding()),
        spread(x.dim(2), w.dim(2), c.strideW(), c.padding()),
        w.dim(0));
  }

  private static int spread(int size, int window, int stride, Padding padding) {
    return padding == Padding.SAME
        ? Math.multiplyExact(size, stride)
        : Math.addExact(Math.multiplyExact(Math.max(0, size - 1), stride), window);
  }
}
