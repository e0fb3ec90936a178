// Turns a graph into the tables of a TFLite file; what was not touched keeps the tables it came
// from.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph.tflite;

import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Metadata;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Signature;
import dev.sinter.graph.Storage;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import dev.sinter.graph.flatbuffer.FieldKind;
import dev.sinter.graph.flatbuffer.FlatTable;
import dev.sinter.graph.flatbuffer.FlatVector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;

/** Encodes one graph. */
final class ModelEncoder {
  private static final FlatTable NEW_MODEL =
      FlatTable.empty(TfliteTables.MODEL).with("version", TfliteTables.VERSION);

  private final Graph graph;
  private final TfliteSource.File file;
  private final FlatTable base;

  /** Buffers of the new file; what lies outside the flatbuffer is filled in later. */
  final List<FlatTable> buffers = new ArrayList<>();

  /** Storage of each buffer that lies outside the flatbuffer, null for the others. */
  final List<Storage> outside = new ArrayList<>();

  /** Custom options that lie outside the flatbuffer, by operator table. */
  final IdentityHashMap<FlatTable, Storage> largeOptions = new IdentityHashMap<>();

  /** The same custom options in the order of their ops. */
  final List<Storage> largeOrder = new ArrayList<>();

  private final IdentityHashMap<Storage, Integer> bufferIndex = new IdentityHashMap<>();
  private final List<FlatTable> codes = new ArrayList<>();
  private final IdentityHashMap<FlatTable, Integer> codeIndex = new IdentityHashMap<>();
  private final boolean allOutside;

  ModelEncoder(Graph graph, boolean allOutside) {
    this.graph = graph;
    this.allOutside = allOutside;
    file = graph.source() instanceof TfliteSource.File ? (TfliteSource.File) graph.source() : null;
    base = file == null ? NEW_MODEL : file.model;
  }

  /** The model's table, but for its buffers. */
  FlatTable encode() {
    int[] oldBuffers = keepBuffers();
    keepCodes();
    List<FlatTable> subgraphs = new ArrayList<>();
    for (Subgraph s : graph.subgraphs()) {
      subgraphs.add(subgraph(s));
    }
    List<FlatTable> metadata = new ArrayList<>();
    for (Metadata m : graph.metadata()) {
      FlatTable t = part(m.source(), "Metadata");
      metadata.add(text(t, "name", m.name()).update("buffer", buffer(m.storage())));
    }
    List<FlatTable> signatures = new ArrayList<>();
    for (Signature s : graph.signatures()) {
      FlatTable t = text(part(s.source(), "SignatureDef"), "signature_key", s.key());
      t = t.withTables("inputs", bindings(s.inputs()));
      t = t.withTables("outputs", bindings(s.outputs()));
      signatures.add(t.update("subgraph_index", s.subgraph()));
    }
    FlatTable m = base.withTables("subgraphs", subgraphs);
    m = m.withTables("metadata", metadata);
    m = m.withTables("signature_defs", signatures);
    m = text(m, "description", graph.description());
    m = m.withTables("operator_codes", codes);
    return remapMetadataBuffer(m, oldBuffers);
  }

  private static FlatTable part(dev.sinter.graph.Source source, String type) {
    return source instanceof TfliteSource.Part part
        ? part.table()
        : FlatTable.empty(TfliteTables.SCHEMA.type(type));
  }

  private static FlatTable text(FlatTable t, String field, String value) {
    return t.text(field).equals(value) ? t : t.with(field, value);
  }

  private static FlatTable ints(FlatTable t, String field, List<Integer> value) {
    FlatVector old = t.vector(field);
    int[] now = value.stream().mapToInt(i -> i).toArray();
    return Arrays.equals(old == null ? new int[0] : old.toInts(), now)
        ? t
        : t.with(field, FlatVector.ints(value));
  }

  private List<FlatTable> bindings(List<Signature.Binding> list) {
    List<FlatTable> out = new ArrayList<>();
    for (Signature.Binding b : list) {
      out.add(
          text(part(b.source(), "TensorMap"), "name", b.name()).update("tensor_index", b.tensor()));
    }
    return out;
  }

  // ---- buffers

  /**
   * Keeps the old buffers that are still used, or never were; returns their new indices, -1 for
   * those dropped.
   */
  private int[] keepBuffers() {
    if (file == null) {
      addBuffer(Storage.NONE, FlatTable.empty(TfliteTables.SCHEMA.type("Buffer")));
      return new int[0];
    }
    IdentityHashMap<Storage, Boolean> used = new IdentityHashMap<>();
    graph.subgraphs().forEach(s -> s.tensors().forEach(t -> used.put(t.storage(), true)));
    graph.metadata().forEach(m -> used.put(m.storage(), true));
    BitSet usedBefore = new BitSet();
    for (FlatTable s : base.tables("subgraphs")) {
      s.tables("tensors").forEach(t -> usedBefore.set(t.number("buffer")));
    }
    base.tables("metadata").forEach(m -> usedBefore.set(m.number("buffer")));
    int[] map = new int[file.buffers.size()];
    for (int i = 0; i < map.length; i++) {
      Storage s = file.buffers.get(i);
      boolean keep = i == 0 || used.containsKey(s) || !usedBefore.get(i);
      map[i] = keep ? buffers.size() : -1;
      if (keep) {
        addBuffer(s, base.tables("buffers").get(i));
      }
    }
    return map;
  }

