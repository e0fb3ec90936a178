// Descriptions of flatbuffer tables: for every field its slot, name, kind and default.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph.flatbuffer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A set of table descriptions, read from a compact text: one line per table, {@code Name field:kind
 * field:kind=default ...}, fields in the order of their slots. Kinds are those of {@link
 * FieldKind}, {@code [kind]} or {@code [kind]@alignment} for vectors, a table's name or {@code
 * [name]} for tables, {@code Name?} for a union (which takes two slots); a line {@code Name =
 * Member Member ...} lists a union's members from 1 on.
 */
public final class FlatSchema {
  /** A field of a table. */
  public static final class Field {
    private final int slot;
    private final String name;
    private final FieldKind kind;
    private final FieldKind element;
    private final int alignment;
    private final double defaultValue;
    private final String typeName;
    private Type table;
    private List<Type> members;

    private Field(
        int slot,
        String name,
        FieldKind kind,
        FieldKind element,
        int alignment,
        double defaultValue,
        String typeName) {
      this.slot = slot;
      this.name = name;
      this.kind = kind;
      this.element = element;
      this.alignment = alignment;
      this.defaultValue = defaultValue;
      this.typeName = typeName;
    }

    /**
     * Returns the slot.
     *
     * @return its number
     */
    public int slot() {
      return slot;
    }

    /**
     * Returns the name.
     *
     * @return the name in the format's terms
     */
    public String name() {
      return name;
    }

    /**
     * Returns the kind.
     *
     * @return the kind
     */
    public FieldKind kind() {
      return kind;
    }

    /**
     * Returns the kind of a vector's elements.
     *
     * @return null unless this is a vector of scalars
     */
    public FieldKind element() {
      return element;
    }

    /**
     * Returns the alignment of a vector's elements.
     *
     * @return bytes, at least the size of an element
     */
    public int alignment() {
      return alignment;
    }

    /**
     * Returns what an absent scalar stands for.
     *
     * @return the default
     */
    public double defaultValue() {
      return defaultValue;
    }

    /**
     * Returns the type of a table or of a vector's tables.
     *
     * @return null for other kinds
     */
    public Type table() {
      return table;
    }

    /**
     * Returns a member of a union.
     *
     * @param code number of the member, from 1 on
     * @return its type, null if the number is unknown
     */
    public Type member(int code) {
      return code < 1 || code > members.size() ? null : members.get(code - 1);
    }

    /**
     * Returns the number of a union's member.
     *
     * @param memberName its name
     * @return the number, from 1 on
     */
    public int memberCode(String memberName) {
      for (int i = 0; i < members.size(); i++) {
        if (members.get(i).name().equals(memberName)) {
          return i + 1;
        }
      }
      throw new IllegalArgumentException(memberName);
    }
  }

  /** A table. */
  public static final class Type {
    private final String name;
    private final List<Field> fields = new ArrayList<>();
    private final Map<String, Field> byName = new HashMap<>();

    private Type(String name) {
      this.name = name;
    }

    /**
     * Returns the name.
     *
     * @return the name in the format's terms
     */
    public String name() {
      return name;
    }

    /**
     * Returns the number of slots.
     *
     * @return known slots
     */
    public int slots() {
      return fields.size();
    }

    /**
     * Returns the field in a slot.
     *
     * @param slot its number
     * @return the field
     */
    public Field field(int slot) {
      return fields.get(slot);
    }

    /**
     * Returns a field by name.
     *
     * @param fieldName its name
     * @return the field
     */
    public Field field(String fieldName) {
      Field f = byName.get(fieldName);
      if (f == null) {
        throw new IllegalArgumentException(name + "." + fieldName);
      }
      return f;
    }

    private void add(Field f) {
      fields.add(f);
      byName.put(f.name, f);
    }
  }

  private final Map<String, Type> types = new HashMap<>();

  /**
   * Reads descriptions.
   *
   * @param text the compact text
   */
  public FlatSchema(String text) {
    Map<String, List<String>> unions = new HashMap<>();
    for (String line : text.lines().toList()) {
      String[] words = line.trim().split(" +");
      if (words[0].isEmpty()) {
        continue;
      }
      if (words.length > 1 && words[1].equals("=")) {
        unions
            .computeIfAbsent(words[0], k -> new ArrayList<>())
            .addAll(List.of(words).subList(2, words.length));
        continue;
      }
      Type t = new Type(words[0]);
      for (int i = 1; i < words.length; i++) {
        addField(t, words[i]);
      }
      types.put(t.name, t);
    }
    for (Type t : types.values()) {
      for (Field f : t.fields) {
        if (f.kind == FieldKind.TABLE || f.kind == FieldKind.TABLES) {
          f.table = type(f.typeName);
        } else if (f.kind == FieldKind.UNION) {
          f.members = new ArrayList<>();
          for (String member : unions.get(f.typeName)) {
            f.members.add(type(member));
          }
        }
      }
    }
  }

  private static void addField(Type t, String word) {
    String name = word.substring(0, word.indexOf(':'));
    String kind = word.substring(name.length() + 1);
    double value = 0;
    int at = kind.indexOf('=');
    if (at >= 0) {
      value = Double.parseDouble(kind.substring(at + 1));
      kind = kind.substring(0, at);
    }
    int slot = t.slots();
    if (kind.endsWith("?")) {
      t.add(new Field(slot, name + "_type", FieldKind.UNION_TYPE, null, 1, 0, null));
      t.add(
          new Field(
              slot + 1, name, FieldKind.UNION, null, 4, 0, kind.substring(0, kind.length() - 1)));
    } else if (kind.startsWith("[")) {
      int end = kind.indexOf(']');
      String inner = kind.substring(1, end);
      FieldKind element = FieldKind.spelled(inner);
      if (element == null) {
        t.add(new Field(slot, name, FieldKind.TABLES, null, 4, 0, inner));
      } else {
        int alignment =
            end + 1 < kind.length() ? Integer.parseInt(kind.substring(end + 2)) : element.size();
        t.add(new Field(slot, name, FieldKind.VECTOR, element, alignment, 0, null));
      }
    } else {
      FieldKind k = FieldKind.spelled(kind);
      t.add(new Field(slot, name, k == null ? FieldKind.TABLE : k, null, 4, value, kind));
    }
  }

  /**
   * Returns a table's description.
   *
   * @param name its name
   * @return the description
   */
  public Type type(String name) {
    Type t = types.get(name);
    if (t == null) {
      throw new IllegalArgumentException(name);
    }
    return t;
  }
}
