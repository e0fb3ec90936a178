// Ops of TFLite that no record of OpKind stands for, to be built from nothing and written.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph.tflite;

import dev.sinter.graph.GraphException;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.flatbuffer.FieldKind;
import dev.sinter.graph.flatbuffer.FlatSchema;
import dev.sinter.graph.flatbuffer.FlatTable;
import dev.sinter.graph.flatbuffer.FlatVector;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Makes any builtin or custom op, with options by the names of the format's fields. What is made is
 * what reading it back from a file gives. See {@link dev.sinter.graph.GraphBuilder#op(OpKind, List,
 * List, List)}.
 */
public final class TfliteOps {
  private static final int CUSTOM = TfliteTables.opCode("CUSTOM");
  private static final String CUSTOM_OPTIONS = "custom_options";

  /** Ops whose options are not called like them. */
  private static final Map<String, String> NAMED_OTHERWISE =
      Map.of(
          "UNIDIRECTIONAL_SEQUENCE_RNN", "SequenceRNNOptions",
          "CONV_3D_TRANSPOSE", "Conv3DOptions",
          "RANDOM_UNIFORM", "RandomOptions",
          "RANDOM_STANDARD_NORMAL", "RandomOptions",
          "MULTINOMIAL", "RandomOptions");

  private static final List<String> UNIONS = List.of("builtin_options", "builtin_options_2");
  private static final Map<String, FlatSchema.Type> OPTIONS = members();

  private TfliteOps() {}

  private static Map<String, FlatSchema.Type> members() {
    Map<String, FlatSchema.Type> out = new HashMap<>();
    FlatSchema.Type operator = TfliteTables.SCHEMA.type("Operator");
    for (String union : UNIONS) {
      FlatSchema.Type member;
      for (int i = 1; (member = operator.field(union).member(i)) != null; i++) {
        out.put(member.name().toLowerCase(Locale.ROOT), member);
      }
    }
    return out;
  }

  /** The table of an op's options; null if it has none. */
  private static FlatSchema.Type options(String name) {
    String known = OpCodec.optionsOf(name);
    String type = known != null ? known : NAMED_OTHERWISE.get(name);
    return OPTIONS.get(
        (type != null ? type : name.replace("_", "") + "Options").toLowerCase(Locale.ROOT));
  }

  /**
   * Returns what TFLite calls an op.
   *
   * @param kind the op
   * @return the name of the builtin, such as CONV_2D, or of the custom op
   */
  public static String name(OpKind kind) {
    return OpCodec.name(kind);
  }

  /**
   * Makes a builtin op.
   *
   * @param name its name in the format, such as {@code STRIDED_SLICE}
   * @param version its version
   * @param options its options by field name: numbers, truth values, texts, lists of numbers; those
   *     left out have the format's defaults
   * @return the kind that a reader makes of it: a record where there is one (and then the writer
   *     chooses the version), else {@link OpKind.Foreign}
   * @throws GraphException if there is no such op or option, or a value does not suit it
   */
  public static OpKind builtin(String name, int version, Map<String, Object> options) {
    int code;
    try {
      code = TfliteTables.opCode(name);
    } catch (IllegalArgumentException e) {
      throw new GraphException("TFLite has no builtin op " + name, e);
    }
    FlatTable table = table(name, options);
    OpKind known = OpCodec.decode(name, table);
    Map<String, Object> attributes = table == null ? Map.of() : table.attributes();
    return known != null ? known : new OpKind.Foreign("tflite", code, name, version, attributes);
  }

  /**
   * Makes a custom op.
   *
   * @param name its custom code
   * @param version its version
   * @param options its options, a flexbuffer or whatever else the op takes; not changed afterwards
   * @return the kind
   */
  public static OpKind.Foreign custom(String name, int version, ByteBuffer options) {
    return new OpKind.Foreign(
        "tflite", CUSTOM, name, version, Map.of(CUSTOM_OPTIONS, options.slice()));
  }

  private static FlatTable table(String name, Map<String, Object> options) {
    FlatSchema.Type type = options(name);
    if (type == null) {
      if (!options.isEmpty()) {
        throw new GraphException(name + " has no options, so no " + options.keySet());
      }
      return null;
    }
    FlatTable t = FlatTable.empty(type);
    for (Map.Entry<String, Object> e : options.entrySet()) {
      FlatSchema.Field field = field(type, e.getKey());
      if (field == null) {
        throw new GraphException(type.name() + " has no field '" + e.getKey() + "'");
      }
      t = set(t, field, e.getValue());
    }
    return t;
  }

  private static FlatSchema.Field field(FlatSchema.Type type, String name) {
    for (int s = 0; s < type.slots(); s++) {
      if (type.field(s).name().equals(name)) {
        return type.field(s);
      }
    }
    return null;
  }

  private static FlatTable set(FlatTable t, FlatSchema.Field field, Object value) {
    if (field.kind().isScalar() && (value instanceof Number || value instanceof Boolean)) {
      return t.update(field.name(), value);
    } else if (field.kind() == FieldKind.STRING && value instanceof String) {
      return t.with(field.name(), value);
    } else if (field.kind() == FieldKind.VECTOR && value instanceof ByteBuffer bytes) {
      return t.with(field.name(), FlatVector.wrap(field.element(), bytes));
    } else if (field.kind() == FieldKind.VECTOR && value instanceof List<?> list) {
      return t.with(field.name(), vector(field, list));
    }
    throw new GraphException(
        t.type().name() + "." + field.name() + " cannot be " + value + ", it is " + field.kind());
  }

  private static FlatVector vector(FlatSchema.Field field, List<?> list) {
    if (field.element() == FieldKind.F32) {
      float[] values = new float[list.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = ((Number) list.get(i)).floatValue();
      }
      return FlatVector.floats(values);
    }
    long[] values = new long[list.size()];
    for (int i = 0; i < values.length; i++) {
      Object v = list.get(i);
      values[i] = v instanceof Boolean b ? (b ? 1 : 0) : ((Number) v).longValue();
    }
    return FlatVector.integers(field.element(), values);
  }

  /** The operator code of an op that comes from no file. */
  static FlatTable code(OpKind.Foreign op) {
    FlatTable code =
        FlatTable.empty(TfliteTables.SCHEMA.type("OperatorCode"))
            .with("deprecated_builtin_code", Math.min(op.code(), 127))
            .with("version", op.version())
            .with("builtin_code", op.code());
    return op.code() == CUSTOM ? code.with("custom_code", op.name()) : code;
  }

  /** The operator's table with the options of an op that comes from no file. */
  static FlatTable withOptions(FlatTable operator, OpKind.Foreign op) {
    Map<String, Object> attributes = new HashMap<>(op.attributes());
    FlatTable t = operator;
    if (attributes.remove(CUSTOM_OPTIONS) instanceof ByteBuffer bytes) {
      t = t.with(CUSTOM_OPTIONS, FlatVector.wrap(FieldKind.U8, bytes));
    }
    if (op.code() == CUSTOM) {
      return t;
    }
    FlatTable options = table(op.name(), attributes);
    if (options == null) {
      return t;
    }
    for (String union : UNIONS) {
      FlatSchema.Field field = t.type().field(union);
      for (int i = 1; field.member(i) != null; i++) {
        if (field.member(i).name().equals(options.type().name())) {
          return t.withUnion(union, options);
        }
      }
    }
    throw new AssertionError(options.type().name());
  }
}
