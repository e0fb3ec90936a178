// Reads TFLite files into graphs.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph.tflite;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Metadata;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Signature;
import dev.sinter.graph.Storage;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import dev.sinter.graph.flatbuffer.FlatReader;
import dev.sinter.graph.flatbuffer.FlatTable;
import dev.sinter.graph.flatbuffer.FlatVector;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads TFLite files. Bytes are hostile: whatever they are, the result is a graph or a {@link
 * GraphException}. Constants are views of the bytes read; nothing is copied twice.
 */
public final class TfliteReader {
  private static final int FIRST_HEAD = 64 << 20;

  /** More dimensions than any op takes. */
  private static final int MAX_RANK = 64;

  private final FileBytes file;
  private final FlatTable model;
  private final List<Storage> buffers = new ArrayList<>();
  private final IdentityHashMap<FlatTable, Map<String, Object>> attributesOf =
      new IdentityHashMap<>();
  private long end;
  private long budget;

  private TfliteReader(FileBytes file, FlatReader reader, FlatTable model) {
    this.file = file;
    this.model = model;
    end = reader.end();
    budget = 4096 + file.size();
  }

  private static Graph read(FileBytes file) {
    FlatReader reader = new FlatReader(file.name(), file.head());
    return new TfliteReader(file, reader, reader.root(TfliteTables.MODEL, TfliteTables.IDENTIFIER))
        .graph();
  }

  /**
   * Reads a file.
   *
   * @param path the file
   * @return the graph
   * @throws GraphException if it cannot be read, is damaged, or is no TFLite model of schema
   *     version 3
   */
  public static Graph read(Path path) {
    if (path.toFile().length() <= FileBytes.MAX_BUFFER) {
      try (FileBytes whole = FileBytes.open(path, FileBytes.MAX_BUFFER)) {
        return read(whole);
      }
    }
    // Beyond 2 GB the flatbuffer comes first and is small; how long it is shows only by reading it.
    for (long head = FIRST_HEAD; ; head *= 4) {
      int most = (int) Math.min(head, FileBytes.MAX_BUFFER);
      try (FileBytes part = FileBytes.open(path, most)) {
        FlatReader reader = new FlatReader(part.name(), part.head());
        FlatTable model;
        try {
          model = reader.root(TfliteTables.MODEL, TfliteTables.IDENTIFIER);
        } catch (GraphException e) {
          if (reader.reachedBeyondEnd() && most < FileBytes.MAX_BUFFER) {
            continue;
          }
          throw e;
        }
        return new TfliteReader(part, reader, model).graph();
      }
    }
  }

  /**
   * Reads a model in memory; the array must not be changed any more.
   *
   * @param bytes the model
   * @return the graph
   * @throws GraphException if it is damaged, or no TFLite model of schema version 3
   */
  public static Graph read(byte[] bytes) {
    return read("model", ByteBuffer.wrap(bytes));
  }

  /**
   * Reads a model in memory; the bytes must not be changed any more.
   *
   * @param bytes the model, from position to limit
   * @return the graph
   * @throws GraphException if it is damaged, or no TFLite model of schema version 3
   */
  public static Graph read(ByteBuffer bytes) {
    return read("model", bytes);
  }

  /**
   * Reads a model in memory; the bytes must not be changed any more.
   *
   * @param name names the model in messages
   * @param bytes the model, from position to limit
   * @return the graph
   * @throws GraphException if it is damaged, or no TFLite model of schema version 3
   */
  public static Graph read(String name, ByteBuffer bytes) {
    return read(FileBytes.of(name, bytes));
  }

  private GraphException bad(String what) {
    return new GraphException(file.name() + ": " + what + "; the file is damaged, get it again");
  }

  /** Shared tables could be listed over and over; a real file lists each once. */
  private void charge(long items) {
    budget -= items;
    if (budget < 0) {
      throw bad("it lists more tensors, ops and numbers than it has bytes");
    }
  }

