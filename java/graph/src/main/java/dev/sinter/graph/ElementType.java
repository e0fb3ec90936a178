// The element types of tensors, with the codes TFLite files use for them.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

/**
 * The type of a tensor's elements. The order, and with it {@link #code()}, is that of TFLite's
 * schema, version 3.
 */
public enum ElementType {
  /** IEEE single precision. */
  FLOAT32(32),
  /** IEEE half precision. */
  FLOAT16(16),
  /** Signed 32 bits. */
  INT32(32),
  /** Unsigned 8 bits. */
  UINT8(8),
  /** Signed 64 bits. */
  INT64(64),
  /** Strings: a count, offsets and bytes; no fixed size per element. */
  STRING(0),
  /** One byte, 0 or 1. */
  BOOL(8),
  /** Signed 16 bits. */
  INT16(16),
  /** Two single precision floats. */
  COMPLEX64(64),
  /** Signed 8 bits. */
  INT8(8),
  /** IEEE double precision. */
  FLOAT64(64),
  /** Two double precision floats. */
  COMPLEX128(128),
  /** Unsigned 64 bits. */
  UINT64(64),
  /** A handle to a resource; no stored values. */
  RESOURCE(0),
  /** A value whose type is known while running; no stored values. */
  VARIANT(0),
  /** Unsigned 32 bits. */
  UINT32(32),
  /** Unsigned 16 bits. */
  UINT16(16),
  /** Signed 4 bits, two in a byte, the low half first. */
  INT4(4),
  /** The upper half of a single precision float. */
  BFLOAT16(16),
  /** Signed 2 bits, four in a byte, the lowest first. */
  INT2(2),
  /** Unsigned 4 bits, two in a byte, the low half first. */
  UINT4(4),
  /** 8-bit float: 4 bits exponent, 3 bits mantissa, no infinities. */
  FLOAT8_E4M3FN(8),
  /** 8-bit float: 5 bits exponent, 2 bits mantissa. */
  FLOAT8_E5M2(8);

  private static final ElementType[] VALUES = values();

  private final int bits;

  ElementType(int bits) {
    this.bits = bits;
  }

  /**
   * Returns the code of this type in TFLite files.
   *
   * @return the code
   */
  @SuppressWarnings("EnumOrdinal") // declared in the order of the codes
  public int code() {
    return ordinal();
  }

  /**
   * Returns the bits one element takes.
   *
   * @return bits, 0 where elements have no fixed size
   */
  public int bits() {
    return bits;
  }

  /**
   * Returns the bytes that so many elements take, the last byte filled up.
   *
   * @param elements how many
   * @return bytes, or -1 where elements of this type have no fixed size
   */
  public long bytes(long elements) {
    if (bits == 0) {
      return -1;
    }
    return bits >= 8
        ? Math.multiplyExact(elements, bits / 8)
        : Math.addExact(Math.multiplyExact(elements, bits), 7) / 8;
  }

  /**
   * Tells whether the type is a float of any width.
   *
   * @return true for floats, brain floats and 8-bit floats
   */
  public boolean isFloat() {
    return switch (this) {
      case FLOAT16, FLOAT32, FLOAT64, BFLOAT16, FLOAT8_E4M3FN, FLOAT8_E5M2 -> true;
      default -> false;
    };
  }

  /**
   * Finds the type with a code of a TFLite file.
   *
   * @param code the code
   * @return the type, or null if the code is unknown
   */
  public static ElementType ofCode(int code) {
    return code < 0 || code >= VALUES.length ? null : VALUES[code];
  }
}
