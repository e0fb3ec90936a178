// Reads and writes NumPy's .npy files, version 1 to 3, C order.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.data;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An array from an .npy file.
 *
 * @param type type of the elements
 * @param shape its shape
 * @param values the elements in C order and native byte order
 */
public record Npy(ElementType type, Shape shape, ByteBuffer values) {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*'([<>|=])([a-z?])(\\d*)'");
  private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([^)]*)\\)");
  private static final Pattern FORTRAN = Pattern.compile("'fortran_order'\\s*:\\s*True");

  /**
   * Reads a file.
   *
   * @param file the file
   * @return the array
   * @throws IOException if the file cannot be read or is no such array
   */
  public static Npy read(Path file) throws IOException {
    ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < MAGIC.length; i++) {
      if (all.limit() < 12 || all.get(i) != MAGIC[i]) {
        throw new IOException(file + " is no .npy file");
      }
    }
    int start = all.get(6) == 1 ? 10 : 12;
    long length = start == 10 ? all.getShort(8) & 0xFFFFL : all.getInt(8) & 0xFFFFFFFFL;
    if (start + length > all.limit()) {
      throw new IOException(file + " ends inside its header");
    }
    String header = new String(all.array(), start, (int) length, StandardCharsets.UTF_8);
    Matcher descr = DESCR.matcher(header);
    Matcher dims = SHAPE.matcher(header);
    if (!descr.find() || !dims.find()) {
      throw new IOException(file + " has a header this reader does not know: " + header.trim());
    }
    if (FORTRAN.matcher(header).find() || descr.group(1).equals(">")) {
      throw new IOException(
          file + " is in Fortran order or big-endian; save it with numpy.ascontiguousarray(...)");
    }
    ElementType type = type(descr.group(2) + descr.group(3));
    if (type == null) {
      throw new IOException(
          file
              + " has elements of type "
              + descr.group(2)
              + descr.group(3)
              + ", which cannot be used");
    }
    Shape shape = shape(dims.group(1));
    int bytes = all.limit() - start - (int) length;
    if (type.bytes(shape.elements()) != bytes) {
      throw new IOException(
          file + " should hold " + shape + " elements of " + type + " but has " + bytes + " bytes");
    }
    ByteBuffer values = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    values.put(all.array(), all.limit() - bytes, bytes).flip();
    return new Npy(type, shape, values);
  }

  /**
   * Writes a file.
   *
   * @param file the file
   * @param type type of the elements
   * @param shape shape of the array
   * @param values the elements, from position to limit
   * @throws IOException if the file cannot be written or the type has no name in NumPy
   */
  public static void write(Path file, ElementType type, Shape shape, ByteBuffer values)
      throws IOException {
    String name = name(type);
    if (name == null) {
      throw new IOException("NumPy has no type for " + type);
    }
    StringBuilder dims = new StringBuilder();
    for (int d : shape.toArray()) {
      dims.append(d).append(", ");
    }
    String header =
        "{'descr': '"
            + name
            + "', 'fortran_order': False, 'shape': ("
            + dims.toString().trim()
            + "), }";
    // NumPy wants the data at a multiple of 64.
    int padded = (10 + header.length() + 1 + 63) / 64 * 64 - 10;
    ByteBuffer out =
        ByteBuffer.allocate(10 + padded + values.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    out.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) padded);
    out.put(header.getBytes(StandardCharsets.US_ASCII));
    while (out.position() < 10 + padded - 1) {
      out.put((byte) ' ');
    }
    out.put((byte) '\n').put(values.duplicate());
    Files.write(file, out.array());
  }

  private static Shape shape(String text) throws IOException {
    List<Integer> dims = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      if (!part.isBlank()) {
        try {
          dims.add(Integer.parseInt(part.trim()));
        } catch (NumberFormatException e) {
          throw new IOException("the shape (" + text + ") is no list of numbers", e);
        }
      }
    }
    return Shape.of(dims.stream().mapToInt(Integer::intValue).toArray());
  }

  private static ElementType type(String name) {
    for (ElementType type : ElementType.values()) {
      String known = name(type);
      if (known != null && known.substring(1).equals(name)) {
        return type;
      }
    }
    return null;
  }

  private static String name(ElementType type) {
    return switch (type) {
      case FLOAT16 -> "<f2";
      case FLOAT32 -> "<f4";
      case FLOAT64 -> "<f8";
      case INT8 -> "|i1";
      case UINT8 -> "|u1";
      case INT16 -> "<i2";
      case UINT16 -> "<u2";
      case INT32 -> "<i4";
      case UINT32 -> "<u4";
      case INT64 -> "<i8";
      case UINT64 -> "<u8";
      case BOOL -> "|b1";
      default -> null;
    };
  }
}