  private Graph graph() {
    if (model.integer("version") != TfliteTables.VERSION) {
      throw new GraphException(
          file.name()
              + ": schema version "
              + model.integer("version")
              + " (Model.version) is not supported, only "
              + TfliteTables.VERSION
              + "; convert the model again");
    }
    List<FlatTable> bufferTables = model.tables("buffers");
    charge(bufferTables.size());
    for (int i = 0; i < bufferTables.size(); i++) {
      buffers.add(i == 0 ? Storage.NONE : buffer(bufferTables.get(i), i));
    }
    List<Subgraph> subgraphs = new ArrayList<>();
    for (FlatTable s : model.tables("subgraphs")) {
      subgraphs.add(subgraph(s, subgraphs.size()));
    }
    List<Signature> signatures = new ArrayList<>();
    for (FlatTable s : model.tables("signature_defs")) {
      signatures.add(
          new Signature(
              s.text("signature_key"),
              index(s.integer("subgraph_index")),
              bindings(s, "inputs"),
              bindings(s, "outputs"),
              new TfliteSource.Part(s)));
    }
    List<Metadata> metadata = new ArrayList<>();
    for (FlatTable m : model.tables("metadata")) {
      charge(1);
      metadata.add(
          new Metadata(
              m.text("name"), bufferAt(m.integer("buffer"), "metadata"), new TfliteSource.Part(m)));
    }
    skipPadding();
    ByteBuffer trailing =
        end < file.size() ? file.slice(end, file.size() - end, "trailing bytes") : null;
    TfliteSource.File source =
        new TfliteSource.File(
            model, List.copyOf(buffers), file.isWhole() ? file.head() : null, trailing, end);
    Graph g =
        Graph.of(file.name(), model.text("description"), subgraphs, signatures, metadata, source);
    source.pristine = g;
    return g;
  }

  /** Zeros up to the next multiple of 16 are padding, not trailing bytes. */
  private void skipPadding() {
    long aligned = Math.min(end + 15 & -16, file.size());
    ByteBuffer gap = file.slice(end, aligned - end, "padding");
    while (gap.hasRemaining()) {
      if (gap.get() != 0) {
        return;
      }
    }
    end = aligned;
  }

  private static int index(long value) {
    return value < 0 || value > Integer.MAX_VALUE ? -1 : (int) value;
  }

  private Storage buffer(FlatTable b, int i) {
    FlatVector data = b.vector("data");
    if (data != null && data.count() > 0) {
      return Storage.wrap(data.bytes());
    }
    long offset = b.integer("offset");
    long size = b.integer("size");
    if (offset > 1 || offset < 0) {
      return outside(offset, size, "buffer " + i);
    }
    return Storage.wrap(data == null ? null : data.bytes());
  }

  private Storage outside(long offset, long size, String what) {
    ByteBuffer bytes = file.slice(offset, size, what);
    end = Math.max(end, offset + size);
    return Storage.wrap(bytes);
  }

  private Storage bufferAt(long i, String who) {
    if (i < 0 || i >= Math.max(1, buffers.size())) {
      throw bad(who + " names buffer " + i + ", but there are " + buffers.size());
    }
    return i == 0 ? Storage.NONE : buffers.get((int) i);
  }

  private List<Signature.Binding> bindings(FlatTable s, String side) {
    List<Signature.Binding> out = new ArrayList<>();
    charge(1 + s.tables(side).size());
    for (FlatTable m : s.tables(side)) {
      out.add(
          new Signature.Binding(
              m.text("name"), index(m.integer("tensor_index")), new TfliteSource.Part(m)));
    }
    return out;
  }

  private Subgraph subgraph(FlatTable s, int index) {
    String where = "subgraph " + index;
    List<Tensor> tensors = new ArrayList<>();
    for (FlatTable t : s.tables("tensors")) {
      tensors.add(tensor(t, where + " tensor " + tensors.size()));
    }
    List<Op> ops = new ArrayList<>();
    for (FlatTable o : s.tables("operators")) {
      ops.add(op(o, ops.size(), where));
    }
    try {
      return Subgraph.of(
          s.text("name"),
          tensors,
          ops,
          list(s, "inputs"),
          list(s, "outputs"),
          new TfliteSource.Part(s));
    } catch (GraphException e) {
      throw new GraphException(file.name() + ": " + e.getMessage(), e);
    }
  }

  private List<Integer> list(FlatTable t, String field) {
    FlatVector v = t.vector(field);
    if (v == null) {
      return List.of();
    }
    charge(v.count());
    List<Integer> out = new ArrayList<>(v.count());
    for (int i = 0; i < v.count(); i++) {
      out.add((int) v.integer(i));
    }
    return out;
  }

