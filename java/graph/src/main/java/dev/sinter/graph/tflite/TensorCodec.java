// Tensors, their quantization and sparsity, from tables and back.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph.tflite;

import dev.sinter.graph.GraphException;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Sparsity;
import dev.sinter.graph.flatbuffer.FieldKind;
import dev.sinter.graph.flatbuffer.FlatTable;
import dev.sinter.graph.flatbuffer.FlatVector;
import java.util.ArrayList;
import java.util.List;

/** Parts of tensors. */
final class TensorCodec {
  private TensorCodec() {}

  static Shape shape(FlatVector v) {
    return v == null ? Shape.SCALAR : Shape.of(v.toInts());
  }

  static Quantization quantization(FlatTable q) {
    if (q == null) {
      return Quantization.NONE;
    }
    return Quantization.of(
        floats(q, "scale"),
        q.has("zero_point") ? q.vector("zero_point").toLongs() : new long[0],
        q.number("quantized_dimension"),
        floats(q, "min"),
        floats(q, "max"),
        details(q));
  }

  private static float[] floats(FlatTable t, String field) {
    return t.has(field) ? t.vector(field).toFloats() : new float[0];
  }

  private static Quantization.Details details(FlatTable q) {
    FlatTable d = q.table("details");
    if (d == null) {
      int code = q.number("details_type");
      return code == 0 ? null : new Quantization.UnknownDetails(code);
    }
    return switch (d.type().name()) {
      case "BlockwiseQuantization" ->
          new Quantization.Blockwise(
              d.number("scales"), d.number("zero_points"), d.number("block_size"));
      case "MultiAxisQuantization" ->
          new Quantization.MultiAxis(
              d.number("scales"),
              d.number("zero_points"),
              d.number("block_size"),
              list(d, "quantized_dimensions"));
      default ->
          new Quantization.Custom(
              d.has("custom") ? d.vector("custom").bytes() : java.nio.ByteBuffer.allocate(0));
    };
  }

  private static List<Integer> list(FlatTable t, String field) {
    List<Integer> out = new ArrayList<>();
    if (t.has(field)) {
      for (int i : t.vector(field).toInts()) {
        out.add(i);
      }
    }
    return out;
  }

  /**
   * The table of a quantization; what did not change stays as it is in {@code base}, which may be
   * null.
   */
  static FlatTable quantization(Quantization q, FlatTable base) {
    if (quantization(base).equals(q)) {
      return base;
    }
    Quantization old = quantization(base);
    FlatTable t =
        base == null ? FlatTable.empty(TfliteTables.SCHEMA.type("QuantizationParameters")) : base;
    if (!java.util.Arrays.equals(old.scales(), q.scales())) {
      t = t.with("scale", q.count() == 0 ? null : FlatVector.floats(q.scales()));
    }
    if (!java.util.Arrays.equals(old.zeroPoints(), q.zeroPoints())) {
      long[] z = q.zeroPoints();
      t = t.with("zero_point", z.length == 0 ? null : FlatVector.integers(FieldKind.I64, z));
    }
    if (!java.util.Arrays.equals(old.min(), q.min())) {
      t = t.with("min", q.min().length == 0 ? null : FlatVector.floats(q.min()));
    }
    if (!java.util.Arrays.equals(old.max(), q.max())) {
      t = t.with("max", q.max().length == 0 ? null : FlatVector.floats(q.max()));
    }
    t = t.update("quantized_dimension", q.axis());
    if (!java.util.Objects.equals(old.details(), q.details())) {
      t = withDetails(t, q.details());
    }
    return t;
  }

