// Random models of builtin ops that few models have.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.random;

import static dev.sinter.graph.ElementType.FLOAT32;
import static dev.sinter.graph.ElementType.INT16;
import static dev.sinter.graph.ElementType.INT32;
import static dev.sinter.graph.ElementType.INT64;
import static dev.sinter.graph.ElementType.INT8;
import static dev.sinter.graph.ElementType.UINT8;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.GraphBuilder.Result;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.tflite.TfliteOps;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Segments, sparse tensors, volumes, diagonals, windows of any rank, random numbers. */
final class RareMakers {
  private RareMakers() {}

  static void addTo(List<Maker> to) {
    Maker.each(to, "SEGMENT_SUM", RareMakers::segments, FLOAT32, INT32);
    for (String fold : List.of("SUM", "PROD", "MAX", "MIN")) {
      String op = "UNSORTED_SEGMENT_" + fold;
      Maker.each(to, op, s -> unsorted(s, op), FLOAT32, INT32);
    }
    Maker.each(to, "SPARSE_TO_DENSE", RareMakers::sparse, FLOAT32, INT8, UINT8, INT32, INT64);
    Maker.each(to, "EMBEDDING_LOOKUP_SPARSE", RareMakers::embeddings, FLOAT32);
    Maker.each(to, "HASHTABLE_LOOKUP", RareMakers::lookup, FLOAT32, INT32);
    Maker.each(to, "DILATE", RareMakers::dilate, FLOAT32, INT8, INT16, INT32, INT64);
    Maker.each(to, "REDUCE_WINDOW", RareMakers::reduceWindow, FLOAT32, INT8, INT32, INT64);
    Maker.each(to, "BUCKETIZE", RareMakers::bucketize, FLOAT32, INT32, INT64);
    Maker.each(to, "BROADCAST_ARGS", RareMakers::shapes, INT32, INT64);
    Maker.each(to, "FAKE_QUANT", RareMakers::fakeQuantize, FLOAT32);
    Maker.each(to, "CONV_3D", RareMakers::volume, FLOAT32);
    Maker.each(to, "CONV_3D_TRANSPOSE", RareMakers::transposedVolume, FLOAT32);
    Maker.each(to, "MATRIX_DIAG", RareMakers::diagonal, FLOAT32, INT8, UINT8, INT16, INT32, INT64);
    Maker.each(
        to, "MATRIX_SET_DIAG", RareMakers::setDiagonal, FLOAT32, INT8, UINT8, INT16, INT32, INT64);
    Maker.each(to, "BITCAST", RareMakers::bits, FLOAT32, INT16, INT32, INT64);
    for (String function : List.of("ADD", "MULTIPLY", "MAXIMUM", "MINIMUM")) {
      String op = "STABLEHLO_" + function;
      Maker.each(to, op, s -> stablehlo(s, op), FLOAT32, INT32);
    }
    Maker.each(to, "STABLEHLO_PAD", RareMakers::pad, FLOAT32, INT8, INT32);
    Maker.each(to, "STABLEHLO_AND", s -> bits(s, "STABLEHLO_AND"), INT8, INT16, INT32, INT64);
    Maker.each(
        to, "STABLEHLO_SHIFT_LEFT", s -> bits(s, "STABLEHLO_SHIFT_LEFT"), INT8, INT16, INT32);
    Maker.each(to, "RANDOM_UNIFORM", s -> numbers(s, "RANDOM_UNIFORM"), FLOAT32);
    Maker.each(to, "RANDOM_STANDARD_NORMAL", s -> numbers(s, "RANDOM_STANDARD_NORMAL"), FLOAT32);
  }

  private static Result result(ElementType type, int... dims) {
    return new Result(type, Quantization.NONE, Shape.of(dims));
  }

  private static int[] with(int first, int[] dims, int from) {
    int[] out = new int[1 + dims.length - from];
    out[0] = first;
    System.arraycopy(dims, from, out, 1, dims.length - from);
    return out;
  }

  private static void segments(Sketch s) {
    int[] dims = s.dims(1, 3);
    int[] ids = new int[dims[0]];
    for (int i = 1; i < ids.length; i++) {
      ids[i] = ids[i - 1] + s.below(2);
    }
    Value x = s.input(s.type, Quantization.NONE, dims);
    s.done(
        s.ops(
                TfliteOps.builtin("SEGMENT_SUM", 1, Map.of()),
                List.of(result(s.type, with(ids[ids.length - 1] + 1, dims, 1))),
                x,
                s.int32(ids))
            .get(0));
  }

