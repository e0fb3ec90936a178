// What direct kernels demand of the caller's buffers.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.Pointer;

/** Checks with messages that say what to do; none of them allocates when all is well. */
final class DirectBuffers {
  private DirectBuffers() {}

  /**
   * Checks a buffer from its position on.
   *
   * @param op for the message
   * @param what for the message
   * @param bytes how many there must be
   * @param element bytes of an element; a power of two
   */
  static void require(String op, String what, ByteBuffer buffer, long bytes, int element) {
    if (!buffer.isDirect() || buffer.remaining() < bytes) {
      throw new SinterException(
          Status.INVALID_ARGUMENT,
          op
              + ": "
              + what
              + " needs a direct buffer of "
              + bytes
              + " bytes, this one is "
              + (buffer.isDirect() ? "direct" : "on the heap")
              + " with "
              + buffer.remaining()
              + " from its position; use ByteBuffer.allocateDirect");
    }
    if (element > 1 && buffer.alignmentOffset(buffer.position(), element) != 0) {
      throw new SinterException(
          Status.INVALID_ARGUMENT,
          op
              + ": "
              + what
              + " starts at an address that is no multiple of "
              + element
              + " bytes; choose another position");
    }
  }

  /** The same for a buffer that is written. */
  static void requireWritable(String op, String what, ByteBuffer buffer, long bytes, int element) {
    require(op, what, buffer, bytes, element);
    if (buffer.isReadOnly()) {
      throw new SinterException(
          Status.INVALID_ARGUMENT, op + ": " + what + " is a read-only buffer; it is written to");
    }
  }

  /** Native memory of a buffer from its position on; null for null. */
  static Pointer pointer(ByteBuffer buffer) {
    return buffer == null ? null : new Pointer(buffer);
  }
}
