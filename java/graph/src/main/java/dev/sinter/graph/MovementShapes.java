// Shapes of ops that move values, and of those that only copy a shape.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Rules for ops that have no record of their own: by name and attributes. */
final class MovementShapes {
  private MovementShapes() {}

  /** Where a rule finds what it needs. */
  interface Known {
    /** The shape of an input; fails if it is not known. */
    Shape in(Op op, int i);

    /** The values of a small input; fails if they are not known. */
    int[] ints(Op op, int i, String what);
  }

  /** The shapes of an op's outputs; null if there is no rule. */
  static List<Shape> of(Op op, OpKind.Foreign f, Known k) {
    return switch (f.name()) {
      case "STRIDED_SLICE" ->
          List.of(
              Slices.strided(
                      k.in(op, 0),
                      k.ints(op, 1, "begin"),
                      k.ints(op, 2, "end"),
                      k.ints(op, 3, "strides"),
                      Slices.Masks.of(f))
                  .shape());
      case "SLICE" -> List.of(slice(op, k));
      case "SPLIT" -> split(op, k.in(op, 1), one(k.ints(op, 0, "axis")));
      case "SPLIT_V" ->
          splitSizes(op, k.in(op, 0), k.ints(op, 1, "sizes"), one(k.ints(op, 2, "axis")));
      case "PACK" -> List.of(pack(op, k.in(op, 0), f.number("axis")));
      case "UNPACK" -> unpack(op, k.in(op, 0), f.number("axis"));
      case "TILE" -> List.of(tile(k.in(op, 0), k.ints(op, 1, "multiples")));
      case "BROADCAST_TO" -> List.of(spread(k.in(op, 0), Shape.of(k.ints(op, 1, "shape"))));
      case "FILL" -> List.of(shape(k.ints(op, 0, "dimensions")));
      case "SHAPE" -> List.of(Shape.of(k.in(op, 0).rank()));
      case "RANK" -> List.of(Shape.SCALAR);
      case "REVERSE_V2",
          "REVERSE_SEQUENCE",
          "CAST",
          "CUMSUM",
          "DYNAMIC_UPDATE_SLICE",
          "aeq.hadamard_rotation" ->
          List.of(k.in(op, 0));
      case "DEPTH_TO_SPACE" -> List.of(blocks(k.in(op, 0), f.number("block_size"), true));
      case "SPACE_TO_DEPTH" -> List.of(blocks(k.in(op, 0), f.number("block_size"), false));
      case "SPACE_TO_BATCH_ND" ->
          List.of(toBatch(k.in(op, 0), k.ints(op, 1, "block"), k.ints(op, 2, "paddings")));
      case "BATCH_TO_SPACE_ND" ->
          List.of(toSpace(k.in(op, 0), k.ints(op, 1, "block"), k.ints(op, 2, "crops")));
      case "GATHER" ->
          List.of(gather(k.in(op, 0), k.in(op, 1), f.number("axis"), f.number("batch_dims")));
      case "EMBEDDING_LOOKUP" -> List.of(gather(k.in(op, 1), k.in(op, 0), 0, 0));
      case "GATHER_ND" -> List.of(gatherNd(k.in(op, 0), k.in(op, 1)));
      case "SCATTER_ND" -> List.of(shape(k.ints(op, 2, "shape")));
      case "ONE_HOT" -> List.of(oneHot(k.in(op, 0), one(k.ints(op, 1, "depth")), f.number("axis")));
      case "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR" ->
          List.of(resize(k.in(op, 0), k.ints(op, 1, "size")));
      case "TOPK_V2" -> topK(k.in(op, 0), one(k.ints(op, 1, "k")));
      case "ARG_MAX", "ARG_MIN" -> List.of(without(k.in(op, 0), one(k.ints(op, 1, "axis"))));
      case "SELECT", "SELECT_V2" ->
          List.of(
              ShapeInference.broadcast(
                  ShapeInference.broadcast(k.in(op, 1), k.in(op, 2)),
                  f.name().equals("SELECT") ? k.in(op, 1) : k.in(op, 0)));
      case "UNIDIRECTIONAL_SEQUENCE_LSTM", "LSTM" -> List.of(lstm(k.in(op, 0), k.in(op, 8)));
      case "BIDIRECTIONAL_SEQUENCE_LSTM" -> both(k.in(op, 0), k.in(op, 8), k.in(op, 25), f);
      case "UNIDIRECTIONAL_SEQUENCE_RNN", "RNN" -> List.of(lstm(k.in(op, 0), k.in(op, 2)));
      case "BIDIRECTIONAL_SEQUENCE_RNN" -> both(k.in(op, 0), k.in(op, 2), k.in(op, 6), f);
      case "SVDF" ->
          List.of(Shape.of(k.in(op, 0).dim(0), k.in(op, 1).dim(0) / Math.max(1, f.number("rank"))));
      case "NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5" -> {
        Shape most = shape(k.ints(op, 2, "number of boxes"));
        yield op.inputs().size() == 6
            ? List.of(most, most, Shape.SCALAR)
            : List.of(most, Shape.SCALAR);
      }
      case "TFLite_Detection_PostProcess" -> {
        Map<String, Double> o = Flexbuffers.options(f);
        int places =
            Math.multiplyExact(
                o.getOrDefault("max_detections", 0.0).intValue(),
                o.getOrDefault("max_classes_per_detection", 0.0).intValue());
        if (places < 0) {
          throw new GraphException("the options ask for " + places + " detections");
        }
        yield List.of(
            Shape.of(1, places, 4), Shape.of(1, places), Shape.of(1, places), Shape.of(1));
      }
      default -> FurtherShapes.of(op, f, k);
    };
  }

