// Decodes hostile bytes into tables: every offset, length and count is checked before it is used.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph.flatbuffer;

import dev.sinter.graph.GraphException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Decodes a flatbuffer. A table or vector that is named twice is decoded once and shared, so the
 * work is bounded by the size of the file; vectors are views of it, nothing is copied.
 */
public final class FlatReader {
  /**
   * More tables and vectors than any real model has; bounds the memory that a small hostile file
   * can ask for.
   */
  private static final int MAX_NODES = 2_000_000;

  private final String file;
  private final ByteBuffer in;
  private final int limit;
  private final Map<Key, Object> seen = new HashMap<>();
  private long inlineBytes;
  private int end = 8;
  private boolean beyondEnd;

  private record Key(int position, Object what) {}

  /**
   * Makes a reader.
   *
   * @param file names the bytes in messages
   * @param bytes from position to limit
   */
  public FlatReader(String file, ByteBuffer bytes) {
    this.file = file;
    in = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    limit = in.capacity();
  }

  /**
   * Decodes the root table.
   *
   * @param type its description
   * @param identifier the four characters the file must have at offset 4
   * @return the table, and all below it
   * @throws GraphException if the bytes are not what they should be
   */
  public FlatTable root(FlatSchema.Type type, String identifier) {
    if (limit < 12) {
      throw new GraphException(
          file + ": " + limit + " bytes are too few for a model; the file is empty or cut off");
    }
    for (int i = 0; i < 4; i++) {
      if ((in.get(4 + i) & 0xff) != identifier.charAt(i)) {
        throw new GraphException(
            file
                + ": this is no TFLite model (no '"
                + identifier
                + "' at offset 4); give a .tflite file");
      }
    }
    return table(follow(0, type.name()), type);
  }

  /**
   * Returns where the decoded part ends.
   *
   * @return offset after the last byte that belongs to a table, vector or string
   */
  public int end() {
    return end;
  }

  /**
   * Tells whether decoding failed because something lies beyond the bytes given.
   *
   * @return true if more bytes might help
   */
  public boolean reachedBeyondEnd() {
    return beyondEnd;
  }

  private GraphException bad(String what, long at, String where) {
    return new GraphException(
        file
            + ": "
            + what
            + " at offset "
            + at
            + " ("
            + where
            + "); the file is damaged, get it again");
  }

  private void need(long at, long bytes, String where) {
    if (at < 0 || bytes < 0 || at + bytes > limit) {
      beyondEnd = true;
      throw bad(bytes + " bytes reach beyond the end of " + limit, at, where);
    }
    end = (int) Math.max(end, at + bytes);
  }

  private int follow(int at, String where) {
    need(at, 4, where);
    long to = at + (in.getInt(at) & 0xffffffffL);
    if (to == at || to > limit - 4L) {
      beyondEnd |= to != at;
      throw bad("offset leads to " + to, at, where);
    }
    return (int) to;
  }

