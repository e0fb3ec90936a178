// A vector of scalars, or a string, as it lies in a file.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph.flatbuffer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.AbstractList;
import java.util.List;
import java.util.RandomAccess;

/** Immutable elements of one kind. Equal if kind and bytes are. */
public final class FlatVector {
  private final FieldKind element;
  private final ByteBuffer bytes;

  private FlatVector(FieldKind element, ByteBuffer bytes) {
    this.element = element;
    this.bytes = bytes;
  }

  /**
   * Wraps little-endian elements without copying.
   *
   * @param element their kind; STRING for the bytes of a string
   * @param bytes the elements, from position to limit
   * @return the vector
   */
  public static FlatVector wrap(FieldKind element, ByteBuffer bytes) {
    return new FlatVector(element, bytes.slice().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN));
  }

  /**
   * Makes a string.
   *
   * @param s the text
   * @return its bytes
   */
  public static FlatVector string(String s) {
    return wrap(FieldKind.STRING, ByteBuffer.wrap(s.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Makes a vector of integers of any width.
   *
   * @param element their kind
   * @param values the numbers; too large ones lose their upper bits
   * @return the vector
   */
  public static FlatVector integers(FieldKind element, long... values) {
    ByteBuffer b =
        ByteBuffer.allocate(Math.multiplyExact(values.length, element.size()))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (long v : values) {
      switch (element.size()) {
        case 1 -> b.put((byte) v);
        case 2 -> b.putShort((short) v);
        case 4 -> b.putInt((int) v);
        default -> b.putLong(v);
      }
    }
    return wrap(element, b.flip());
  }

  /**
   * Makes a vector of 32-bit integers.
   *
   * @param values the numbers
   * @return the vector
   */
  public static FlatVector ints(List<Integer> values) {
    return integers(FieldKind.I32, values.stream().mapToLong(Integer::longValue).toArray());
  }

  /**
   * Makes a vector of floats.
   *
   * @param values the numbers
   * @return the vector
   */
  public static FlatVector floats(float... values) {
    ByteBuffer b = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (float v : values) {
      b.putFloat(v);
    }
    return wrap(FieldKind.F32, b.flip());
  }

  /**
   * Returns the kind of the elements.
   *
   * @return the kind
   */
  public FieldKind element() {
    return element;
  }

  /**
   * Returns the number of elements.
   *
   * @return the count; of a string, its bytes
   */
  public int count() {
    return element == FieldKind.STRING ? bytes.capacity() : bytes.capacity() / element.size();
  }

  /**
   * Returns the bytes.
   *
   * @return a new read-only little-endian view
   */
  public ByteBuffer bytes() {
    return bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Returns an integer.
   *
   * @param i which
   * @return its value; an unsigned 64-bit one above 2^63 is negative
   */
  public long integer(int i) {
    return switch (element) {
      case BOOL, U8 -> bytes.get(i) & 0xff;
      case I8 -> bytes.get(i);
      case I16 -> bytes.getShort(2 * i);
      case U16 -> bytes.getShort(2 * i) & 0xffff;
      case I32 -> bytes.getInt(4 * i);
      case U32 -> bytes.getInt(4 * i) & 0xffffffffL;
      default -> bytes.getLong(8 * i);
    };
  }

  /**
   * Returns a float.
   *
   * @param i which
   * @return its value
   */
  public float real(int i) {
    return bytes.getFloat(4 * i);
  }

  /**
   * Returns all integers, narrowed to 32 bits.
   *
   * @return a new array
   */
  public int[] toInts() {
    int[] out = new int[count()];
    for (int i = 0; i < out.length; i++) {
      out[i] = (int) integer(i);
    }
    return out;
  }

  /**
   * Returns all integers.
   *
   * @return a new array
   */
  public long[] toLongs() {
    long[] out = new long[count()];
    for (int i = 0; i < out.length; i++) {
      out[i] = integer(i);
    }
    return out;
  }

  /**
   * Returns all floats.
   *
   * @return a new array
   */
  public float[] toFloats() {
    float[] out = new float[count()];
    for (int i = 0; i < out.length; i++) {
      out[i] = real(i);
    }
    return out;
  }

  /**
   * Views the elements as numbers or truth values.
   *
   * @return an unmodifiable list
   */
  public List<Object> toList() {
    class View extends AbstractList<Object> implements RandomAccess {
      @Override
      public Object get(int i) {
        if (i < 0 || i >= count()) {
          throw new IndexOutOfBoundsException(i);
        }
        return element == FieldKind.F32
            ? (Object) real(i)
            : element == FieldKind.BOOL ? (Object) (integer(i) != 0) : (Object) integer(i);
      }

      @Override
      public int size() {
        return count();
      }
    }

    return new View();
  }

  /**
   * Reads a string; bytes that are no UTF-8 are replaced.
   *
   * @return the text
   */
  public String text() {
    return StandardCharsets.UTF_8.decode(bytes()).toString();
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof FlatVector flatVector
        && element == flatVector.element
        && bytes.equals(flatVector.bytes);
  }

  @Override
  public int hashCode() {
    return bytes.hashCode();
  }

  @Override
  public String toString() {
    return element == FieldKind.STRING ? "'" + text() + "'" : element + "[" + count() + "]";
  }
}