  private static FlatTable withDetails(FlatTable t, Quantization.Details details) {
    if (details == null) {
      return t.with("details_type", null).with("details", null);
    }
    FlatTable base = t.table("details");
    if (details instanceof Quantization.Blockwise b) {

      return t.withUnion(
          "details",
          orEmpty(base, "BlockwiseQuantization")
              .update("scales", b.scales())
              .update("zero_points", b.zeroPoints())
              .update("block_size", b.blockSize()));
    }
    if (details instanceof Quantization.MultiAxis m) {

      return t.withUnion(
          "details",
          orEmpty(base, "MultiAxisQuantization")
              .update("scales", m.scales())
              .update("zero_points", m.zeroPoints())
              .update("block_size", m.blockSize())
              .with("quantized_dimensions", FlatVector.ints(m.axes())));
    }
    if (details instanceof Quantization.Custom custom) {
      return t.withUnion(
          "details",
          orEmpty(base, "CustomQuantization")
              .with("custom", FlatVector.wrap(FieldKind.U8, custom.bytes().duplicate().rewind())));
    }
    throw new GraphException(
        "Quantization details of " + details + " cannot be written; keep those of the file");
  }

  private static FlatTable orEmpty(FlatTable base, String type) {
    return base != null && base.type().name().equals(type)
        ? base
        : FlatTable.empty(TfliteTables.SCHEMA.type(type));
  }

  static Sparsity sparsity(FlatTable s, String where) {
    if (s == null) {
      return null;
    }
    List<Sparsity.Level> levels = new ArrayList<>();
    for (FlatTable d : s.tables("dim_metadata")) {
      int format = d.number("format");
      if (format == 0) {
        levels.add(Sparsity.Level.dense(d.number("dense_size")));
      } else if (format == 1 && d.has("array_segments") && d.has("array_indices")) {
        FlatTable seg = d.table("array_segments");
        FlatTable ind = d.table("array_indices");
        levels.add(Sparsity.Level.csr(indices(seg), indices(ind), width(seg), width(ind)));
      } else {
        throw new GraphException(
            where
                + ": sparsity level "
                + levels.size()
                + " of format "
                + format
                + " has no segments or indices; the file is damaged");
      }
    }
    return Sparsity.of(list(s, "traversal_order"), list(s, "block_map"), levels);
  }

  private static int[] indices(FlatTable v) {
    return v.has("values") ? v.vector("values").toInts() : new int[0];
  }

  private static Sparsity.IndexWidth width(FlatTable v) {
    return switch (v.type().name()) {
      case "Uint8Vector" -> Sparsity.IndexWidth.UINT8;
      case "Uint16Vector" -> Sparsity.IndexWidth.UINT16;
      default -> Sparsity.IndexWidth.INT32;
    };
  }

  /** The table of a sparsity; {@code base} if it says the same. */
  static FlatTable sparsity(Sparsity s, FlatTable base, String where) {
    if (s == null || (base != null && s.equals(sparsity(base, where)))) {
      return s == null ? null : base;
    }
    List<FlatTable> levels = new ArrayList<>();
    for (Sparsity.Level l : s.levels()) {
      FlatTable d = FlatTable.empty(TfliteTables.SCHEMA.type("DimensionMetadata"));
      if (l.isDense()) {
        d = d.update("dense_size", l.size());
      } else {
        d =
            d.with("format", 1)
                .withUnion("array_segments", vector(l.segments(), l.segmentWidth()))
                .withUnion("array_indices", vector(l.indices(), l.indexWidth()));
      }
      levels.add(d);
    }
    return FlatTable.empty(TfliteTables.SCHEMA.type("SparsityParameters"))
        .with("traversal_order", FlatVector.ints(s.traversalOrder()))
        .with("block_map", s.blockMap().isEmpty() ? null : FlatVector.ints(s.blockMap()))
        .with("dim_metadata", levels);
  }

  private static FlatTable vector(int[] values, Sparsity.IndexWidth width) {
    boolean byteWide = width == Sparsity.IndexWidth.UINT8;
    boolean wide = width == Sparsity.IndexWidth.INT32;
    String type = byteWide ? "Uint8Vector" : wide ? "Int32Vector" : "Uint16Vector";
    FieldKind kind = byteWide ? FieldKind.U8 : wide ? FieldKind.I32 : FieldKind.U16;
    long[] v = java.util.Arrays.stream(values).asLongStream().toArray();
    return FlatTable.empty(TfliteTables.SCHEMA.type(type))
        .with("values", FlatVector.integers(kind, v));
  }
}
