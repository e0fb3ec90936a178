// Lowers ops whose inputs say where values come from or go to, and those that follow from shapes.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import java.util.Arrays;

/** Indices are read while running; kernels check them. */
final class Indexed {
  private static final int RANK = 8;

  private Indexed() {}

  /** Lowers an op by its name; false if it is none of these. */
  static boolean lower(Lowering l, int index, Op op, OpKind.Foreign f) {
    switch (f.name()) {
      case "GATHER" -> {
        boolean rows = f.number("axis") == 0 && f.number("batch_dims") == 0;
        if (!rows || !HybridProducts.storedTable(l, index, op, op.input(1), op.input(0))) {
          gather(l, index, op, 0, 1, f.number("axis"), f.number("batch_dims"));
        }
      }
      case "EMBEDDING_LOOKUP" -> {
        if (HybridProducts.storedTable(l, index, op, op.input(0), op.input(1))) {
          return true;
        }
        if (l.tensor(op.input(1)).type() == l.tensor(op.output(0)).type()) {
          gather(l, index, op, 1, 0, 0, 0);
        } else {
          HybridProducts.embedding(l, index, op);
        }
      }
      case "GATHER_ND" -> gatherNd(l, index, op);
      case "SCATTER_ND" -> scatterNd(l, index, op);
      case "ONE_HOT" -> oneHot(l, index, op, f.number("axis"));
      case "REVERSE_SEQUENCE" ->
          reverseSequence(l, index, op, f.number("seq_dim"), f.number("batch_dim"));
      case "DYNAMIC_UPDATE_SLICE" -> update(l, index, op);
      case "RESIZE_BILINEAR" -> resize(l, index, op, f, false);
      case "RESIZE_NEAREST_NEIGHBOR" -> resize(l, index, op, f, true);
      case "SHAPE" -> l.fix(op.output(0), l.shape(op.input(0)).toArray());
      case "RANK" -> l.fix(op.output(0), l.shape(op.input(0)).rank());
      case "TOPK_V2" -> topK(l, index, op);
      case "FILL" -> fill(l, index, op);
      default -> {
        return false;
      }
    }
    return true;
  }

  private static String label(Lowering l, Op op, int input) {
    return op.kind().label() + " " + l.shape(input) + " -> " + l.shape(op.output(0));
  }

  /** The type of an index tensor as the catalogue writes it. */
  private static String indexType(Lowering l, int index, int tensor, boolean shorts) {
    ElementType type = l.tensor(tensor).type();
    boolean known = type == ElementType.INT32 || type == ElementType.INT64;
    if (!known && !(shorts && type == ElementType.INT16)) {
      throw l.unsupported(index, "indices of type " + type);
    }
    return l.type(index, tensor);
  }

  private static Step gather(
      Lowering l, int index, Op op, int input, int indices, long batch, long outer, int[] dims) {
    Shape out = l.shape(op.output(0));
    if (l.tensor(input).type() != l.tensor(op.output(0)).type()) {
      throw l.unsupported(index, "a table of another type than the output");
    }
    int bytes = Movements.bytes(l, index, input);
    Shape in = l.shape(input);
    int[] d = Arrays.copyOf(dims, RANK);
    Arrays.fill(d, dims.length, RANK, 1);
    long chosen = 1;
    for (int size : dims) {
      chosen *= size;
    }
    long parts = batch * outer * chosen;
    long slice = parts == 0 ? 0 : in.elements() / parts;
    long vectors = l.shape(indices).elements();
    long positions = batch == 0 || dims.length == 0 ? 0 : vectors / dims.length / batch;
    String type = indexType(l, index, indices, true);
    return new Step("gather", index, label(l, op, input), "u8", type, "u8")
        .set("batch", Math.toIntExact(batch))
        .set("outer", Math.toIntExact(outer))
        .set("positions", Math.toIntExact(positions))
        .set("slice_bytes", Math.toIntExact(slice * bytes))
        .set("depth", dims.length)
        .setAll("d", d)
        .work((double) out.elements());
  }

  private static void add(Lowering l, Op op, Step step, int input, int indices) {
    Value source = l.value(input);
    Value at = l.value(indices);
    l.add(step.slot(source).slot(at).slot(l.define(op.output(0))));
  }

  private static void gather(
      Lowering l, int index, Op op, int tensor, int positions, int axis, int batchDims) {
    int input = op.input(tensor);
    int indices = op.input(positions);
    Shape in = l.shape(input);
    Shape at = l.shape(indices);
    int a = axis < 0 ? axis + in.rank() : axis;
    int b = batchDims < 0 ? batchDims + at.rank() : batchDims;
    if (!in.subShape(0, b).equals(at.subShape(0, b))) {
      throw l.unsupported(index, "indices " + at + " with other batches than " + in);
    }
    int[] dims = {in.dim(a)};
    Step step = gather(l, index, op, input, indices, in.elements(0, b), in.elements(b, a), dims);
    add(l, op, step, input, indices);
  }

