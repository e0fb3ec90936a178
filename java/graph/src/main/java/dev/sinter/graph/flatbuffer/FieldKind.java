// The kinds of values that fields of a flatbuffer table and elements of its vectors have.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph.flatbuffer;

/** What a field or a vector element is. */
public enum FieldKind {
  /** One byte, 0 or 1. */
  BOOL("bool", 1),
  /** Signed 8 bits. */
  I8("i8", 1),
  /** Unsigned 8 bits. */
  U8("u8", 1),
  /** Signed 16 bits. */
  I16("i16", 2),
  /** Unsigned 16 bits. */
  U16("u16", 2),
  /** Signed 32 bits. */
  I32("i32", 4),
  /** Unsigned 32 bits. */
  U32("u32", 4),
  /** Signed 64 bits. */
  I64("i64", 8),
  /** Unsigned 64 bits. */
  U64("u64", 8),
  /** Single precision float. */
  F32("f32", 4),
  /** Offset of a string. */
  STRING("string", 4),
  /** Offset of a vector of scalars. */
  VECTOR(null, 4),
  /** Offset of a table. */
  TABLE(null, 4),
  /** Offset of a vector of tables. */
  TABLES(null, 4),
  /** Which member of a union is there. */
  UNION_TYPE(null, 1),
  /** Offset of the union's table. */
  UNION(null, 4);

  private final String spelling;
  private final int size;

  FieldKind(String spelling, int size) {
    this.spelling = spelling;
    this.size = size;
  }

  /**
   * Returns the bytes a field takes inside its table, or an element inside its vector.
   *
   * @return 1, 2, 4 or 8
   */
  public int size() {
    return size;
  }

  /**
   * Tells whether the value lies in the table itself.
   *
   * @return false for offsets
   */
  public boolean isScalar() {
    return switch (this) {
      case STRING, VECTOR, TABLE, TABLES, UNION -> false;
      default -> true;
    };
  }

  static FieldKind spelled(String s) {
    for (FieldKind k : values()) {
      if (s.equals(k.spelling)) {
        return k;
      }
    }
    return null;
  }
}
