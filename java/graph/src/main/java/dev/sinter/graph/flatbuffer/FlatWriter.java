// Encodes a tree of tables, back to front; what is equal is written once.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph.flatbuffer;

import dev.sinter.graph.GraphException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Encodes. Large vectors are not copied: they come last in the file, and the result names them in
 * order. Positions are counted from the end of the file, whose length is a multiple of 16, so
 * alignment holds from both ends.
 *
 * <p>Equal vectors, tables and lists of tables stand in the file once, whoever made them: in a
 * model shapes, options, zero points and empty buffers repeat by the hundred.
 */
public final class FlatWriter {
  private static final int ALIGNMENT = 16;
  private static final int HASHED_BYTES = 256;
  private static final long MAX_TOTAL = Integer.MAX_VALUE - 64L;

  private final String name;
  private final IdentityHashMap<Object, Long> done = new IdentityHashMap<>();
  private final Map<Content, Long> vectors = new HashMap<>();
  private final Map<List<Object>, Long> tables = new HashMap<>();
  private final Map<List<Integer>, Long> vtables = new HashMap<>();
  private final List<ByteBuffer> chunks = new ArrayList<>();
  private long tail;
  private byte[] head = new byte[1 << 14];
  private int used;

  /** A vector as a key; the hash looks at no more than the beginning of large ones. */
  private record Content(FlatVector vector) {
    @Override
    public int hashCode() {
      ByteBuffer b = vector.bytes();
      return 31 * b.remaining() + b.limit(Math.min(b.limit(), HASHED_BYTES)).hashCode();
    }
  }

  /**
   * Makes a writer.
   *
   * @param name names what is written in messages
   */
  public FlatWriter(String name) {
    this.name = name;
  }

  /**
   * Puts a vector at the end of the file, before those put there earlier.
   *
   * @param vector the vector
   */
  public void putLast(FlatVector vector) {
    if (known(vector, ALIGNMENT) != null) {
      return;
    }
    ByteBuffer bytes = vector.bytes();
    int n = bytes.remaining();
    int pad = (int) (-(tail + n) & ALIGNMENT - 1);
    if (pad > 0) {
      chunks.add(ByteBuffer.allocate(pad));
    }
    chunks.add(bytes);
    ByteBuffer length =
        ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(vector.count()).flip();
    chunks.add(length);
    tail += pad + n + 4L;
    checkTotal();
    vectors.put(new Content(vector), tail);
  }

  /** Where an equal vector stands whose elements are aligned as these must be; null: nowhere. */
  private Long known(FlatVector v, int alignment) {
    Long at = vectors.get(new Content(v));
    return at != null && (at - 4) % alignment == 0 ? at : null;
  }

  /**
   * Encodes.
   *
   * @param root the root table
   * @param identifier the four characters of the format
   * @return the whole file in pieces, in order
   * @throws GraphException if something in the tree is newer than its description, or all is too
   *     large
   */
  public List<ByteBuffer> finish(FlatTable root, String identifier) {
    int pad = (int) (-tail & ALIGNMENT - 1);
    if (pad > 0) {
      chunks.add(ByteBuffer.allocate(pad));
      tail += pad;
    }
    long at = table(root);
    prepare(8, ALIGNMENT, 0);
    int start = reserve(8);
    putInt(start, (int) (here() - at));
    for (int i = 0; i < 4; i++) {
      head[start + 4 + i] = (byte) identifier.charAt(i);
    }
    List<ByteBuffer> out = new ArrayList<>();
    out.add(ByteBuffer.wrap(head, head.length - used, used).slice());
    for (int i = chunks.size() - 1; i >= 0; i--) {
      out.add(chunks.get(i));
    }
    return out;
  }

  private void checkTotal() {
    if (tail + used > MAX_TOTAL) {
      throw new GraphException(name + ": more than 2 GB in one flatbuffer");
    }
  }

  private long here() {
    return tail + used;
  }

  /**
   * Pads so that what starts {@code bytes} further has position {@code remainder} modulo {@code
   * alignment}.
   */
  private void prepare(int bytes, int alignment, int remainder) {
    reserve((int) Math.floorMod(remainder - (here() + bytes), (long) alignment));
  }

  /** Makes room before what is written; returns its index in {@code head}. */
  private int reserve(int bytes) {
    if (bytes > head.length - used) {
      checkTotal();
      byte[] larger =
          new byte
              [(int) Math.min(MAX_TOTAL, Math.max(head.length * 2L, (long) head.length + bytes))];
      System.arraycopy(head, head.length - used, larger, larger.length - used, used);
      head = larger;
    }
    used += bytes;
    checkTotal();
    return head.length - used;
  }

  private void putInt(int at, int value) {
    for (int i = 0; i < 4; i++) {
      head[at + i] = (byte) (value >> (8 * i));
    }
  }

