// Random models of ops that move values, choose among them, or take them by index.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.random;

import static dev.sinter.graph.ElementType.BOOL;
import static dev.sinter.graph.ElementType.FLOAT32;
import static dev.sinter.graph.ElementType.INT16;
import static dev.sinter.graph.ElementType.INT32;
import static dev.sinter.graph.ElementType.INT64;
import static dev.sinter.graph.ElementType.INT8;
import static dev.sinter.graph.ElementType.STRING;
import static dev.sinter.graph.ElementType.UINT8;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.GraphBuilder.Result;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.tflite.TfliteOps;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** Slices, splits, joins, tiles, blocks, borders. */
final class MovementMakers {
  private static final ElementType[] ALL = {FLOAT32, INT8, UINT8, INT16, INT32, INT64, BOOL};
  private static final ElementType[] ANY = {
    FLOAT32, INT8, UINT8, INT16, INT32, INT64, BOOL, STRING
  };
  private static final ElementType[] NUMBERS = {FLOAT32, INT8, UINT8, INT16, INT32, INT64};
  private static final ElementType[] SOME = {FLOAT32, INT8, UINT8, INT32, INT64};

  private MovementMakers() {}

  static void addTo(List<Maker> to) {
    Maker.each(to, "SLICE", MovementMakers::slice, ANY);
    Maker.each(to, "STRIDED_SLICE", MovementMakers::stridedSlice, ANY);
    Maker.each(to, "SPLIT", MovementMakers::split, FLOAT32, INT8, UINT8, INT16, INT32);
    Maker.each(
        to, "SPLIT_V", MovementMakers::splitSizes, FLOAT32, INT8, UINT8, INT16, INT32, INT64);
    Maker.each(to, "PACK", MovementMakers::pack, NUMBERS);
    Maker.each(to, "UNPACK", MovementMakers::unpack, FLOAT32, INT8, UINT8, INT16, INT32, BOOL);
    Maker.each(to, "TILE", MovementMakers::tile, FLOAT32, INT8, UINT8, INT32, INT64, BOOL, STRING);
    Maker.each(to, "BROADCAST_TO", MovementMakers::broadcast, FLOAT32, INT8, UINT8, INT16, INT32);
    Maker.each(
        to, "REVERSE_V2", MovementMakers::reverse, FLOAT32, UINT8, INT16, INT32, INT64, BOOL);
    Maker.each(to, "SPACE_TO_DEPTH", MovementMakers::spaceToDepth, SOME);
    Maker.each(to, "DEPTH_TO_SPACE", MovementMakers::depthToSpace, SOME);
    Maker.each(to, "SPACE_TO_BATCH_ND", MovementMakers::spaceToBatch, NUMBERS);
    Maker.each(to, "BATCH_TO_SPACE_ND", MovementMakers::batchToSpace, NUMBERS);
    Maker.each(to, "TRANSPOSE", MovementMakers::transpose, ALL);
    Maker.each(to, "RESHAPE", MovementMakers::reshape, ANY);
    Maker.each(to, "SQUEEZE", MovementMakers::squeeze, ANY);
    Maker.each(to, "EXPAND_DIMS", MovementMakers::expand, ANY);
    Maker.each(to, "PAD", s -> pad(s, OpKind.Pad.Mode.ZERO), NUMBERS);
    Maker.each(to, "PADV2", s -> pad(s, OpKind.Pad.Mode.CONSTANT_VALUE), NUMBERS);
    Maker.each(to, "MIRROR_PAD", MovementMakers::mirror, NUMBERS);
    Maker.each(to, "CONCATENATION", MovementMakers::concat, ALL);
    Maker.each(to, "FILL", MovementMakers::fill, FLOAT32, INT8, INT16, INT32, INT64, BOOL, STRING);
    Maker.each(
        to, "DYNAMIC_UPDATE_SLICE", MovementMakers::update, FLOAT32, INT8, INT32, INT64, BOOL);
    Maker.each(to, "SHAPE", MovementMakers::shape, FLOAT32, INT8);
    Maker.each(to, "RANK", MovementMakers::rank, FLOAT32, INT8);
  }

  private static void slice(Sketch s) {
    Value x = s.input(s.dims(1, 5));
    int rank = x.shape().rank();
    int[] begin = new int[rank];
    int[] size = new int[rank];
    for (int d = 0; d < rank; d++) {
      begin[d] = s.below(x.shape().dim(d));
      size[d] = s.oneIn(4) ? -1 : s.between(1, x.shape().dim(d) - begin[d]);
    }
    boolean wide = s.oneIn(3);
    s.done(
        s.like(
            "SLICE",
            x.shape().rank() > 4 ? 5 : s.type == INT16 ? 4 : s.type == INT8 ? 2 : 1,
            Map.of(),
            x,
            x,
            wide ? s.int64(begin) : s.int32(begin),
            wide ? s.int64(size) : s.int32(size)));
  }

