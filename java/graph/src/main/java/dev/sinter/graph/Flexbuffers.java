// Options of custom ops: the numbers in a flexbuffer's map, and lists of them.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
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
  private static final int KEY = 4;
  private static final int STRING = 5;
  private static final int INDIRECT_INT = 6;
  private static final int INDIRECT_UINT = 7;
  private static final int INDIRECT_FLOAT = 8;
  private static final int MAP = 9;
  private static final int VECTOR = 10; // and behind it those of INT, UINT, FLOAT
  private static final int BOOL = 26;
  private static final int LONGEST = 300; // characters of a description, about

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

  /**
   * Reads a list of whole numbers among the options of a custom op.
   *
   * @param op the op
   * @param name of the list
   * @return the numbers; null if the options have no list of this name
   * @throws GraphException if it has no options or they are damaged
   */
  public static long[] integers(OpKind.Foreign op, String name) {
    if (!(op.attributes().get("custom_options") instanceof ByteBuffer buffer)) {
      throw new GraphException(op.name() + " has no options");
    }
    try {
      return new Flexbuffers(buffer).integers(name);
    } catch (IndexOutOfBoundsException | ArithmeticException e) {
      throw new GraphException("the options are no flexbuffer: an offset leads out of it", e);
    }
  }

  /**
   * Writes options: a map of a number and a list of numbers, in the order of their names.
   *
   * @param numberName name of the number, before the list's in the order of the alphabet
   * @param number a number from 0 up
   * @param listName name of the list
   * @param list small numbers from 0 to 127
   * @return the bytes
   */
  public static ByteBuffer write(String numberName, int number, String listName, byte[] list) {
    int names = numberName.length() + listName.length() + 2;
    for (int log = 0; ; log++) {
      int width = 1 << log;
      long total = names + (list.length + 10L) * (width + 1) + 8L * width;
      if (log == 2 || (total < 1L << (8 * width) && number < 1L << (8 * width - 1))) {
        return write(numberName, number, listName, list, log);
      }
    }
  }

  private static ByteBuffer write(
      String numberName, int number, String listName, byte[] list, int log) {
    int width = 1 << log;
    int room = numberName.length() + listName.length() + (list.length + 16) * (width + 1) + 64;
    ByteBuffer out = ByteBuffer.allocate(room).order(ByteOrder.LITTLE_ENDIAN);
    out.put(numberName.getBytes(StandardCharsets.UTF_8)).put((byte) 0);
    int second = out.position();
    out.put(listName.getBytes(StandardCharsets.UTF_8)).put((byte) 0);
    align(out, width);
    put(out, list.length, width);
    final int elements = out.position();
    for (byte b : list) {
      put(out, b, width);
    }
    for (int i = 0; i < list.length; i++) {
      out.put((byte) (INT << 2 | log));
    }
    align(out, width);
    put(out, 2, width);
    final int keys = out.position();
    put(out, out.position(), width);
    put(out, out.position() - second, width);
    put(out, out.position() - keys, width);
    put(out, width, width);
    put(out, 2, width);
    final int map = out.position();
    put(out, number, width);
    put(out, out.position() - elements, width);
    out.put((byte) (INT << 2 | log)).put((byte) (VECTOR << 2 | log));
    out.put((byte) (out.position() - map));
    out.put((byte) (MAP << 2 | log)).put((byte) 1);
    return out.flip().slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void align(ByteBuffer out, int width) {
    while (out.position() % width != 0) {
      out.put((byte) 0);
    }
  }

  private static void put(ByteBuffer out, int value, int width) {
    switch (width) {
      case 1 -> out.put((byte) value);
      case 2 -> out.putShort((short) value);
      default -> out.putInt(value);
    }
  }

  /**
   * Puts the options of a custom op into words, for messages.
   *
   * @param options the bytes as they stand in the file
   * @return the entries if they are a flexbuffer's map, else how many bytes there are and the first
   *     of them
   */
  public static String describe(ByteBuffer options) {
    if (!options.hasRemaining()) {
      return "no options";
    }
    try {
      Flexbuffers reader = new Flexbuffers(options);
      int end = reader.bytes.limit();
      int rootWidth = reader.bytes.get(end - 1);
      int packed = reader.bytes.get(end - 2) & 255;
      if (packed >> 2 == MAP) {
        StringBuilder text = new StringBuilder("the options ");
        reader.describe(packed, end - 2 - rootWidth, rootWidth, 0, text);
        return text.toString();
      }
    } catch (GraphException | IndexOutOfBoundsException | ArithmeticException e) {
      // No flexbuffer: shown as bytes.
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < Math.min(LONGEST / 8, options.remaining()); i++) {
      text.append(String.format(" %02x", options.get(options.position() + i)));
    }
    return options.remaining()
        + " bytes of options,"
        + text
        + (options.remaining() > LONGEST / 8 ? " ..." : "");
  }

  /** A value; what is nested deeply or no number, text, list or map is only named. */
  private void describe(int packed, int at, int width, int depth, StringBuilder text) {
    int own = 1 << (packed & 3);
    int type = packed >> 2;
    if (text.length() > LONGEST || depth > 4) {
      text.append("...");
      return;
    }
    Double number = number(packed, at, width);
    if (type == BOOL) {
      text.append(unsigned(at, width) != 0);
    } else if (number != null) {
      text.append(number == Math.rint(number) ? (Object) number.longValue() : number);
    } else if (type == MAP) {
      int start = back(at, width);
      int keys = back(start - 3 * own, own);
      int keyWidth = (int) unsigned(start - 2 * own, own);
      long count = count(start, own);
      text.append('{');
      for (int i = 0; i < count && text.length() <= LONGEST; i++) {
        text.append(i == 0 ? "" : ", ").append(text(back(keys + i * keyWidth, keyWidth)));
        text.append(": ");
        describe(
            bytes.get(start + (int) count * own + i) & 255, start + i * own, own, depth + 1, text);
      }
      text.append('}');
    } else if (type == KEY || type == STRING) {
      text.append('\'').append(text(back(at, width))).append('\'');
    } else if (type >= VECTOR && type <= VECTOR + 3) {
      int start = back(at, width);
      long count = count(start, own);
      text.append('[');
      for (int i = 0; i < count && text.length() <= LONGEST; i++) {
        text.append(i == 0 ? "" : ", ");
        // A plain vector has a type for each of its values, behind them.
        int each =
            type == VECTOR
                ? bytes.get(start + (int) count * own + i) & 255
                : (type - VECTOR) << 2 | (packed & 3);
        describe(each, start + i * own, own, depth + 1, text);
      }
      text.append(']');
    } else {
      text.append("(type ").append(type).append(')');
    }
  }

  private long count(int start, int width) {
    long count = unsigned(start - width, width);
    if (count < 0 || count > bytes.limit()) {
      throw new GraphException("the options say that they have " + count + " entries");
    }
    return count;
  }

  private static Map<String, Double> numbers(ByteBuffer buffer) {
    try {
      return new Flexbuffers(buffer).root();
    } catch (IndexOutOfBoundsException | ArithmeticException e) {
      throw new GraphException("the options are no flexbuffer: an offset leads out of it", e);
    }
  }

  private Map<String, Double> root() {
    Map<String, Double> values = new HashMap<>();
    entries(
        (name, type, at, width) -> {
          Double value = number(type, at, width);
          if (value != null) {
            values.put(name, value);
          }
        });
    return values;
  }

  private long[] integers(String wanted) {
    long[][] found = new long[1][];
    entries(
        (name, type, at, width) -> {
          if (name.equals(wanted) && type >> 2 >= VECTOR && type >> 2 <= VECTOR + 2) {
            found[0] = list(type, at, width);
          }
        });
    return found[0];
  }

  private long[] list(int packed, int at, int width) {
    int own = 1 << (packed & 3);
    int start = back(at, width);
    int count = (int) count(start, own);
    long[] out = new long[count];
    for (int i = 0; i < count; i++) {
      boolean typed = packed >> 2 != VECTOR; // an untyped one has the types behind its elements
      int each =
          typed
              ? ((packed >> 2) - VECTOR) << 2 | (packed & 3)
              : bytes.get(start + count * own + i) & 255;
      Double value = number(each, start + i * own, own);
      if (value == null || value != Math.rint(value)) {
        throw new GraphException("the options have a list of other things than whole numbers");
      }
      out[i] = value.longValue();
    }
    return out;
  }

  /** What is done with an entry of the map. */
  private interface Entry {
    void take(String name, int type, int at, int width);
  }

  private void entries(Entry each) {
    int end = bytes.limit();
    int rootWidth = bytes.get(end - 1);
    int packed = bytes.get(end - 2) & 255;
    if (packed >> 2 != MAP) {
      throw new GraphException("the options are no map but of type " + (packed >> 2));
    }
    int rootAt = end - 2 - rootWidth;
    int at = back(rootAt, rootWidth);
    int width = 1 << (packed & 3);
    long count = count(at, width);
    int keys = back(at - 3 * width, width);
    int keyWidth = (int) unsigned(at - 2 * width, width);
    for (int i = 0; i < count; i++) {
      int type = bytes.get(at + (int) count * width + i) & 255;
      each.take(text(back(keys + i * keyWidth, keyWidth)), type, at + i * width, width);
    }
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
