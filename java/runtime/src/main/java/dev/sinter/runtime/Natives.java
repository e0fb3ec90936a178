// Calls into the native library that are not on the path of a run, with errors as exceptions.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.natives.jni.SinterLibrary;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
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

  static int pack(
      long weights,
      int packing,
      ByteBuffer params,
      List<ByteBuffer> sources,
      int count,
      String where) {
    try (PointerPointer<Pointer> pointers = new PointerPointer<>(Math.max(1, count));
        LongPointer bytes = new LongPointer(Math.max(1, count));
        Pointer paramsPointer = new Pointer(params)) {
      for (int i = 0; i < count; i++) {
        ByteBuffer source = i < sources.size() ? sources.get(i) : null;
        pointers.put(i, source == null ? null : new Pointer(source));
        bytes.put(i, source == null ? 0 : source.remaining());
      }
      return checkIndex(
          SinterLibrary.sinter_weights_pack(
              weights, packing, paramsPointer, params.remaining(), pointers, bytes, count),
          where);
    }
  }

  static int addConstant(long weights, ByteBuffer bytes, String where) {
    try (Pointer pointer = new Pointer(bytes)) {
      return checkIndex(
          SinterLibrary.sinter_weights_add(weights, pointer, bytes.remaining()), where);
    }
  }

  static long createPlan(long weights, ByteBuffer bytes, String where) {
    try (Pointer pointer = new Pointer(bytes)) {
      return check(SinterLibrary.sinter_plan_create(weights, pointer, bytes.remaining()), where);
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