  private static void stridedSlice(Sketch s) {
    Value x = s.input(s.dims(1, 4));
    int rank = x.shape().rank();
    int given = s.between(1, rank);
    int[] begin = new int[given];
    int[] end = new int[given];
    int[] stride = new int[given];
    int shrink = 0;
    for (int d = 0; d < given; d++) {
      int n = x.shape().dim(d);
      stride[d] = s.oneIn(4) ? -s.between(1, 3) : s.between(1, 3);
      begin[d] = s.below(n);
      end[d] =
          stride[d] > 0
              ? s.between(begin[d] + 1, n + 2)
              : begin[d] == 0 ? -n - 1 : s.below(begin[d]);
      if (s.oneIn(5)) {
        shrink |= 1 << d;
        stride[d] = 1;
        end[d] = begin[d] + 1;
      }
      if (s.oneIn(3)) {
        begin[d] -= n;
      }
    }
    int all = (1 << given) - 1;
    // The one entry before the last that may stand for all the dimensions between.
    int ellipsis = shrink == 0 && given > 1 && s.oneIn(5) ? 1 << s.below(given - 1) : 0;
    Map<String, Object> options =
        Map.of(
            "ellipsis_mask",
            ellipsis,
            "begin_mask",
            s.oneIn(3) ? s.below(all + 1) & ~shrink : 0,
            "end_mask",
            s.oneIn(3) ? s.below(all + 1) & ~shrink : 0,
            "shrink_axis_mask",
            shrink);
    s.done(
        s.like(
            "STRIDED_SLICE",
            s.type == BOOL ? 3 : s.type == INT8 ? 2 : s.type == INT16 ? 4 : 1,
            options,
            x,
            x,
            s.int32(begin),
            s.int32(end),
            s.int32(stride)));
  }

  private static List<Result> results(Value like, int count) {
    return Collections.nCopies(count, new Result(like.tensor().type(), Sketch.of(like)));
  }

  private static void split(Sketch s) {
    int[] dims = s.dims(1, 4);
    int axis = s.axis(dims.length);
    int parts = s.between(1, 4);
    int a = axis < 0 ? axis + dims.length : axis;
    dims[a] = parts * s.between(1, 4);
    Value x = s.input(dims);
    s.done(
        s.ops(
                TfliteOps.builtin(
                    "SPLIT",
                    s.type == INT16 ? 4 : s.type == INT8 ? 2 : 1,
                    Map.of("num_splits", parts)),
                results(x, parts),
                s.int32Scalar(axis),
                x)
            .toArray(Value[]::new));
  }