  /** The outputs of the recurrent weights [cells][outputs], or of their diagonal. */
  private static Shape lstm(Shape in, Shape recurrent) {
    int[] dims = in.toArray();
    if (dims.length == 0 || recurrent.rank() == 0) {
      throw new GraphException("an LSTM with input " + in + " and weights " + recurrent);
    }
    dims[dims.length - 1] = recurrent.dim(-1);
    return Shape.of(dims);
  }

  /** Two directions by their recurrent weights: one result with both, or one of each. */
  private static List<Shape> both(Shape in, Shape forward, Shape backward, OpKind.Foreign f) {
    Shape first = lstm(in, forward);
    Shape second = lstm(in, backward);
    if (f.number("merge_outputs") == 0) {
      return List.of(first, second);
    }
    int[] dims = first.toArray();
    dims[dims.length - 1] = Math.addExact(first.dim(-1), second.dim(-1));
    return List.of(Shape.of(dims));
  }

  /** Where it begins is needed only if the size is to be the rest. */
  private static Shape slice(Op op, Known k) {
    int[] size = k.ints(op, 2, "size");
    return Arrays.stream(size).allMatch(s -> s >= 0)
        ? Shape.of(size)
        : Slices.plain(k.in(op, 0), k.ints(op, 1, "begin"), size).shape();
  }

  private static Shape shape(int[] dims) {
    for (int d : dims) {
      if (d < 0) {
        throw new GraphException("dimension " + d + " is negative");
      }
    }
    return Shape.of(dims);
  }

  private static int one(int[] values) {
    if (values.length != 1) {
      throw new GraphException("one value is needed, not " + values.length);
    }
    return values[0];
  }

  private static int axis(int axis, int rank) {
    int a = axis < 0 ? axis + rank : axis;
    if (a < 0 || a >= rank) {
      throw new GraphException("axis " + axis + " is outside of " + rank + " dimensions");
    }
    return a;
  }

  private static Shape with(Shape s, int axis, int size) {
    int[] dims = s.toArray();
    dims[axis] = size;
    return Shape.of(dims);
  }

  private static Shape without(Shape s, int axis) {
    int a = axis(axis, s.rank());
    return s.subShape(0, a).concat(s.subShape(a + 1, s.rank()));
  }

  private static List<Shape> split(Op op, Shape x, int axis) {
    int a = axis(axis, x.rank());
    int n = op.outputs().size();
    if (n == 0 || x.dim(a) % n != 0) {
      throw new GraphException("dimension " + a + " of " + x + " does not split into " + n);
    }
    return op.outputs().stream().map(o -> with(x, a, x.dim(a) / n)).toList();
  }

  private static List<Shape> splitSizes(Op op, Shape x, int[] sizes, int axis) {
    int a = axis(axis, x.rank());
    int rest = x.dim(a) - Arrays.stream(sizes).filter(s -> s >= 0).sum();
    boolean open = Arrays.stream(sizes).anyMatch(s -> s < 0);
    if (sizes.length != op.outputs().size() || rest < 0 || (rest != 0 && !open)) {
      throw new GraphException(
          "sizes " + Arrays.toString(sizes) + " do not split dimension " + a + " of " + x);
    }
    return Arrays.stream(sizes).mapToObj(s -> with(x, a, s < 0 ? rest : s)).toList();
  }

  private static Shape pack(Op op, Shape x, int axis) {
    int a = axis(axis, x.rank() + 1);
    return x.subShape(0, a).concat(Shape.of(op.inputs().size())).concat(x.subShape(a, x.rank()));
  }

  private static List<Shape> unpack(Op op, Shape x, int axis) {
    Shape part = without(x, axis);
    if (x.dim(axis(axis, x.rank())) != op.outputs().size()) {
      throw new GraphException(x + " does not come apart into " + op.outputs().size() + " outputs");
    }
    return op.outputs().stream().map(o -> part).toList();
  }