  private void addBuffer(Storage s, FlatTable table) {
    FlatVector data = table.vector("data");
    boolean wasOutside = table.integer("offset") > 1 && (data == null || data.count() == 0);
    boolean goes = s != Storage.NONE && !s.isEmpty() && (wasOutside || allOutside);
    bufferIndex.putIfAbsent(s, buffers.size());
    buffers.add(goes ? table.with("data", null) : table);
    outside.add(goes ? s : null);
  }

  private int buffer(Storage s) {
    if (s == Storage.NONE || s.elsewhere() != null) {
      return 0;
    }
    Integer known = bufferIndex.get(s);
    if (known == null) {
      if (buffers.isEmpty()) {
        addBuffer(Storage.NONE, FlatTable.empty(TfliteTables.SCHEMA.type("Buffer")));
      }
      FlatTable t = FlatTable.empty(TfliteTables.SCHEMA.type("Buffer"));
      known = buffers.size();
      addBuffer(s, s.isEmpty() ? t : t.with("data", FlatVector.wrap(FieldKind.U8, s.bytes())));
    }
    return known;
  }

  private static FlatTable remapMetadataBuffer(FlatTable m, int[] map) {
    FlatVector v = m.vector("metadata_buffer");
    if (v == null) {
      return m;
    }
    List<Integer> out = new ArrayList<>();
    for (int i : v.toInts()) {
      if (i < 0 || i >= map.length) {
        out.add(i);
      } else if (map[i] >= 0) {
        out.add(map[i]);
      }
    }
    return ints(m, "metadata_buffer", out);
  }

  // ---- operator codes

  /** Keeps the old codes that are still used, or never were. */
  @SuppressWarnings("ReferenceEquality") // the op may come from another file
  private void keepCodes() {
    List<FlatTable> old = base.tables("operator_codes");
    BitSet usedBefore = new BitSet();
    for (FlatTable s : base.tables("subgraphs")) {
      s.tables("operators").forEach(o -> usedBefore.set(o.number("opcode_index")));
    }
    BitSet used = new BitSet();
    for (Subgraph s : graph.subgraphs()) {
      for (Op op : s.ops()) {
        TfliteSource.OpPart p = sourceOf(op);
        if (p != null
            && !isChanged(s, op, p)
            && p.codeIndex() < old.size()
            && old.get(p.codeIndex()) == p.code()) {
          used.set(p.codeIndex());
        }
      }
    }
    for (int i = 0; i < old.size(); i++) {
      if (used.get(i) || !usedBefore.get(i)) {
        codeIndex.putIfAbsent(old.get(i), codes.size());
        codes.add(old.get(i));
      }
    }
  }

  private static TfliteSource.OpPart sourceOf(Op op) {
    return op.source() instanceof TfliteSource.OpPart ? (TfliteSource.OpPart) op.source() : null;
  }