  private static void unsorted(Sketch s, String op) {
    int[] dims = s.dims(1, 3);
    int depth = s.between(1, dims.length);
    int count = s.between(1, 6);
    Value x = s.input(s.type, Quantization.NONE, dims);
    Value ids = s.ranged(INT32, Quantization.NONE, -1, count - 1, Arrays.copyOf(dims, depth));
    s.done(
        s.ops(
                TfliteOps.builtin(op, 1, Map.of()),
                List.of(result(s.type, with(count, dims, depth))),
                x,
                ids,
                s.int32Scalar(count))
            .get(0));
  }

  private static void sparse(Sketch s) {
    int[] dims = s.dims(1, 4);
    int n = s.between(1, 6);
    int least = Arrays.stream(dims).min().getAsInt();
    ElementType index = s.pick(INT32, INT64);
    Value at =
        dims.length == 1 && s.coin()
            ? s.ranged(index, Quantization.NONE, 0, least - 1, n)
            : s.ranged(index, Quantization.NONE, 0, least - 1, n, dims.length);
    Value values = s.input(s.type, Quantization.NONE, n);
    s.done(
        s.ops(
                TfliteOps.builtin("SPARSE_TO_DENSE", 1, Map.of()),
                List.of(result(s.type, dims)),
                at,
                index == INT32 ? s.int32(dims) : s.int64(dims),
                values,
                s.constant(s.type, Quantization.NONE))
            .get(0));
  }

  private static void embeddings(Sketch s) {
    int places = s.between(1, 5);
    int n = s.between(1, 8);
    int rows = s.between(1, 9);
    int size = s.size(12);
    int[] at = new int[2 * n];
    int[] ids = new int[n];
    for (int i = 0; i < n; i++) {
      at[2 * i] = i == 0 ? 0 : Math.min(places - 1, at[2 * i - 2] + s.below(2));
      at[2 * i + 1] = i;
      ids[i] = s.below(rows);
    }
    Value indices = s.b.int32(s.name("i"), at, Quantization.NONE, n, 2);
    Value weights = s.ranged(FLOAT32, Quantization.NONE, 0.5, 2, n);
    Value table = s.input(FLOAT32, Quantization.NONE, rows, size);
    s.done(
        s.ops(
                TfliteOps.builtin("EMBEDDING_LOOKUP_SPARSE", 1, Map.of("combiner", s.below(3))),
                List.of(result(FLOAT32, places, size)),
                s.int32(ids),
                indices,
                s.int32(places, n),
                weights,
                table)
            .get(0));
  }

