// Where a tensor's values are while a model runs in pieces.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Strings;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;

/** Memory and shape of a tensor. Pieces hand cells on; who wrote one owns it. */
final class Cell {
  private ByteBuffer room; // at least a byte, since an empty buffer has no address
  private ByteBuffer view; // exactly the values
  private Shape shape;

  private Cell() {}

  /** Memory of its own. */
  static Cell of(ElementType type, Shape shape, String name) {
    Cell cell = new Cell();
    cell.resize(type, shape, name);
    return cell;
  }

  /** The caller's memory. */
  static Cell over(ByteBuffer memory, Shape shape, long bytes) {
    Cell cell = new Cell();
    cell.room = memory;
    cell.view = memory.slice(0, (int) bytes).order(ByteOrder.nativeOrder());
    cell.shape = shape;
    return cell;
  }

  /** Takes over packed strings, see {@link Strings}. */
  void strings(Shape newShape, ByteBuffer packed, String name) {
    int size = packed.remaining();
    if (room == null || room.capacity() < size) {
      room = allocate(Math.max(1, size), name);
    }
    if (view == null || view.capacity() != size) {
      view = room.slice(0, size).order(ByteOrder.nativeOrder());
    }
    view.clear().put(packed.duplicate()).clear();
    shape = newShape;
  }

  /** Gives it another shape; the values are lost. Allocates only when it grows. */
  void resize(ElementType type, Shape newShape, String name) {
    if (newShape.equals(shape)) {
      return;
    }
    if (type == ElementType.STRING) {
      byte[] empty = new byte[0];
      if (newShape.elements() > Integer.MAX_VALUE / 8) {
        throw new SinterException(
            Status.UNSUPPORTED, "tensor '" + name + "': " + newShape + " strings");
      }
      strings(
          newShape,
          Strings.pack(Collections.nCopies(Math.toIntExact(newShape.elements()), empty)),
          name);
      return;
    }
    long bytes = type == ElementType.RESOURCE ? 8 : type.bytes(newShape.elements());
    if (bytes < 0 || bytes > Integer.MAX_VALUE - 64) {
      throw new SinterException(
          Status.UNSUPPORTED,
          "tensor '" + name + "' " + type + newShape + ": " + bytes + " bytes are not supported");
    }
    int size = (int) Math.max(1, bytes);
    if (room == null || room.capacity() < size) {
      room = allocate(size, name);
    }
    view = room.slice(0, (int) bytes).order(ByteOrder.nativeOrder());
    shape = newShape;
  }

  /** Memory that starts at a multiple of 64, zeros. */
  static ByteBuffer allocate(int bytes, String name) {
    try {
      ByteBuffer memory = ByteBuffer.allocateDirect(bytes + 63);
      int start = (64 - memory.alignmentOffset(0, 64)) & 63;
      return memory.slice(start, bytes).order(ByteOrder.nativeOrder());
    } catch (OutOfMemoryError e) {
      throw new SinterException(
          Status.OUT_OF_MEMORY,
          "no memory for tensor '" + name + "', " + bytes + " bytes: " + e.getMessage(),
          e);
    }
  }

  /** Takes over shape and values of another. */
  void copy(Cell other, ElementType type, String name) {
    if (type == ElementType.STRING) {
      strings(other.shape, other.values(), name);
      return;
    }
    resize(type, other.shape, name);
    view.clear();
    view.put(other.values());
    view.clear();
  }

  /** What native code is given. */
  ByteBuffer room() {
    return room;
  }

  /** The values, from position 0 to the limit; the same object each time. */
  ByteBuffer values() {
    view.clear();
    return view;
  }

  Shape shape() {
    return shape;
  }
}