  private Tensor tensor(FlatTable t, String where) {
    ElementType type = ElementType.ofCode(t.number("type"));
    if (type == null) {
      throw new GraphException(
          file.name()
              + ": "
              + where
              + " has element type "
              + t.number("type")
              + " (Tensor.type), newer than this library; update it");
    }
    int rank = Math.max(size(t.vector("shape")), size(t.vector("shape_signature")));
    if (rank > MAX_RANK) {
      throw bad(where + " has " + rank + " dimensions (Tensor.shape), more than " + MAX_RANK);
    }
    charge(1 + 2 * rank);
    FlatTable q = t.table("quantization");
    if (q != null) {
      charge(
          1L
              + size(q.vector("scale"))
              + size(q.vector("zero_point"))
              + size(q.vector("min"))
              + size(q.vector("max")));
    }
    FlatTable sparsity = t.table("sparsity");
    if (sparsity != null) {
      chargeSparsity(sparsity);
    }
    String name = t.text("name");
    charge(name.length() / 4);
    Shape shape = TensorCodec.shape(t.vector("shape"));
    Quantization quantization = TensorCodec.quantization(q);
    return Tensor.of(name, type, shape)
        .withSignature(
            t.has("shape_signature") ? TensorCodec.shape(t.vector("shape_signature")) : null)
        .withStorage(storage(t, where), TensorCodec.sparsity(sparsity, file.name() + ": " + where))
        .withQuantization(quantization)
        .withVariable(t.flag("is_variable"))
        .withSource(new TfliteSource.Part(t));
  }

  private Storage storage(FlatTable t, String where) {
    long external = t.integer("external_buffer");
    Storage s = bufferAt(t.integer("buffer"), where);
    return external != 0 && t.integer("buffer") == 0
        ? Storage.external("external buffer " + external)
        : s;
  }

  private void chargeSparsity(FlatTable s) {
    charge(1 + size(s.vector("traversal_order")) + size(s.vector("block_map")));
    for (FlatTable d : s.tables("dim_metadata")) {
      charge(1);
      for (String side : List.of("array_segments", "array_indices")) {
        if (d.has(side)) {
          charge(size(d.table(side).vector("values")));
        }
      }
    }
  }

  private static int size(FlatVector v) {
    return v == null ? 0 : v.count();
  }

  private Op op(FlatTable o, int index, String where) {
    charge(1);
    long codeIndex = o.integer("opcode_index");
    List<FlatTable> codes = model.tables("operator_codes");
    if (codeIndex < 0 || codeIndex >= codes.size()) {
      throw bad(
          where
              + " op "
              + index
              + " names operator code "
              + codeIndex
              + ", but there are "
              + codes.size());
    }
    FlatTable code = codes.get((int) codeIndex);
    int number = Math.max(code.number("deprecated_builtin_code"), code.number("builtin_code"));
    String name = TfliteTables.opName(number);
    FlatTable options =
        o.table("builtin_options") != null
            ? o.table("builtin_options")
            : o.table("builtin_options_2");
    boolean clean =
        o.unknown() == null
            && code.unknown() == null
            && (options == null || options.unknown() == null);
    OpKind kind = number < 0 || !clean ? null : OpCodec.decode(name, options);
    if (kind == null) {
      kind = foreign(number, name, code, o, options);
    }
    long offset = o.integer("large_custom_options_offset");
    Storage large =
        offset > 1 || offset < 0
            ? outside(
                offset,
                o.integer("large_custom_options_size"),
                where + " op " + index + " custom options")
            : null;
    return new Op(
        kind,
        list(o, "inputs"),
        list(o, "outputs"),
        list(o, "intermediates"),
        index,
        new TfliteSource.OpPart(o, code, (int) codeIndex, large));
  }

  private OpKind foreign(int number, String name, FlatTable code, FlatTable o, FlatTable options) {
    boolean custom = name.equals("CUSTOM");
    Map<String, Object> attributes = new LinkedHashMap<>();
    if (options != null) {
      attributes.putAll(attributesOf.computeIfAbsent(options, FlatTable::attributes));
      charge(attributes.size());
    }
    if (o.has("custom_options")) {
      attributes.put("custom_options", o.vector("custom_options").bytes());
    }
    String label = custom && code.has("custom_code") ? code.text("custom_code") : name;
    return new OpKind.Foreign("tflite", number, label, code.number("version"), attributes);
  }
}