  private static void gatherNd(Lowering l, int index, Op op) {
    int input = op.input(0);
    int indices = op.input(1);
    Shape in = l.shape(input);
    int depth = l.shape(indices).dim(-1);
    if (depth > RANK) {
      throw l.unsupported(index, "index vectors of " + depth);
    }
    int[] dims = in.subShape(0, depth).toArray();
    Step step = gather(l, index, op, input, indices, 1, 1, dims);
    if (depth == 0) {
      Shape at = l.shape(indices);
      step.set("positions", Math.toIntExact(at.elements(0, at.rank() - 1)));
    }
    add(l, op, step, input, indices);
  }

  private static void scatterNd(Lowering l, int index, Op op) {
    Shape at = l.shape(op.input(0));
    Shape out = l.shape(op.output(0));
    int depth = at.dim(-1);
    if (depth > Math.min(RANK, out.rank())) {
      throw l.unsupported(index, "index vectors of " + depth + " for " + out);
    }
    String type = l.type(index, op.input(1));
    String indices = l.type(index, op.input(0));
    if (!indices.equals("s32") || !l.type(index, op.output(0)).equals(type)) {
      throw l.unsupported(index, "indices of " + indices + ", updates of " + type);
    }
    long count = at.elements(0, at.rank() - 1);
    long slice = out.elements(depth, out.rank());
    if (l.shape(op.input(1)).elements() != count * slice) {
      throw l.unsupported(
          index, "updates " + l.shape(op.input(1)) + " at indices " + at + " of " + out);
    }
    int[] d = Arrays.copyOf(out.subShape(0, depth).toArray(), RANK);
    Arrays.fill(d, depth, RANK, 1);
    Step step =
        new Step("scatter_nd", index, label(l, op, op.input(1)), "s32", type, type)
            .set("count", Math.toIntExact(count))
            .set("slice", Math.toIntExact(slice))
            .set("depth", depth)
            .setAll("d", d)
            .work((double) (out.elements() + count * slice));
    add(l, op, step, op.input(0), op.input(1));
  }

  private static void oneHot(Lowering l, int index, Op op, int axis) {
    Shape at = l.shape(op.input(0));
    Shape out = l.shape(op.output(0));
    int a = axis < 0 ? axis + out.rank() : axis;
    String type = indexType(l, index, op.input(0), false);
    for (int i = 2; i < 4; i++) {
      if (l.shape(op.input(i)).elements() != 1
          || l.tensor(op.input(i)).type() != l.tensor(op.output(0)).type()) {
        throw l.unsupported(
            index,
            "a value " + l.shape(op.input(i)) + " of " + l.tensor(op.input(i)).type() + " for it");
      }
    }
    Value indices = l.value(op.input(0));
    Value on = l.value(op.input(2));
    Value off = l.value(op.input(3));
    l.add(
        new Step("one_hot", index, label(l, op, op.input(0)), type, "u8", "u8", "u8")
            .set("element_bytes", Movements.bytes(l, index, op.input(2)))
            .set("outer", Math.toIntExact(at.elements(0, a)))
            .set("depth", out.dim(a))
            .set("inner", Math.toIntExact(at.elements(a, at.rank())))
            .slot(indices)
            .slot(on)
            .slot(off)
            .slot(l.define(op.output(0)))
            .work((double) out.elements()));
  }

  private static void reverseSequence(Lowering l, int index, Op op, int sequence, int batch) {
    Shape in = l.shape(op.input(0));
    if (Math.min(sequence, batch) < 0
        || Math.max(sequence, batch) >= in.rank()
        || sequence == batch
        || l.tensor(op.input(0)).type() != l.tensor(op.output(0)).type()
        || l.shape(op.input(1)).elements() != in.dim(batch)) {
      throw l.unsupported(
          index, "sequences along " + sequence + " of batches along " + batch + " of " + in);
    }
    String type = indexType(l, index, op.input(1), false);
    int first = Math.min(sequence, batch);
    int second = Math.max(sequence, batch);
    int bytes = Movements.bytes(l, index, op.input(0));
    Step step =
        new Step("reverse_sequence", index, label(l, op, op.input(0)), "u8", type, "u8")
            .set("outer", Math.toIntExact(in.elements(0, first)))
            .set("batch", in.dim(batch))
            .set("sequence", in.dim(sequence))
            .set("mid", Math.toIntExact(in.elements(first + 1, second)))
            .set("inner_bytes", Math.toIntExact(in.elements(second + 1, in.rank()) * bytes))
            .set("batch_first", batch < sequence ? 1 : 0)
            .work((double) in.elements());
    add(l, op, step, op.input(0), op.input(1));
  }