  private static Shape tile(Shape x, int[] multiples) {
    if (multiples.length != x.rank()) {
      throw new GraphException("multiples " + Arrays.toString(multiples) + " do not fit " + x);
    }
    int[] dims = x.toArray();
    for (int d = 0; d < dims.length; d++) {
      dims[d] = Math.multiplyExact(dims[d], multiples[d]);
    }
    return shape(dims);
  }

  private static Shape spread(Shape x, Shape to) {
    if (!ShapeInference.broadcast(x, to).equals(to)) {
      throw new GraphException(x + " does not spread over " + to);
    }
    return to;
  }

  private static Shape rank4(Shape x) {
    if (x.rank() != 4) {
      throw new GraphException("input " + x + " should have 4 dimensions");
    }
    return x;
  }

  private static Shape blocks(Shape input, int block, boolean toSpace) {
    Shape x = rank4(input);
    if (block < 1) {
      throw new GraphException("block size " + block);
    }
    boolean fits =
        toSpace ? x.dim(3) % (block * block) == 0 : x.dim(1) % block == 0 && x.dim(2) % block == 0;
    if (!fits) {
      throw new GraphException("input " + x + " does not divide into blocks of " + block);
    }
    return toSpace
        ? Shape.of(x.dim(0), x.dim(1) * block, x.dim(2) * block, x.dim(3) / (block * block))
        : Shape.of(x.dim(0), x.dim(1) / block, x.dim(2) / block, x.dim(3) * block * block);
  }

  private static void requireBlock(Shape x, int[] block, int[] borders) {
    if (block.length + 1 > x.rank() || borders.length != 2 * block.length) {
      throw new GraphException("blocks of " + block.length + " dimensions do not fit " + x);
    }
    for (int b : block) {
      if (b < 1) {
        throw new GraphException("block " + Arrays.toString(block));
      }
    }
    for (int b : borders) {
      if (b < 0) {
        throw new GraphException("borders " + Arrays.toString(borders));
      }
    }
  }

  private static Shape toBatch(Shape x, int[] block, int[] paddings) {
    requireBlock(x, block, paddings);
    int[] dims = x.toArray();
    for (int i = 0; i < block.length; i++) {
      int size = dims[1 + i] + paddings[2 * i] + paddings[2 * i + 1];
      if (size % block[i] != 0) {
        throw new GraphException(x + " with its padding does not divide into blocks");
      }
      dims[1 + i] = size / block[i];
      dims[0] = Math.multiplyExact(dims[0], block[i]);
    }
    return Shape.of(dims);
  }

  private static Shape toSpace(Shape x, int[] block, int[] crops) {
    requireBlock(x, block, crops);
    int[] dims = x.toArray();
    for (int i = 0; i < block.length; i++) {
      if (dims[0] % block[i] != 0) {
        throw new GraphException("the batch of " + x + " does not divide into blocks");
      }
      dims[0] /= block[i];
      dims[1 + i] = Math.multiplyExact(dims[1 + i], block[i]) - crops[2 * i] - crops[2 * i + 1];
      if (dims[1 + i] < 0) {
        throw new GraphException("more is cropped than there is of " + x);
      }
    }
    return Shape.of(dims);
  }

  private static Shape gather(Shape x, Shape indices, int axis, int batch) {
    int a = axis(axis, x.rank());
    int b = batch < 0 ? batch + indices.rank() : batch;
    if (b < 0 || b > a || b > indices.rank()) {
      throw new GraphException("batch_dims " + batch + " do not fit " + x + " and " + indices);
    }
    return x.subShape(0, a)
        .concat(indices.subShape(b, indices.rank()))
        .concat(x.subShape(a + 1, x.rank()));
  }

  private static Shape gatherNd(Shape x, Shape indices) {
    int depth = indices.rank() == 0 ? -1 : indices.dim(-1);
    if (depth < 0 || depth > x.rank()) {
      throw new GraphException("indices " + indices + " do not fit " + x);
    }
    return indices.subShape(0, indices.rank() - 1).concat(x.subShape(depth, x.rank()));
  }

  private static Shape oneHot(Shape indices, int depth, int axis) {
    int a = axis == -1 ? indices.rank() : axis(axis, indices.rank() + 1);
    return indices
        .subShape(0, a)
        .concat(shape(new int[] {depth}))
        .concat(indices.subShape(a, indices.rank()));
  }

  private static Shape resize(Shape input, int[] size) {
    Shape x = rank4(input);
    if (size.length != 2 || size[0] < 1 || size[1] < 1) {
      throw new GraphException("new size " + Arrays.toString(size));
    }
    return Shape.of(x.dim(0), size[0], size[1], x.dim(3));
  }

  private static List<Shape> topK(Shape x, int k) {
    if (x.rank() == 0 || k < 0 || k > x.dim(-1)) {
      throw new GraphException("the first " + k + " of " + x);
    }
    Shape top = with(x, x.rank() - 1, k);
    return List.of(top, top);
  }
}