  private static void splitSizes(Sketch s) {
    int[] dims = s.dims(1, 4);
    int axis = s.axis(dims.length);
    int[] sizes = new int[s.between(1, 4)];
    int total = 0;
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = s.between(1, 4);
      total += sizes[i];
    }
    dims[axis < 0 ? axis + dims.length : axis] = total;
    if (s.oneIn(3)) {
      sizes[s.below(sizes.length)] = -1;
    }
    Value x = s.input(dims);
    s.done(
        s.ops(
                TfliteOps.builtin(
                    "SPLIT_V", s.type == INT8 ? 2 : 1, Map.of("num_splits", sizes.length)),
                results(x, sizes.length),
                x,
                s.int32(sizes),
                s.int32Scalar(axis))
            .toArray(Value[]::new));
  }

  private static void pack(Sketch s) {
    int[] dims = s.dims(0, 4);
    Value[] in = new Value[s.between(1, 4)];
    in[0] = s.input(dims);
    for (int i = 1; i < in.length; i++) {
      in[i] = s.input(s.type, Sketch.of(in[0]), dims);
    }
    int axis = s.axis(dims.length + 1);
    s.done(
        s.like(
            "PACK",
            s.type == INT16 ? 3 : s.type == INT8 || s.type == UINT8 ? 2 : 1,
            Map.of("values_count", in.length, "axis", axis),
            in[0],
            in));
  }

  private static void unpack(Sketch s) {
    int[] dims = s.dims(1, 4);
    int axis = s.axis(dims.length);
    int parts = s.between(1, 5);
    dims[axis < 0 ? axis + dims.length : axis] = parts;
    Value x = s.input(dims);
    s.done(
        s.ops(
                TfliteOps.builtin(
                    "UNPACK",
                    s.type == INT16
                        ? 4
                        : s.type == BOOL ? 3 : s.type == INT8 || s.type == UINT8 ? 2 : 1,
                    Map.of("num", parts, "axis", axis)),
                results(x, parts),
                x)
            .toArray(Value[]::new));
  }

  private static void tile(Sketch s) {
    Value x = s.input(s.dims(1, 4));
    int[] times = new int[x.shape().rank()];
    for (int d = 0; d < times.length; d++) {
      times[d] = s.oneIn(20) ? 0 : s.between(1, 3);
    }
    s.done(s.like("TILE", s.isQuantized() ? 3 : 1, Map.of(), x, x, s.ints(times)));
  }

  private static void broadcast(Sketch s) {
    int[] to = s.dims(1, 5);
    int[] from = java.util.Arrays.copyOfRange(to, s.below(to.length + 1), to.length);
    for (int d = 0; d < from.length; d++) {
      from[d] = s.oneIn(3) ? 1 : from[d];
    }
    Value x = s.input(from);
    s.done(s.like("BROADCAST_TO", s.isQuantized() ? 3 : 2, Map.of(), x, x, s.ints(to)));
  }

  private static void reverse(Sketch s) {
    Value x = s.input(s.dims(1, 5));
    // One run of neighbours: TFLite takes no others.
    int rank = x.shape().rank();
    int first = s.below(rank);
    int[] axes = new int[s.between(1, rank - first)];
    for (int i = 0; i < axes.length; i++) {
      axes[i] = first + i - (s.oneIn(3) ? rank : 0);
    }
    s.done(s.like("REVERSE_V2", s.type == BOOL ? 2 : 3, Map.of(), x, x, s.int32(axes)));
  }

  private static void spaceToDepth(Sketch s) {
    int block = s.between(1, 3);
    Value x = s.input(s.between(1, 2), block * s.between(1, 4), block * s.between(1, 4), s.size(8));
    s.done(s.like("SPACE_TO_DEPTH", s.type == INT8 ? 2 : 1, Map.of("block_size", block), x, x));
  }

  private static void depthToSpace(Sketch s) {
    int block = s.between(1, 3);
    Value x = s.input(s.between(1, 2), s.between(1, 4), s.between(1, 4), block * block * s.size(5));
    s.done(s.like("DEPTH_TO_SPACE", s.type == INT8 ? 2 : 1, Map.of("block_size", block), x, x));
  }

  private static void spaceToBatch(Sketch s) {
    boolean flat = s.oneIn(3);
    int n = flat ? 1 : 2;
    int[] block = new int[n];
    int[] pads = new int[2 * n];
    int[] dims = new int[n + 2];
    dims[0] = s.between(1, 2);
    for (int i = 0; i < n; i++) {
      block[i] = s.between(1, 3);
      int total = block[i] * s.between(1, 4);
      pads[2 * i] = Math.min(total - 1, s.below(3));
      pads[2 * i + 1] = Math.min(total - 1 - pads[2 * i], s.below(3));
      dims[1 + i] = total - pads[2 * i] - pads[2 * i + 1];
    }
    dims[n + 1] = s.size(8);
    Value x = s.input(dims);
    Value p = s.b.int32(s.name("pads"), pads, Quantization.NONE, n, 2);
    s.done(
        s.like(
            "SPACE_TO_BATCH_ND",
            flat ? 3 : s.isQuantized() ? 2 : 1,
            Map.of(),
            x,
            x,
            s.int32(block),
            p));
  }

  private static void batchToSpace(Sketch s) {
    boolean flat = s.oneIn(3);
    int n = flat ? 1 : 2;
    int[] block = new int[n];
    int[] crops = new int[2 * n];
    int[] dims = new int[n + 2];
    dims[0] = s.between(1, 2);
    for (int i = 0; i < n; i++) {
      block[i] = s.between(1, 3);
      dims[0] *= block[i];
      dims[1 + i] = s.between(1, 4);
      int total = block[i] * dims[1 + i];
      crops[2 * i] = Math.min(total - 1, s.below(3));
      crops[2 * i + 1] = Math.min(total - 1 - crops[2 * i], s.below(3));
    }
    dims[n + 1] = s.size(8);
    Value x = s.input(dims);
    Value c = s.b.int32(s.name("crops"), crops, Quantization.NONE, n, 2);
    s.done(
        s.like(
            "BATCH_TO_SPACE_ND",
            flat ? 3 : s.isQuantized() ? 2 : 1,
            Map.of(),
            x,
            x,
            s.int32(block),
            c));
  }

  private static void transpose(Sketch s) {
    Value x = s.input(s.dimsOrEmpty(1, 6));
    s.done(x.transpose(s.order(x.shape().rank())));
  }

  private static void reshape(Sketch s) {
    Value x = s.input(s.dims(0, 5));
    int n = (int) x.shape().elements();
    int a = 1;
    for (int t = 2; t < 8; t++) {
      a = n % t == 0 && s.coin() ? t : a;
    }
    s.done(
        switch (s.below(4)) {
          case 0 -> x.reshape(n);
          case 1 -> x.reshape(-1);
          case 2 -> x.reshape(a, n / a);
          default -> x.reshape(1, -1, a);
        });
  }

  private static void squeeze(Sketch s) {
    int[] dims = s.dims(1, 5);
    int one = s.below(dims.length);
    dims[one] = 1;
    Value x = s.input(dims);
    s.done(s.coin() ? x.squeeze() : x.squeeze(s.coin() ? one : one - dims.length));
  }

  private static void expand(Sketch s) {
    Value x = s.input(s.dims(0, 4));
    s.done(x.expandDims(s.axis(x.shape().rank() + 1)));
  }

  private static int[] paddings(Sketch s, int rank, int most) {
    int[] p = new int[2 * rank];
    for (int i = 0; i < p.length; i++) {
      p[i] = s.below(most + 1);
    }
    return p;
  }

  private static void pad(Sketch s, OpKind.Pad.Mode mode) {
    Value x = s.input(s.dims(1, 5));
    int[] p = paddings(s, x.shape().rank(), 2);
    s.done(
        mode == OpKind.Pad.Mode.ZERO ? x.pad(p) : x.padWith(s.constant(s.type, Sketch.of(x)), p));
  }

  private static void mirror(Sketch s) {
    Value x = s.input(s.dims(1, 4));
    OpKind.Pad.Mode mode = s.pick(OpKind.Pad.Mode.REFLECT, OpKind.Pad.Mode.SYMMETRIC);
    int[] p = new int[2 * x.shape().rank()];
    for (int i = 0; i < p.length; i++) {
      p[i] = s.below(x.shape().dim(i / 2) + (mode == OpKind.Pad.Mode.REFLECT ? 0 : 1));
    }
    s.done(x.pad(mode, p));
  }

  private static void concat(Sketch s) {
    int[] dims = s.dims(1, 5);
    int axis = s.axis(dims.length);
    Value first = s.input(dims);
    Value[] others = new Value[s.between(1, 4)];
    boolean same = s.type != UINT8 || !s.oneIn(3);
    for (int i = 0; i < others.length; i++) {
      int[] own = dims.clone();
      own[axis < 0 ? axis + dims.length : axis] = s.between(1, 8);
      others[i] = s.operand(same ? Sketch.of(first) : s.quantization(s.type), own);
    }
    s.done(first.concat(axis, others));
  }

  private static void fill(Sketch s) {
    Value value = s.input();
    int[] dims = s.dims(0, 4);
    s.done(s.like("FILL", s.isQuantized() ? 3 : 1, Map.of(), value, s.ints(dims), value));
  }

  private static void update(Sketch s) {
    int[] dims = s.dims(1, 4);
    int[] part = new int[dims.length];
    for (int d = 0; d < dims.length; d++) {
      part[d] = s.between(1, dims[d]);
    }
    Value x = s.input(dims);
    Value y = s.input(s.type, Sketch.of(x), part);
    ElementType at = s.pick(INT32, INT64);
    Value start = s.ranged(at, Quantization.NONE, -2, 6, dims.length);
    s.done(s.like("DYNAMIC_UPDATE_SLICE", at == INT64 ? 2 : 1, Map.of(), x, x, y, start));
  }

  private static void shape(Sketch s) {
    Value x = s.input(s.dims(0, 5));
    ElementType to = s.pick(INT32, INT64);
    s.done(s.op("SHAPE", 1, Map.of("out_type", to.code()), to, Quantization.NONE, x));
  }

  private static void rank(Sketch s) {
    Value x = s.input(s.dims(0, 5));
    s.done(
        s.ops(
                TfliteOps.builtin("RANK", 1, Map.of()),
                List.of(new Result(INT32, Quantization.NONE, Shape.SCALAR)),
                x)
            .get(0));
  }
}