  private static void update(Lowering l, int index, Op op) {
    Shape in = l.shape(op.input(0));
    Shape box = l.shape(op.input(1));
    if (in.rank() > RANK
        || box.rank() != in.rank()
        || l.shape(op.input(2)).elements() != in.rank()) {
      throw l.unsupported(index, "an update " + box + " of " + in);
    }
    String type = indexType(l, index, op.input(2), false);
    int[] d = new int[RANK];
    int[] u = new int[RANK];
    Arrays.fill(d, 1);
    Arrays.fill(u, 1);
    for (int i = 0; i < in.rank(); i++) {
      d[RANK - in.rank() + i] = in.dim(i);
      u[RANK - in.rank() + i] = box.dim(i);
      if (box.dim(i) > in.dim(i)) {
        throw l.unsupported(index, "an update " + box + " larger than " + in);
      }
    }
    Value source = l.value(op.input(0));
    Value part = l.value(op.input(1));
    Value start = l.value(op.input(2));
    Value target = l.define(op.output(0));
    String label = label(l, op, op.input(0));
    l.add(Lowering.copy(index, label, source, target, 1, source.bytes(), 0, 0, 0, 0));
    l.add(
        new Step("update_slice", index, label, "u8", type, "u8")
            .set("element_bytes", Movements.bytes(l, index, op.input(0)))
            .set("rank", in.rank())
            .setAll("d", d)
            .setAll("u", u)
            .slot(part)
            .slot(start)
            .slot(target)
            .work((double) box.elements()));
  }

  private static void resize(Lowering l, int index, Op op, OpKind.Foreign f, boolean nearest) {
    int input = op.input(0);
    Shape in = l.shape(input);
    Shape out = l.shape(op.output(0));
    boolean corners = f.number("align_corners") != 0;
    boolean centers = f.number("half_pixel_centers") != 0;
    if (!nearest && corners && centers) {
      throw l.unsupported(index, "align_corners together with half_pixel_centers");
    }
    String type = resized(l, index, input, nearest);
    Value source = l.value(input);
    l.add(
        new Step("resize", index, label(l, op, input), type, type)
            .set("batch", in.dim(0))
            .set("height", in.dim(1))
            .set("width", in.dim(2))
            .set("channels", in.dim(3))
            .set("out_height", out.dim(1))
            .set("out_width", out.dim(2))
            .set("nearest", nearest ? 1 : 0)
            .set("align_corners", corners ? 1 : 0)
            .set("half_pixel_centers", centers ? 1 : 0)
            .slot(source)
            .slot(l.define(op.output(0)))
            .work((double) out.elements()));
  }

  /** What rows are asked for: nearest pixels are bytes, whatever they stand for. */
  private static String resized(Lowering l, int index, int input, boolean nearest) {
    ElementType type = l.tensor(input).type();
    if (nearest && type.bits() <= 32) {
      return switch (Movements.bytes(l, index, input)) {
        case 1 -> "u8";
        case 2 -> "s16";
        default -> "f32";
      };
    }
    return switch (type) {
      case INT8, UINT8 -> {
        l.requireQuantized(index, input);
        yield l.type(index, input);
      }
      case FLOAT32, INT16 -> l.type(index, input);
      default -> throw l.unsupported(index, "resizing values of type " + type);
    };
  }

  private static void topK(Lowering l, int index, Op op) {
    int input = op.input(0);
    int places = op.output(1);
    if (l.tensor(places).type() != ElementType.INT32) {
      throw l.unsupported(index, "places of type " + l.tensor(places).type());
    }
    Shape in = l.shape(input);
    String type = l.type(index, input);
    Value source = l.value(input);
    l.add(
        new Step("top_k", index, label(l, op, input), type, type, "s32")
            .set("rows", Math.toIntExact(in.elements(0, in.rank() - 1)))
            .set("count", in.dim(-1))
            .set("k", l.shape(places).dim(-1))
            .slot(source)
            .slot(l.define(op.output(0)))
            .slot(l.define(places))
            .work((double) in.elements()));
  }

  private static void fill(Lowering l, int index, Op op) {
    int value = op.input(1);
    Value source = l.value(value);
    new Strided(Movements.bytes(l, index, value))
        .dim(l.shape(op.output(0)).elements(), 0, 1)
        .add(l, index, label(l, op, value), source, l.define(op.output(0)));
  }
}
