// Tensors of strings as TFLite stores them: a count, offsets, bytes.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Packs and unpacks the values of a {@link ElementType#STRING} tensor: an int32 count n, n + 1
 * int32 offsets from the start of the buffer (where each string begins, and where the last one
 * ends), then the bytes; little endian. Strings are bytes; as text they are UTF-8.
 */
public final class Strings {
  private Strings() {}

  /**
   * Packs strings.
   *
   * @param strings their bytes, in row-major order of the tensor
   * @return a direct buffer in native byte order, from position 0 to the limit
   */
  public static ByteBuffer pack(List<byte[]> strings) {
    long size = 4L * (strings.size() + 2);
    for (byte[] s : strings) {
      size += s.length;
    }
    if (size > Integer.MAX_VALUE - 64) {
      throw new GraphException(strings.size() + " strings of " + size + " bytes are too many");
    }
    ByteBuffer out = ByteBuffer.allocateDirect((int) size).order(ByteOrder.nativeOrder());
    int at = 4 * (strings.size() + 2);
    out.putInt(strings.size());
    for (byte[] s : strings) {
      out.putInt(at);
      at += s.length;
    }
    out.putInt(at);
    for (byte[] s : strings) {
      out.put(s);
    }
    return out.flip();
  }

  /**
   * Packs text.
   *
   * @param strings written as UTF-8
   * @return a direct buffer in native byte order, from position 0 to the limit
   */
  public static ByteBuffer pack(String... strings) {
    List<byte[]> bytes = new ArrayList<>();
    for (String s : strings) {
      bytes.add(s.getBytes(StandardCharsets.UTF_8));
    }
    return pack(bytes);
  }

  /**
   * Unpacks strings. The buffer may come from a file: every offset is checked.
   *
   * @param packed from its position to its limit, which stay as they are
   * @return a copy of each string's bytes
   * @throws GraphException if the offsets do not say what the bytes hold
   */
  public static List<byte[]> unpack(ByteBuffer packed) {
    ByteBuffer in = packed.slice().order(ByteOrder.nativeOrder());
    int size = in.limit();
    int count = size < 4 ? -1 : in.getInt(0);
    if (count < 0 || count > size / 4 - 2) {
      throw new GraphException(
          "A tensor of strings has " + size + " bytes and says that it holds " + count);
    }
    List<byte[]> strings = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int from = in.getInt(4 * (i + 1));
      int to = in.getInt(4 * (i + 2));
      if (from < 4 * (count + 2) || to < from || to > size) {
        throw new GraphException(
            "String " + i + " of " + count + " lies at " + from + " to " + to + " of " + size);
      }
      byte[] s = new byte[to - from];
      in.get(from, s);
      strings.add(s);
    }
    return strings;
  }
}