  private FlatTable table(int at, FlatSchema.Type type) {
    Key key = new Key(at, type);
    FlatTable known = (FlatTable) seen.get(key);
    if (known != null) {
      return known;
    }
    String name = type.name();
    need(at, 4, name);
    long vtable = (long) at - in.getInt(at);
    need(vtable, 4, name + " vtable");
    int vt = (int) vtable;
    int vtableBytes = in.getShort(vt) & 0xffff;
    int tableBytes = in.getShort(vt + 2) & 0xffff;
    if (vtableBytes < 4 || vtableBytes % 2 != 0 || tableBytes < 4) {
      throw bad("vtable of " + vtableBytes + " bytes for a table of " + tableBytes, vt, name);
    }
    need(vt, vtableBytes, name + " vtable");
    need(at, tableBytes, name);
    // Tables of a real file do not overlap; many that do would multiply the memory a file asks for.
    inlineBytes += tableBytes;
    if (inlineBytes > 2L * limit + 4096) {
      throw bad("tables overlap", at, name);
    }
    int count = (vtableBytes - 4) / 2;
    int last = -1;
    for (int s = 0; s < count; s++) {
      if (in.getShort(vt + 4 + 2 * s) != 0) {
        last = s;
      }
    }
    String unknown = last >= type.slots() ? "field " + last : null;
    Object[] values = new Object[Math.min(last + 1, type.slots())];
    for (int s = 0; s < values.length; s++) {
      int offset = in.getShort(vt + 4 + 2 * s) & 0xffff;
      if (offset == 0) {
        continue;
      }
      FlatSchema.Field f = type.field(s);
      if (offset < 4 || offset + f.kind().size() > tableBytes) {
        throw bad(
            "field at " + offset + " of a table of " + tableBytes + " bytes",
            at,
            name + "." + f.name());
      }
      if (f.kind() == FieldKind.UNION) {
        int code = values[s - 1] == null ? 0 : ((Long) values[s - 1]).intValue();
        FlatSchema.Type member = f.member(code);
        if (member == null) {
          unknown = f.name() + " of type " + code;
          follow(at + offset, name + "." + f.name());
        } else {
          values[s] = table(follow(at + offset, name + "." + f.name()), member);
        }
      } else {
        values[s] = value(f, at + offset, name);
      }
    }
    FlatTable t = new FlatTable(type, values, unknown);
    remember(key, t, at);
    return t;
  }

  private void remember(Key key, Object value, int at) {
    if (seen.size() >= MAX_NODES) {
      throw bad("more than " + MAX_NODES + " tables and vectors", at, "all");
    }
    seen.put(key, value);
  }

  private Object value(FlatSchema.Field f, int at, String table) {
    return switch (f.kind()) {
      case BOOL, U8, UNION_TYPE -> (long) (in.get(at) & 0xff);
      case I8 -> (long) in.get(at);
      case I16 -> (long) in.getShort(at);
      case U16 -> (long) (in.getShort(at) & 0xffff);
      case I32 -> (long) in.getInt(at);
      case U32 -> in.getInt(at) & 0xffffffffL;
      case I64, U64 -> in.getLong(at);
      case F32 -> in.getFloat(at);
      case STRING -> vector(at, FieldKind.STRING, 1, table + "." + f.name());
      case VECTOR -> vector(at, f.element(), f.element().size(), table + "." + f.name());
      case TABLES -> tables(at, f.table(), table + "." + f.name());
      default -> table(follow(at, table + "." + f.name()), f.table());
    };
  }

  private FlatVector vector(int field, FieldKind element, int size, String where) {
    int at = follow(field, where);
    Key key = new Key(at, element);
    FlatVector known = (FlatVector) seen.get(key);
    if (known != null) {
      return known;
    }
    long count = in.getInt(at) & 0xffffffffL;
    need(at, 4 + count * size + (element == FieldKind.STRING ? 1 : 0), where);
    FlatVector v = FlatVector.wrap(element, in.slice(at + 4, (int) (count * size)));
    remember(key, v, at);
    return v;
  }

  @SuppressWarnings("unchecked")
  private List<FlatTable> tables(int field, FlatSchema.Type type, String where) {
    int at = follow(field, where);
    Key key = new Key(at, List.of(type));
    List<FlatTable> known = (List<FlatTable>) seen.get(key);
    if (known != null) {
      return known;
    }
    long count = in.getInt(at) & 0xffffffffL;
    need(at, 4 + count * 4, where);
    inlineBytes += count * 4;
    if (inlineBytes > 2L * limit + 4096) {
      throw bad("vectors overlap", at, where);
    }
    List<FlatTable> out = new ArrayList<>((int) count);
    for (int i = 0; i < count; i++) {
      out.add(table(follow(at + 4 + 4 * i, where), type));
    }
    List<FlatTable> fixed = Collections.unmodifiableList(out);
    remember(key, fixed, at);
    return fixed;
  }
}