  private long vector(FlatVector v, int alignment) {
    Long known = known(v, alignment);
    if (known != null) {
      return known;
    }
    ByteBuffer bytes = v.bytes();
    int n = bytes.remaining();
    boolean string = v.element() == FieldKind.STRING;
    prepare(n + (string ? 1 : 0), Math.max(4, alignment), 0);
    int start = reserve(n + (string ? 1 : 0));
    bytes.get(head, start, n);
    int length = reserve(4);
    putInt(length, v.count());
    vectors.put(new Content(v), here());
    return here();
  }

  private long tables(List<FlatTable> list) {
    Long known = done.get(list);
    if (known != null) {
      return known;
    }
    long[] at = new long[list.size()];
    for (int i = at.length - 1; i >= 0; i--) {
      at[i] = table(list.get(i));
    }
    List<Object> key = new ArrayList<>(Arrays.stream(at).boxed().toList());
    Long equal = tables.get(key);
    if (equal != null) {
      done.put(list, equal);
      return equal;
    }
    prepare(4 * at.length, 4, 0);
    int start = reserve(4 * at.length);
    long base = here();
    for (int i = 0; i < at.length; i++) {
      putInt(start + 4 * i, (int) (base - 4L * i - at[i]));
    }
    putInt(reserve(4), at.length);
    tables.put(key, here());
    done.put(list, here());
    return here();
  }

  @SuppressWarnings("unchecked")
  private long child(FlatSchema.Field f, Object v) {
    return switch (f.kind()) {
      case STRING -> vector((FlatVector) v, 1);
      case VECTOR -> vector((FlatVector) v, f.alignment());
      case TABLES -> tables((List<FlatTable>) v);
      default -> table((FlatTable) v);
    };
  }

  private long table(FlatTable t) {
    Long known = done.get(t);
    if (known != null) {
      return known;
    }
    if (t.unknown() != null) {
      throw new GraphException(
          name
              + ": "
              + t.type().name()
              + " holds "
              + t.unknown()
              + ", newer than this library: the model can be copied as it is, but not changed; update the library");
    }
    int slots = t.type().slots();
    long[] at = new long[slots];
    int count = 0;
    for (int s = slots - 1; s >= 0; s--) {
      FlatSchema.Field f = t.type().field(s);
      if (t.get(s) != null) {
        count = Math.max(count, s + 1);
        if (!f.kind().isScalar()) {
          at[s] = child(f, t.get(s));
        }
      }
    }
    List<Object> key = new ArrayList<>(count + 1);
    key.add(t.type());
    for (int s = 0; s < count; s++) {
      key.add(t.get(s) == null || t.type().field(s).kind().isScalar() ? t.get(s) : (Object) at[s]);
    }
    Long equal = tables.get(key);
    if (equal != null) {
      done.put(t, equal);
      return equal;
    }
    int[] offsets = new int[count];
    int bytes = 4;
    boolean wide = false;
    for (int size = 8; size >= 1; size /= 2) {
      for (int s = 0; s < count; s++) {
        if (t.get(s) != null && t.type().field(s).kind().size() == size) {
          offsets[s] = bytes;
          bytes += size;
          wide |= size == 8;
        }
      }
    }
    // Eight-byte fields follow the four bytes at the start, which therefore lies four before a
    // multiple of eight.
    prepare(bytes, wide ? 8 : 4, wide ? 4 : 0);
    int start = reserve(bytes);
    long position = here();
    for (int s = 0; s < count; s++) {
      Object v = t.get(s);
      if (v != null) {
        FlatSchema.Field f = t.type().field(s);
        long bits =
            !f.kind().isScalar()
                ? position - offsets[s] - at[s]
                : v instanceof Float real ? Float.floatToRawIntBits(real) : (Long) v;
        for (int i = 0; i < f.kind().size(); i++) {
          head[start + offsets[s] + i] = (byte) (bits >> (8 * i));
        }
      }
    }
    int fromEnd = head.length - start;
    long vtable = vtable(offsets, bytes);
    putInt(head.length - fromEnd, (int) (vtable - position));
    tables.put(key, position);
    done.put(t, position);
    return position;
  }

  private long vtable(int[] offsets, int tableBytes) {
    List<Integer> key = new ArrayList<>(offsets.length + 1);
    key.add(tableBytes);
    Arrays.stream(offsets).forEach(key::add);
    Long known = vtables.get(key);
    if (known != null) {
      return known;
    }
    int n = 4 + 2 * offsets.length;
    prepare(n, 2, 0);
    int start = reserve(n);
    putShort(start, n);
    putShort(start + 2, tableBytes);
    for (int i = 0; i < offsets.length; i++) {
      putShort(start + 4 + 2 * i, offsets[i]);
    }
    vtables.put(key, here());
    return here();
  }

  private void putShort(int at, int value) {
    head[at] = (byte) value;
    head[at + 1] = (byte) (value >> 8);
  }
}