  /** Whether an op does something else than in its file, or works on other types. */
  private static boolean isChanged(Subgraph g, Op op, TfliteSource.OpPart p) {
    if (op.kind() instanceof OpKind.Foreign) {
      return false;
    }
    String name = TfliteTables.opName(number(p.code()));
    OpKind before = OpCodec.decode(name, options(p.table()));
    if (before == null
        || !before.equals(op.kind())
        || op.inputs().size() != size(p.table().vector("inputs"))) {
      return true;
    }
    for (List<Integer> side : List.of(op.inputs(), op.outputs())) {
      for (int t : side) {
        if (t >= 0 && isOtherType(g.tensor(t))) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean isOtherType(Tensor t) {
    if (!(t.source() instanceof TfliteSource.Part)) {
      return true;
    }
    FlatTable table = ((TfliteSource.Part) t.source()).table();
    return table.number("type") != t.type().code()
        || (t.sparsity() != null) != table.has("sparsity");
  }

  private static int size(FlatVector v) {
    return v == null ? 0 : v.count();
  }

  private static int number(FlatTable code) {
    return Math.max(code.number("deprecated_builtin_code"), code.number("builtin_code"));
  }

  private static FlatTable options(FlatTable operator) {
    FlatTable o = operator.table("builtin_options");
    return o != null ? o : operator.table("builtin_options_2");
  }

  private int code(FlatTable wanted) {
    Integer known = codeIndex.get(wanted);
    if (known != null) {
      return known;
    }
    for (int i = 0; i < codes.size(); i++) {
      FlatTable c = codes.get(i);
      if (number(c) == number(wanted)
          && c.number("version") == wanted.number("version")
          && c.text("custom_code").equals(wanted.text("custom_code"))) {
        codeIndex.put(wanted, i);
        return i;
      }
    }
    codes.add(wanted);
    codeIndex.put(wanted, codes.size() - 1);
    return codes.size() - 1;
  }

  private static FlatTable newCode(String name, int version) {
    int number = TfliteTables.opCode(name);
    return FlatTable.empty(TfliteTables.SCHEMA.type("OperatorCode"))
        .with("deprecated_builtin_code", Math.min(number, 127))
        .with("version", version)
        .with("builtin_code", number);
  }

  // ---- subgraphs, ops, tensors

  private FlatTable subgraph(Subgraph g) {
    List<FlatTable> tensors = new ArrayList<>();
    for (Tensor t : g.tensors()) {
      tensors.add(tensor(t));
    }
    List<FlatTable> ops = new ArrayList<>();
    for (Op op : g.ops()) {
      ops.add(op(g, op));
    }
    FlatTable t = part(g.source(), "SubGraph").withTables("tensors", tensors);
    t = t.withTables("operators", ops);
    t = ints(t, "inputs", g.inputs());
    t = ints(t, "outputs", g.outputs());
    return text(t, "name", g.name());
  }

  private FlatTable op(Subgraph g, Op op) {
    TfliteSource.OpPart p = sourceOf(op);
    FlatTable t = p == null ? FlatTable.empty(TfliteTables.SCHEMA.type("Operator")) : p.table();
    int code;
    if (p != null && !isChanged(g, op, p)) {
      code = code(p.code());
    } else if (op.kind() instanceof OpKind.Foreign f && f.format().equals("tflite")) {
      code = code(TfliteOps.code(f));
      t = TfliteOps.withOptions(t, f);
    } else if (op.kind() instanceof OpKind.Foreign) {
      throw new GraphException(
          graph.name()
              + ": op "
              + op.kind().label()
              + " of format "
              + ((OpKind.Foreign) op.kind()).format()
              + " comes from no TFLite file and cannot be written to one");
    } else {
      OpCodec.Encoded e = OpCodec.encode(op.kind(), options(t));
      int version = OpVersions.of(g, op);
      boolean same = p != null && TfliteTables.opName(number(p.code())).equals(e.name());
      if (same) {
        version = Math.max(version, p.code().number("version"));
      }
      code =
          same && version == p.code().number("version")
              ? code(p.code())
              : code(newCode(e.name(), version));
      t = withOptions(t, e);
    }
    t = t.update("opcode_index", code);
    t = ints(t, "inputs", op.inputs());
    t = ints(t, "outputs", op.outputs());
    t = ints(t, "intermediates", op.intermediates());
    FlatVector mutating = t.vector("mutating_variable_inputs");
    if (mutating != null && mutating.count() > 0 && mutating.count() != op.inputs().size()) {
      t = t.with("mutating_variable_inputs", null);
    }
    if (p != null && p.largeOptions() != null) {
      t = t.with("large_custom_options_offset", 2);
      largeOptions.put(t, p.largeOptions());
      largeOrder.add(p.largeOptions());
    }
    return t;
  }

  private static FlatTable withOptions(FlatTable t, OpCodec.Encoded e) {
    if (e.options() == null) {
      return t.has("builtin_options")
          ? t.with("builtin_options", null).with("builtin_options_type", null)
          : t;
    }
    String field = e.name().startsWith("STABLEHLO_") ? "builtin_options_2" : "builtin_options";
    String other = field.equals("builtin_options") ? "builtin_options_2" : "builtin_options";
    FlatTable clean = t.has(other) ? t.with(other, null).with(other + "_type", null) : t;
    return e.options().equals(clean.get(field)) ? clean : clean.withUnion(field, e.options());
  }

  private FlatTable tensor(Tensor x) {
    boolean isNew = !(x.source() instanceof TfliteSource.Part);
    FlatTable t = part(x.source(), "Tensor");
    t = text(t, "name", x.name());
    t = shape(t, "shape", x.shape(), isNew);
    if (x.hasSignature()) {
      t = shape(t, "shape_signature", x.signature(), false);
    } else if (t.has("shape_signature")) {
      t = t.with("shape_signature", null);
    }
    t =
        t.update("type", x.type().code())
            .update("buffer", buffer(x.storage()))
            .update("is_variable", x.isVariable());
    FlatTable q = TensorCodec.quantization(x.quantization(), t.table("quantization"));
    if (!Objects.equals(q, t.table("quantization"))) {
      t = t.with("quantization", q);
    }
    FlatTable s = TensorCodec.sparsity(x.sparsity(), t.table("sparsity"), graph.name());
    if (!Objects.equals(s, t.table("sparsity"))) {
      t = t.with("sparsity", s);
    }
    return isNew ? t.with("has_rank", 1) : t;
  }

  private static FlatTable shape(FlatTable t, String field, Shape shape, boolean always) {
    FlatVector old = t.vector(field);
    boolean same =
        old == null
            ? shape.rank() == 0 && field.equals("shape")
            : Arrays.equals(old.toInts(), shape.toArray());
    return same && !always
        ? t
        : t.with(field, FlatVector.ints(Arrays.stream(shape.toArray()).boxed().toList()));
  }
}
