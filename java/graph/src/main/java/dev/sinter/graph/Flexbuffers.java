// Options of custom ops: the numbers in a flexbuffer's map.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;

/**
 * Reads just as much of the format as options need. The bytes are hostile: offsets are checked by
 * the buffer's bounds, counts by its size.
 */
public final class Flexbuffers {
  private static final int INT = 1;
  private static final int UINT = 2;
  private static final int FLOAT = 3;
  private static final int INDIRECT_INT = 6;
  private static final int INDIRECT_UINT = 7;
  private static final int INDIRECT_FLOAT = 8;
  private static final int MAP = 9;
  private static final int BOOL = 26;

  private final ByteBuffer bytes;

  private Flexbuffers(ByteBuffer bytes) {
    this.bytes = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Reads the options of a custom op.
   *
   * @param op the op
   * @return the values that are numbers or booleans, by name
   * @throws GraphException if it has none or they are damaged
   */
  public static Map<String, Double> options(OpKind.Foreign op) {
    if (op.attributes().get("custom_options") instanceof ByteBuffer bytes) {
      return numbers(bytes);
    }
    throw new GraphException(op.name() + " has no options");
  }

  private static Map<String, Double> numbers(ByteBuffer buffer) {
    try {
      return new Flexbuffers(buffer).root();
    } catch (IndexOutOfBoundsException | ArithmeticException e) {
      throw new GraphException("the options are no flexbuffer: an offset leads out of it", e);
    }
  }

  private Map<String, Double> root() {
    int end = bytes.limit();
    int rootWidth = bytes.get(end - 1);
    int packed = bytes.get(end - 2) & 255;
    if (packed >> 2 != MAP) {
      throw new GraphException("the options are no map but of type " + (packed >> 2));
    }
    int rootAt = end - 2 - rootWidth;
    int at = back(rootAt, rootWidth);
    int width = 1 << (packed & 3);
    long count = unsigned(at - width, width);
    int keys = back(at - 3 * width, width);
    int keyWidth = (int) unsigned(at - 2 * width, width);
    if (count < 0 || count > end) {
      throw new GraphException("the options say that they have " + count + " entries");
    }
    Map<String, Double> values = new HashMap<>();
    for (int i = 0; i < count; i++) {
      int type = bytes.get(at + (int) count * width + i) & 255;
      Double value = number(type, at + i * width, width);
      if (value != null) {
        values.put(text(back(keys + i * keyWidth, keyWidth)), value);
      }
    }
    return values;
  }

  private Double number(int packed, int at, int width) {
    int own = 1 << (packed & 3);
    return switch (packed >> 2) {
      case INT -> (double) signed(at, width);
      case UINT, BOOL -> (double) unsigned(at, width);
      case FLOAT -> real(at, width);
      case INDIRECT_INT -> (double) signed(back(at, width), own);
      case INDIRECT_UINT -> (double) unsigned(back(at, width), own);
      case INDIRECT_FLOAT -> real(back(at, width), own);
      default -> null;
    };
  }

  /** Where an offset leads; they count backwards. */
  private int back(int at, int width) {
    return Math.toIntExact(Math.subtractExact((long) at, unsigned(at, width)));
  }

  private long signed(int at, int width) {
    return switch (width) {
      case 1 -> bytes.get(at);
      case 2 -> bytes.getShort(at);
      case 4 -> bytes.getInt(at);
      case 8 -> bytes.getLong(at);
      default -> throw new GraphException("the options have numbers of " + width + " bytes");
    };
  }

  private long unsigned(int at, int width) {
    long value = signed(at, width);
    return width == 8 ? value : value & ((1L << (8 * width)) - 1);
  }

  private double real(int at, int width) {
    return switch (width) {
      case 4 -> bytes.getFloat(at);
      case 8 -> bytes.getDouble(at);
      default -> throw new GraphException("the options have a float of " + width + " bytes");
    };
  }

  private String text(int at) {
    StringBuilder text = new StringBuilder();
    for (int i = at; bytes.get(i) != 0 && text.length() < 256; i++) {
      text.append((char) (bytes.get(i) & 255));
    }
    return text.toString();
  }
}
