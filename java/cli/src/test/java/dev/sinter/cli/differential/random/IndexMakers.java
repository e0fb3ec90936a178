// Random models of ops that take or put values by index, order them, or make them of indices.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.random;

import static dev.sinter.graph.ElementType.BOOL;
import static dev.sinter.graph.ElementType.FLOAT32;
import static dev.sinter.graph.ElementType.INT16;
import static dev.sinter.graph.ElementType.INT32;
import static dev.sinter.graph.ElementType.INT4;
import static dev.sinter.graph.ElementType.INT64;
import static dev.sinter.graph.ElementType.INT8;
import static dev.sinter.graph.ElementType.UINT8;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.GraphBuilder.Result;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.tflite.TfliteOps;
import java.util.List;
import java.util.Map;

/** Gathers, scatters, largest values, sequences. */
final class IndexMakers {
  private IndexMakers() {}

  static void addTo(List<Maker> to) {
    Maker.each(to, "GATHER", IndexMakers::gather, FLOAT32, INT8, UINT8, INT16, INT32, INT64, BOOL);
    Maker.each(to, "GATHER_ND", IndexMakers::gatherNd, FLOAT32, INT8, UINT8, INT16, INT32, INT64);
    Maker.each(to, "EMBEDDING_LOOKUP", IndexMakers::embedding, FLOAT32, INT8, UINT8, INT32);
    to.add(
        Maker.of("EMBEDDING_LOOKUP", FLOAT32, s -> hybridEmbedding(s, INT8))
            .in(Maker.Family.HYBRID));
    to.add(
        Maker.of("EMBEDDING_LOOKUP s4", FLOAT32, s -> hybridEmbedding(s, INT4))
            .in(Maker.Family.HYBRID));
    Maker.each(to, "SCATTER_ND", IndexMakers::scatter, FLOAT32, INT8, UINT8, INT32, INT64);
    Maker.each(to, "ONE_HOT", IndexMakers::oneHot, FLOAT32, INT8, UINT8, INT32, INT64, BOOL);
    Maker.each(to, "TOPK_V2", IndexMakers::topK, FLOAT32, INT8, UINT8, INT32, INT64);
    Maker.each(to, "ARG_MAX", s -> position(s, true), FLOAT32, INT8, UINT8, INT32, BOOL);
    Maker.each(to, "ARG_MIN", s -> position(s, false), FLOAT32, INT8, UINT8, INT32, BOOL);
    Maker.each(to, "REVERSE_SEQUENCE", IndexMakers::reverse, FLOAT32, UINT8, INT16, INT32, INT64);
    Maker.each(to, "CUMSUM", IndexMakers::cumsum, FLOAT32, INT32, INT64);
    Maker.each(to, "WHERE", IndexMakers::where, BOOL, FLOAT32, INT32, INT64);
    Maker.each(to, "UNIQUE", IndexMakers::unique, FLOAT32, INT8, INT32, INT64);
    Maker.each(to, "RANGE", IndexMakers::range, INT32, INT64, FLOAT32);
  }

  private static Value indices(Sketch s, int bound, int... dims) {
    ElementType type = s.pick(INT32, INT64);
    return s.ranged(type, Quantization.NONE, 0, bound - 1, dims);
  }

  private static void gather(Sketch s) {
    int[] dims = s.dims(1, 4);
    int batch = dims.length > 1 && s.oneIn(4) ? s.between(1, dims.length - 1) : 0;
    int axis = s.between(batch, dims.length - 1);
    int[] at = new int[batch + s.below(3)];
    for (int d = 0; d < at.length; d++) {
      at[d] = d < batch ? dims[d] : s.between(1, 5);
    }
    Value x = s.operand(s.quantization(s.type), dims);
    Value i = indices(s, dims[axis], at);
    int given = s.oneIn(3) ? axis - dims.length : axis;
    s.done(
        s.like(
            "GATHER",
            batch > 0 ? 5 : s.type == INT16 ? 4 : s.type == BOOL ? 3 : s.isQuantized() ? 2 : 1,
            Map.of("axis", given, "batch_dims", batch),
            x,
            x,
            i));
  }

  private static void gatherNd(Sketch s) {
    int[] dims = s.dims(1, 4);
    int depth = s.between(1, dims.length);
    int least = Integer.MAX_VALUE;
    for (int d = 0; d < depth; d++) {
      least = Math.min(least, dims[d]);
    }
    int[] at = new int[s.between(1, 3)];
    for (int d = 0; d < at.length; d++) {
      at[d] = d == at.length - 1 ? depth : s.between(1, 5);
    }
    Value x = s.input(dims);
    s.done(s.like("GATHER_ND", 2, Map.of(), x, x, indices(s, least, at)));
  }

  private static void embedding(Sketch s) {
    int[] dims = s.dims(2, 4);
    int n = s.between(1, 6);
    Value table = s.constant(s.type, s.quantization(s.type), dims);
    Value i = s.ranged(INT32, Quantization.NONE, 0, dims[0] - 1, n);
    s.done(s.like("EMBEDDING_LOOKUP", 1, Map.of(), table, i, table));
  }

