// A decoded flatbuffer table: a node of an immutable tree that keeps absent and empty apart.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph.flatbuffer;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A table. Values by slot: a Long or Float for scalars, a {@link FlatVector} for vectors and
 * strings, a FlatTable, a list of FlatTables, or null where the field is absent.
 */
public final class FlatTable {
  private final FlatSchema.Type type;
  private final Object[] values;
  private final String unknown;

  FlatTable(FlatSchema.Type type, Object[] values, String unknown) {
    this.type = type;
    this.values = values;
    this.unknown = unknown;
  }

  /**
   * Makes an empty table.
   *
   * @param type its description
   * @return a table with all fields absent
   */
  public static FlatTable empty(FlatSchema.Type type) {
    return new FlatTable(type, new Object[0], null);
  }

  /**
   * Returns the description.
   *
   * @return the type
   */
  public FlatSchema.Type type() {
    return type;
  }

  /**
   * Tells what in this very table is newer than its description, and so cannot be encoded again.
   *
   * @return null if nothing is
   */
  public String unknown() {
    return unknown;
  }

  /**
   * Returns a field by slot.
   *
   * @param slot its number
   * @return the value, null if absent
   */
  public Object get(int slot) {
    return slot < values.length ? values[slot] : null;
  }

  /**
   * Returns a field by name.
   *
   * @param field its name
   * @return the value, null if absent
   */
  public Object get(String field) {
    return get(type.field(field).slot());
  }

  /**
   * Tells whether a field is there.
   *
   * @param field its name
   * @return false if absent
   */
  public boolean has(String field) {
    return get(field) != null;
  }

  /**
   * Returns an integer.
   *
   * @param field its name
   * @return its value, or the default if absent
   */
  public long integer(String field) {
    FlatSchema.Field f = type.field(field);
    Object v = get(f.slot());
    return v == null ? (long) f.defaultValue() : (Long) v;
  }

  /**
   * Returns an integer, narrowed to 32 bits.
   *
   * @param field its name
   * @return its value, or the default if absent
   */
  public int number(String field) {
    return (int) integer(field);
  }

  /**
   * Returns a truth value.
   *
   * @param field its name
   * @return its value, or the default if absent
   */
  public boolean flag(String field) {
    return integer(field) != 0;
  }

  /**
   * Returns a float.
   *
   * @param field its name
   * @return its value, or the default if absent
   */
  public float real(String field) {
    FlatSchema.Field f = type.field(field);
    Object v = get(f.slot());
    return v == null ? (float) f.defaultValue() : (Float) v;
  }

  /**
   * Returns a vector or string.
   *
   * @param field its name
   * @return null if absent
   */
  public FlatVector vector(String field) {
    return (FlatVector) get(field);
  }

  /**
   * Returns a text.
   *
   * @param field its name
   * @return the text, empty if absent
   */
  public String text(String field) {
    FlatVector v = vector(field);
    return v == null ? "" : v.text();
  }

  /**
   * Returns a table, also that of a union.
   *
   * @param field its name
   * @return null if absent
   */
  public FlatTable table(String field) {
    return (FlatTable) get(field);
  }

  /**
   * Returns the tables of a vector.
   *
   * @param field its name
   * @return the tables, empty if absent
   */
  @SuppressWarnings("unchecked")
  public List<FlatTable> tables(String field) {
    Object v = get(field);
    return v == null ? List.of() : (List<FlatTable>) v;
  }

  /**
   * Sets or removes a field.
   *
   * @param field its name
   * @param value the value as the class describes; any Number or Boolean for a scalar; null to
   *     remove
   * @return a changed copy
   */
  public FlatTable with(String field, Object value) {
    FlatSchema.Field f = type.field(field);
    Object v = value;
    if (f.kind().isScalar() && value != null) {
      long whole = value instanceof Boolean b ? (b ? 1 : 0) : ((Number) value).longValue();
      v = f.kind() == FieldKind.F32 ? (Object) ((Number) value).floatValue() : (Object) whole;
    } else if (value instanceof String string) {
      v = FlatVector.string(string);
    }
    Object[] copy = Arrays.copyOf(values, Math.max(values.length, f.slot() + 1));
    copy[f.slot()] = v;
    return new FlatTable(type, copy, unknown);
  }

  /**
   * Sets a scalar, but leaves an absent one absent if the value is its default, and a present one
   * that has the value.
   *
   * @param field its name
   * @param value a Number or Boolean
   * @return a changed copy, or this
   */
  public FlatTable update(String field, Object value) {
    FlatSchema.Field f = type.field(field);
    if (f.kind() == FieldKind.F32) {
      return Float.floatToRawIntBits(real(field))
              == Float.floatToRawIntBits(((Number) value).floatValue())
          ? this
          : with(field, value);
    }
    long whole = value instanceof Boolean b ? (b ? 1 : 0) : ((Number) value).longValue();
    return integer(field) == whole ? this : with(field, whole);
  }

  /**
   * Sets a vector of tables; the very same tables in the same order leave the old one as it is,
   * absent and empty included.
   *
   * @param field its name
   * @param tables the tables
   * @return a changed copy, or this
   */
  @SuppressWarnings("ReferenceEquality") // an equal table may be another node of the file
  public FlatTable withTables(String field, List<FlatTable> tables) {
    List<FlatTable> old = tables(field);
    boolean same = old.size() == tables.size();
    for (int i = 0; same && i < tables.size(); i++) {
      same = old.get(i) == tables.get(i);
    }
    return same ? this : with(field, List.copyOf(tables));
  }

  /**
   * Sets a union.
   *
   * @param field its name
   * @param member the table
   * @return a changed copy
   */
  public FlatTable withUnion(String field, FlatTable member) {
    return with(field + "_type", type.field(field).memberCode(member.type.name()))
        .with(field, member);
  }

  /**
   * Returns all fields as plain values: scalars with their defaults, texts, lists of numbers;
   * vectors of bytes as byte buffers; tables are left out.
   *
   * @return values by field name
   */
  public Map<String, Object> attributes() {
    Map<String, Object> out = new LinkedHashMap<>();
    for (int s = 0; s < type.slots(); s++) {
      FlatSchema.Field f = type.field(s);
      Object v = get(s);
      if (f.kind() == FieldKind.BOOL) {
        out.put(f.name(), flag(f.name()));
      } else if (f.kind() == FieldKind.F32) {
        out.put(f.name(), real(f.name()));
      } else if (f.kind().isScalar()) {
        out.put(f.name(), integer(f.name()));
      } else if (f.kind() == FieldKind.STRING && v != null) {
        out.put(f.name(), ((FlatVector) v).text());
      } else if (f.kind() == FieldKind.VECTOR && v != null) {
        FlatVector vec = (FlatVector) v;
        out.put(f.name(), vec.element() == FieldKind.U8 ? vec.bytes() : vec.toList());
      }
    }
    return out;
  }

  @Override
  public boolean equals(Object o) {
    if (!(o instanceof FlatTable t) || type != t.type) {
      return false;
    }

    for (int s = 0; s < type.slots(); s++) {
      Object a = get(s);
      Object b = t.get(s);
      if (a == null ? b != null : !a.equals(b)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int hashCode() {
    return type.name().hashCode();
  }

  @Override
  public String toString() {
    return type.name() + Arrays.toString(values);
  }
}
