// The bytes of a model file, read (not mapped), also where one buffer cannot hold them all.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph.tflite;

import dev.sinter.graph.GraphException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Bytes of a file: the head in memory, what lies beyond read when asked for. */
final class FileBytes implements AutoCloseable {
  static final int MAX_BUFFER = Integer.MAX_VALUE - 16;

  private final String name;
  private final FileChannel channel;
  private final long size;
  private ByteBuffer head;

  private FileBytes(String name, FileChannel channel, long size, ByteBuffer head) {
    this.name = name;
    this.channel = channel;
    this.size = size;
    this.head = head;
  }

  static FileBytes of(String name, ByteBuffer bytes) {
    return new FileBytes(
        name,
        null,
        bytes.remaining(),
        bytes.slice().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN));
  }

  /** Opens a file and reads its head: all of it up to {@code most} bytes. */
  static FileBytes open(Path path, int most) {
    try {
      FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
      try {
        FileBytes f = new FileBytes(path.toString(), channel, channel.size(), null);
        f.head = f.read(0, (int) Math.min(most, f.size));
        return f;
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw new GraphException(path + ": cannot be read (" + e + ")", e);
    }
  }

  String name() {
    return name;
  }

  long size() {
    return size;
  }

  ByteBuffer head() {
    return head.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  boolean isWhole() {
    return head.capacity() == size;
  }

  /** Bytes from anywhere in the file; shared with the head where it holds them. */
  ByteBuffer slice(long offset, long count, String what) {
    if (offset < 0 || count < 0 || offset > size - count) {
      throw new GraphException(
          name
              + ": "
              + what
              + " should be "
              + count
              + " bytes at offset "
              + offset
              + " of a file of "
              + size
              + "; the file is cut off, get it again");
    }
    if (count > MAX_BUFFER) {
      throw new GraphException(
          name
              + ": "
              + what
              + " of "
              + count
              + " bytes is larger than 2 GB, which is not supported");
    }
    if (offset + count <= head.capacity()) {
      return head.slice((int) offset, (int) count);
    }
    try {
      return read(offset, (int) count);
    } catch (IOException e) {
      throw new GraphException(name + ": cannot be read (" + e + ")", e);
    }
  }

  private ByteBuffer read(long offset, int count) throws IOException {
    ByteBuffer b;
    try {
      b = ByteBuffer.allocateDirect(count);
    } catch (OutOfMemoryError e) {
      throw new GraphException(
          name
              + ": no memory for "
              + count
              + " bytes of the file; raise -Xmx or -XX:MaxDirectMemorySize",
          e);
    }
    while (b.hasRemaining()) {
      if (channel.read(b, offset + b.position()) < 0) {
        throw new IOException("the file became shorter while it was read");
      }
    }
    return b.flip().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void close() {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        throw new GraphException(name + ": cannot be closed (" + e + ")", e);
      }
    }
  }
}