  /** Rows of integers become floats by one scale, or one per row. */
  private static void hybridEmbedding(Sketch s, ElementType stored) {
    int[] dims = s.dims(2, 3);
    if (stored == INT4) {
      dims[dims.length - 1] *= 2; // rows begin at whole bytes
    }
    int n = s.between(1, 6);
    float[] scales = new float[s.coin() ? dims[0] : 1];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = s.spread(0.01);
    }
    Quantization q =
        scales.length == 1 ? Quantization.perTensor(scales[0], 0) : Quantization.perAxis(0, scales);
    Value table = s.constant(stored, q, dims);
    Value i = s.ranged(INT32, Quantization.NONE, 0, dims[0] - 1, n);
    s.done(s.op("EMBEDDING_LOOKUP", 4, Map.of(), FLOAT32, Quantization.NONE, i, table));
  }

  private static void scatter(Sketch s) {
    int[] dims = s.dims(1, 3);
    int depth = s.between(1, dims.length);
    int n = s.between(1, 6);
    int least = dims[0];
    for (int d = 1; d < depth; d++) {
      least = Math.min(least, dims[d]);
    }
    int[] updates = new int[1 + dims.length - depth];
    updates[0] = n;
    System.arraycopy(dims, depth, updates, 1, dims.length - depth);
    Value i = s.ranged(INT32, Quantization.NONE, 0, least - 1, n, depth);
    Value u = s.input(s.type, Quantization.NONE, updates);
    s.done(s.op("SCATTER_ND", 1, Map.of(), s.type, Quantization.NONE, i, u, s.int32(dims)));
  }

  private static void oneHot(Sketch s) {
    int[] dims = s.dims(0, 3);
    int depth = s.between(1, 8);
    Value i = s.ranged(s.pick(INT32, INT64), Quantization.NONE, -1, depth, dims);
    Value on = s.constant(s.type, Quantization.NONE);
    Value off = s.constant(s.type, Quantization.NONE);
    int axis = s.coin() ? -1 : s.below(dims.length + 1);
    s.done(
        s.op(
            "ONE_HOT",
            1,
            Map.of("axis", axis),
            s.type,
            Quantization.NONE,
            i,
            s.int32Scalar(depth),
            on,
            off));
  }

  private static void topK(Sketch s) {
    Value x = s.input(s.dims(1, 3));
    int k = s.between(1, x.shape().dim(-1));
    List<Value> y =
        s.ops(
            TfliteOps.builtin("TOPK_V2", s.type == INT8 ? 2 : 1, Map.of()),
            List.of(new Result(s.type, Sketch.of(x)), new Result(INT32, Quantization.NONE)),
            x,
            s.int32Scalar(k));
    s.done(y.get(0), y.get(1));
  }

  private static void position(Sketch s, boolean most) {
    Value x = s.input(s.dims(1, 4));
    ElementType to = s.pick(INT32, INT64);
    s.done(
        s.op(
            most ? "ARG_MAX" : "ARG_MIN",
            s.type == INT8 ? 2 : 1,
            Map.of("output_type", to.code()),
            to,
            Quantization.NONE,
            x,
            s.int32Scalar(s.axis(x.shape().rank()))));
  }

  private static void reverse(Sketch s) {
    int[] dims = s.dims(2, 4);
    int batch = s.below(dims.length);
    int sequence = (batch + s.between(1, dims.length - 1)) % dims.length;
    Value x = s.input(dims);
    Value lengths =
        s.ranged(s.pick(INT32, INT64), Quantization.NONE, 1, dims[sequence], dims[batch]);
    s.done(
        s.like(
            "REVERSE_SEQUENCE", 1, Map.of("seq_dim", sequence, "batch_dim", batch), x, x, lengths));
  }

  private static void cumsum(Sketch s) {
    Value x = s.input(s.dims(1, 4));
    s.done(
        s.like(
            "CUMSUM",
            1,
            Map.of("exclusive", s.coin(), "reverse", s.coin()),
            x,
            x,
            s.int32Scalar(s.axis(x.shape().rank()))));
  }

  private static void where(Sketch s) {
    int[] dims = s.dims(1, 3);
    Value x = s.input(s.type, Quantization.NONE, new Sketch.Fill(0, 1, true), dims);
    s.done(
        s.ops(
                TfliteOps.builtin("WHERE", 1, Map.of()),
                List.of(new Result(INT64, Quantization.NONE, Shape.of(1, dims.length))),
                x)
            .get(0));
  }

  private static void unique(Sketch s) {
    int n = s.size(12);
    Value x = s.input(s.type, Quantization.NONE, new Sketch.Fill(-4, 4, true), n);
    ElementType to = s.pick(INT32, INT64);
    List<Value> y =
        s.ops(
            TfliteOps.builtin("UNIQUE", 1, Map.of("idx_out_type", to.code())),
            List.of(
                new Result(s.type, Quantization.NONE, Shape.of(n)),
                new Result(to, Quantization.NONE, Shape.of(n))),
            x);
    s.done(y.get(0), y.get(1));
  }

  private static void range(Sketch s) {
    Value from = s.ranged(s.type, Quantization.NONE, -9, 0);
    Value to = s.ranged(s.type, Quantization.NONE, 1, 9);
    Value step = s.ranged(s.type, Quantization.NONE, 1, 3);
    s.done(
        s.ops(
                TfliteOps.builtin("RANGE", 1, Map.of()),
                List.of(new Result(s.type, Quantization.NONE, Shape.of(1))),
                from,
                to,
                step)
            .get(0));
  }
}
