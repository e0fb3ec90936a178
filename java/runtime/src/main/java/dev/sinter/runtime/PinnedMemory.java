// Memory of the host that a device copies from and to by itself.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.natives.jni.SinterLibrary;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Page-locked memory for inputs and outputs, which callers may keep beyond their session: it lives
 * as long as a buffer on it does. The device's library lends it as the arena of a session that runs
 * nothing. Since the collector decides when it goes, there is only so much at a time; whoever gets
 * none takes memory of Java, which the device's library then copies from and to once more.
 */
final class PinnedMemory {
  private static final int MOST_BLOCKS = 128;
  private static final long MOST_BYTES = 256L << 20;

  private static final Cleaner CLEANER = Cleaner.create();
  private static final AtomicInteger BLOCKS = new AtomicInteger();
  private static final AtomicLong BYTES = new AtomicLong();

  private PinnedMemory() {}

  /** A block that starts at a multiple of 64; null if there is too much of it already. */
  static ByteBuffer allocate(int device, long bytes) {
    int blocks = BLOCKS.incrementAndGet();
    long all = BYTES.addAndGet(bytes);
    long session =
        blocks > MOST_BLOCKS || all > MOST_BYTES
            ? 0
            : SinterLibrary.sinter_device_session_create(device, bytes);
    if (session == 0) {
      release(0, bytes);
      return null;
    }
    ByteBuffer memory;
    try {
      memory = Natives.arena(session, (int) bytes, "memory of a device");
    } catch (RuntimeException | Error e) {
      release(session, bytes);
      throw e;
    }
    CLEANER.register(memory, () -> release(session, bytes)); // its slices keep it
    return memory;
  }

  private static void release(long session, long bytes) {
    if (session != 0) {
      SinterLibrary.sinter_session_destroy(session);
    }
    BLOCKS.decrementAndGet();
    BYTES.addAndGet(-bytes);
  }
}