  private static void lookup(Sketch s) {
    int[] dims = s.dims(1, 3);
    int n = s.between(1, 6);
    int[] keys = new int[dims[0]];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = i == 0 ? s.below(3) : keys[i - 1] + 1 + s.below(3);
    }
    Value wanted = s.ranged(INT32, Quantization.NONE, 0, keys[keys.length - 1], n);
    Value table = s.input(s.type, Quantization.NONE, dims);
    List<Value> y =
        s.ops(
            TfliteOps.builtin("HASHTABLE_LOOKUP", 1, Map.of()),
            List.of(result(s.type, with(n, dims, 1)), result(UINT8, n)),
            wanted,
            s.int32(keys),
            table);
    s.done(y.get(0), y.get(1));
  }

  private static void dilate(Sketch s) {
    int[] dims = s.dims(1, 4);
    int[] dilations = new int[dims.length];
    int[] out = new int[dims.length];
    for (int d = 0; d < dims.length; d++) {
      dilations[d] = s.between(1, 3);
      out[d] = (dims[d] - 1) * dilations[d] + 1;
    }
    s.done(
        s.ops(
                TfliteOps.builtin("DILATE", 1, Map.of()),
                List.of(result(s.type, out)),
                s.input(s.type, Quantization.NONE, dims),
                s.int32(dilations),
                s.constant(s.type, Quantization.NONE))
            .get(0));
  }

  private static void reduceWindow(Sketch s) {
    int[] dims = s.dims(1, 4);
    int[][] sizes = new int[3][dims.length];
    int[] out = new int[dims.length];
    for (int d = 0; d < dims.length; d++) {
      sizes[0][d] = s.between(1, Math.min(3, dims[d]));
      sizes[1][d] = s.between(1, 3);
      int most = sizes[0][d] == 1 ? 3 : (dims[d] - 1) / (sizes[0][d] - 1);
      sizes[2][d] = s.between(1, Math.min(3, most));
      out[d] = (dims[d] - (sizes[0][d] - 1) * sizes[2][d] - 1) / sizes[1][d] + 1;
    }
    Value x = s.ranged(s.type, Quantization.NONE, -3, 3, dims);
    s.done(
        s.ops(
                TfliteOps.builtin("REDUCE_WINDOW", 1, Map.of("reduce_function", s.between(1, 4))),
                List.of(result(s.type, out)),
                x,
                s.constant(s.type, s.whole(s.type, 2, 1), Quantization.NONE),
                s.int64(sizes[0]),
                s.int64(sizes[1]),
                s.int64(sizes[2]))
            .get(0));
  }

  private static void bucketize(Sketch s) {
    Float[] boundaries = new Float[s.between(1, 6)];
    for (int i = 0; i < boundaries.length; i++) {
      boundaries[i] = i == 0 ? -3f : boundaries[i - 1] + s.below(3);
    }
    Value x = s.ranged(s.type, Quantization.NONE, -5, 9, s.dims(1, 4));
    s.done(
        s.op(
            "BUCKETIZE",
            1,
            Map.of("boundaries", Arrays.asList(boundaries)),
            INT32,
            Quantization.NONE,
            x));
  }

  private static void shapes(Sketch s) {
    int[] a = s.dims(1, 4);
    Value first = s.type == INT32 ? s.int32(a) : s.int64(a);
    Value ones = s.ranged(s.type, Quantization.NONE, 1, 1, s.between(1, 4));
    boolean turned = s.coin();
    s.done(
        s.ops(
                TfliteOps.builtin("BROADCAST_ARGS", 1, Map.of()),
                List.of(result(s.type, Math.max(a.length, ones.shape().dim(0)))),
                turned ? ones : first,
                turned ? first : ones)
            .get(0));
  }

  private static void fakeQuantize(Sketch s) {
    Value x = s.input(s.dims(1, 4));
    s.done(
        s.op(
            "FAKE_QUANT",
            1,
            Map.of(
                "min", -s.spread(2),
                "max", s.spread(2),
                "num_bits", s.pick(8, 4, 16),
                "narrow_range", false),
            FLOAT32,
            Quantization.NONE,
            x));
  }

  /** Without dilations: the library that stands for TFLite 2.21 gets them wrong. */
  private static Map<String, Object> volumes(Sketch s) {
    return Map.of(
        "padding", s.below(2),
        "stride_d", s.between(1, 2),
        "stride_h", s.between(1, 2),
        "stride_w", s.between(1, 3),
        "fused_activation_function", s.pick(0, 1, 3));
  }

  private static void volume(Sketch s) {
    int channels = s.size(6);
    int results = s.size(8);
    Map<String, Object> options = volumes(s);
    Value x = s.input(s.between(1, 2), s.between(5, 7), s.between(3, 8), s.between(5, 9), channels);
    Value w = s.floats(0.3, s.between(1, 3), s.between(1, 3), s.between(1, 3), channels, results);
    Value[] in = s.coin() ? new Value[] {x, w, s.floats(0.3, results)} : new Value[] {x, w};
    s.done(s.op("CONV_3D", 1, options, FLOAT32, Quantization.NONE, in));
  }

  private static void transposedVolume(Sketch s) {
    int channels = s.size(6);
    int results = s.size(8);
    Map<String, Object> options = volumes(s);
    int[] in = {s.between(1, 2), s.between(1, 4), s.between(1, 4), s.between(1, 4), channels};
    // TFLite 2.21 gets borders in front of the first plane wrong.
    int depth = s.between(1, 1 + (Integer) options.get("stride_d"));
    int[] w = {depth, s.between(1, 3), s.between(1, 3), results, channels};
    int[] out = {in[0], 0, 0, 0, results};
    String[] axes = {"d", "h", "w"};
    for (int d = 0; d < 3; d++) {
      int stride = (Integer) options.get("stride_" + axes[d]);
      boolean same = options.get("padding").equals(0);
      out[1 + d] = same ? in[1 + d] * stride : (in[1 + d] - 1) * stride + w[d];
    }
    Value size = s.int32(out);
    Value weights = s.floats(0.3, w);
    Value x = s.input(in);
    s.done(
        s.ops(
                TfliteOps.builtin("CONV_3D_TRANSPOSE", 1, options),
                List.of(result(FLOAT32, out)),
                s.coin()
                    ? new Value[] {size, weights, x, s.floats(0.3, results)}
                    : new Value[] {size, weights, x})
            .get(0));
  }

  private static void diagonal(Sketch s) {
    Value x = s.input(s.type, Quantization.NONE, s.dims(1, 3));
    s.done(s.op("MATRIX_DIAG", 1, Map.of(), s.type, Quantization.NONE, x));
  }

  private static void setDiagonal(Sketch s) {
    int[] dims = s.dims(2, 4);
    int[] diagonal = Arrays.copyOf(dims, dims.length - 1);
    diagonal[diagonal.length - 1] = Math.min(dims[dims.length - 1], dims[dims.length - 2]);
    Value x = s.input(s.type, Quantization.NONE, dims);
    Value d = s.input(s.type, Quantization.NONE, diagonal);
    s.done(s.op("MATRIX_SET_DIAG", 1, Map.of(), s.type, Quantization.NONE, x, d));
  }

  /** As bytes of twice the count, half of it, or the same. */
  private static void bits(Sketch s) {
    int[] dims = s.dims(1, 3);
    Value x = s.input(s.type, Quantization.NONE, dims);
    ElementType as =
        switch (s.type) {
          case INT16 -> s.pick(INT16, INT8);
          case INT64 -> s.pick(INT64, INT32);
          default -> s.pick(INT32, INT16, UINT8);
        };
    int[] out = dims;
    if (as.bits() < s.type.bits()) {
      out = Arrays.copyOf(dims, dims.length + 1);
      out[dims.length] = s.type.bits() / as.bits();
    }
    s.done(s.ops(TfliteOps.builtin("BITCAST", 1, Map.of()), List.of(result(as, out)), x).get(0));
  }

  private static void stablehlo(Sketch s, String op) {
    int[] dims = s.dims(1, 4);
    Value a = s.input(s.type, Quantization.NONE, dims);
    Value b = s.input(s.type, Quantization.NONE, dims);
    s.done(s.op(op, 1, Map.of(), s.type, Quantization.NONE, a, b));
  }

  private static void bits(Sketch s, String op) {
    int[] dims = s.dims(1, 4);
    Value a = s.input(s.type, Quantization.NONE, dims);
    Value b = s.ranged(s.type, Quantization.NONE, 0, 7, dims);
    s.done(s.ops(TfliteOps.builtin(op, 1, Map.of()), List.of(result(s.type, dims)), a, b).get(0));
  }

  private static void pad(Sketch s) {
    int[] dims = s.dims(1, 4);
    Integer[][] amounts = new Integer[3][dims.length];
    int[] out = new int[dims.length];
    for (int d = 0; d < dims.length; d++) {
      amounts[0][d] = s.pick(0, 1, 2, -1);
      amounts[1][d] = s.pick(0, 1, 3);
      amounts[2][d] = s.pick(0, 0, 1, 2);
      out[d] = dims[d] + (dims[d] - 1) * amounts[2][d] + amounts[0][d] + amounts[1][d];
      if (out[d] < 1) {
        amounts[0][d] = 0;
        out[d] = dims[d] + (dims[d] - 1) * amounts[2][d] + amounts[1][d];
      }
    }
    Map<String, Object> options =
        Map.of(
            "edge_padding_low", List.of(amounts[0]),
            "edge_padding_high", List.of(amounts[1]),
            "interior_padding", List.of(amounts[2]));
    s.done(
        s.ops(
                TfliteOps.builtin("STABLEHLO_PAD", 1, options),
                List.of(result(s.type, out)),
                s.input(s.type, Quantization.NONE, dims),
                s.constant(s.type, Quantization.NONE))
            .get(0));
  }

  private static void numbers(Sketch s, String op) {
    int[] dims = s.dims(1, 4);
    Value x =
        s.ops(
                TfliteOps.builtin(op, 1, Map.of("seed", s.between(1, 999), "seed2", s.below(999))),
                List.of(result(FLOAT32, dims)),
                s.int32(dims))
            .get(0);
    s.done(s.input(FLOAT32, Quantization.NONE, dims).add(x, Activation.NONE));
  }
}
