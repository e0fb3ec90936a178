// Calls into the native library that are not on the path of a run, with errors as exceptions.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.natives.jni.SinterLibrary;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.function.IntFunction;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/** Thin wrappers; buffers are direct. */
final class Natives {
  private Natives() {}

  /** The calling thread's last message. */
  static String lastError() {
    byte[] text = new byte[1024];
    long length = SinterLibrary.sinter_last_error(text, text.length);
    int count = (int) Math.min(length, text.length - 1L);
    return new String(text, 0, count, StandardCharsets.UTF_8);
  }

  /** The catalogue of a loaded device. */
  static String deviceCatalogue(int device) {
    int length =
        checkIndex(
            (int) SinterLibrary.sinter_device_catalogue(device, (ByteBuffer) null, 0), "device");
    ByteBuffer text = ByteBuffer.allocateDirect(length + 1);
    SinterLibrary.sinter_device_catalogue(device, text, length + 1L);
    byte[] bytes = new byte[length];
    text.get(bytes);
    return new String(bytes, StandardCharsets.US_ASCII);
  }

  static void check(int status, String where) {
    if (status != 0) {
      throw new SinterException(Status.ofCode(status), where + ": " + lastError());
    }
  }

  static long check(long handle, String where) {
    if (handle == 0) {
      throw new SinterException(Status.INTERNAL, where + ": " + lastError());
    }
    return handle;
  }

  static int checkIndex(int index, String where) {
    if (index < 0) {
      throw new SinterException(Status.INTERNAL, where + ": " + lastError());
    }
    return index;
  }

  /** Packs constants, each asked for by its index and released before this returns. */
  static int pack(
      long weights,
      int packing,
      ByteBuffer params,
      IntFunction<ByteBuffer> source,
      int count,
      String where) {
    Pointer[] copies = new Pointer[count];
    try (PointerPointer<Pointer> pointers = new PointerPointer<>(Math.max(1, count));
        LongPointer bytes = new LongPointer(Math.max(1, count));
        Pointer paramsPointer = nativeCopy(params)) {
      for (int i = 0; i < count; i++) {
        ByteBuffer constant = source.apply(i);
        copies[i] = constant == null ? null : nativeCopy(constant);
        pointers.put(i, copies[i]);
        bytes.put(i, constant == null ? 0 : constant.remaining());
      }
      return checkIndex(
          SinterLibrary.sinter_weights_pack(
              weights, packing, paramsPointer, params.remaining(), pointers, bytes, count),
          where);
    } catch (OutOfMemoryError e) {
      throw outOfMemory(where, e);
    } finally {
      for (Pointer copy : copies) {
        if (copy != null) {
          copy.close();
        }
      }
    }
  }

  static int addConstant(long weights, ByteBuffer bytes, String where) {
    try (Pointer pointer = nativeCopy(bytes)) {
      return checkIndex(
          SinterLibrary.sinter_weights_add(weights, pointer, bytes.remaining()), where);
    } catch (OutOfMemoryError e) {
      throw outOfMemory(where, e);
    }
  }

  private static SinterException outOfMemory(String where, OutOfMemoryError e) {
    return new SinterException(
        Status.OUT_OF_MEMORY, where + ": no memory for its constants: " + e.getMessage(), e);
  }

  /** Memory outside the heap, released when closed, not when the collector comes to it. */
  private static Pointer nativeCopy(ByteBuffer bytes) {
    BytePointer copy = new BytePointer(Math.max(1, bytes.remaining()));
    copy.asByteBuffer().put(bytes.duplicate());
    return copy;
  }

  static long createPlan(long weights, ByteBuffer bytes, String where) {
    try (Pointer pointer = new Pointer(bytes)) {
      return check(SinterLibrary.sinter_plan_create(weights, pointer, bytes.remaining()), where);
    }
  }

  /** A session's arena as a buffer, which must not be used once the session is destroyed. */
  static ByteBuffer arena(long session, int bytes, String where) {
    Pointer arena = SinterLibrary.sinter_session_arena(session);
    if (arena == null || arena.isNull()) {
      throw new SinterException(Status.INTERNAL, where + ": " + lastError());
    }
    return new BytePointer(arena).capacity(bytes).asByteBuffer().order(ByteOrder.nativeOrder());
  }

  /** Binds a place of a session's arena to another session. */
  static void bindPlace(
      long session, int plan, int binding, long arenaOf, long offset, long bytes, String where) {
    Pointer arena = SinterLibrary.sinter_session_arena(arenaOf);
    if (arena == null || arena.isNull()) {
      throw new SinterException(Status.INTERNAL, where + ": " + lastError());
    }
    try (BytePointer place = new BytePointer(arena)) {
      place.position(offset);
      check(SinterLibrary.sinter_session_bind(session, plan, binding, place, bytes), where);
    }
  }

  /** Binds direct memory; the caller keeps the buffer alive while it is bound. */
  static void bind(long session, int plan, int binding, ByteBuffer buffer, String where) {
    try (Pointer pointer = new Pointer(buffer)) {
      check(
          SinterLibrary.sinter_session_bind(session, plan, binding, pointer, buffer.remaining()),
          where);
    }
  }
}
