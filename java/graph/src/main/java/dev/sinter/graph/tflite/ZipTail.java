// A ZIP archive behind a model (label files), whose offsets count from the start of the file.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph.tflite;

import dev.sinter.graph.GraphException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Moves trailing bytes. */
final class ZipTail {
  private static final int END_RECORD = 0x06054b50;
  private static final int END_RECORD_BYTES = 22;
  private static final int CENTRAL_RECORD = 0x02014b50;
  private static final int CENTRAL_RECORD_BYTES = 46;
  private static final int MAX_COMMENT = 0xffff;

  private ZipTail() {}

  /**
   * Adapts trailing bytes to a new place.
   *
   * @param tail the bytes
   * @param from where they started in the file they come from
   * @param to where they start in the new file
   * @return the bytes to write; the same unless they are an archive with offsets from the start of
   *     the file
   */
  static ByteBuffer relocate(ByteBuffer tail, long from, long to, String file) {
    ByteBuffer in = tail.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    int n = in.remaining();
    int end = endRecord(in, n);
    if (end < 0 || from == to) {
      return tail;
    }
    int entries = in.getShort(end + 10) & 0xffff;
    long centralBytes = in.getInt(end + 12) & 0xffffffffL;
    long central = in.getInt(end + 16) & 0xffffffffL;
    if (central + centralBytes != from + end) {
      return tail; // offsets count from the start of the archive
    }
    long delta = to - from;
    ByteBuffer out = ByteBuffer.allocate(n).order(ByteOrder.LITTLE_ENDIAN);
    out.put(in.duplicate()).flip();
    out.putInt(end + 16, offset(central + delta, file));
    long at = central - from;
    for (int i = 0; i < entries; i++) {
      if (at < 0 || at + CENTRAL_RECORD_BYTES > end || out.getInt((int) at) != CENTRAL_RECORD) {
        throw new GraphException(
            file
                + ": the ZIP archive behind the model is damaged at its entry "
                + i
                + "; remove it");
      }
      int p = (int) at;
      long local = out.getInt(p + 42) & 0xffffffffL;
      if (local == 0xffffffffL) {
        throw new GraphException(
            file + ": the archive behind the model is of the ZIP64 form, which cannot be moved");
      }
      out.putInt(p + 42, offset(local + delta, file));
      at +=
          CENTRAL_RECORD_BYTES
              + (out.getShort(p + 28) & 0xffff)
              + (out.getShort(p + 30) & 0xffff)
              + (out.getShort(p + 32) & 0xffff);
    }
    return out;
  }

  private static int offset(long value, String file) {
    if (value < 0 || value >= 0xffffffffL) {
      throw new GraphException(file + ": the ZIP archive behind the model would lie beyond 4 GB");
    }
    return (int) value;
  }

  private static int endRecord(ByteBuffer in, int n) {
    for (int at = n - END_RECORD_BYTES;
        at >= Math.max(0, n - END_RECORD_BYTES - MAX_COMMENT);
        at--) {
      if (in.getInt(at) == END_RECORD
          && at + END_RECORD_BYTES + (in.getShort(at + 20) & 0xffff) <= n) {
        return at;
      }
    }
    return -1;
  }
}
