// Native memory with one owner: released once, and reported when the owner was forgotten.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What an object holds outside the heap. Closing is the owner's duty; the cleaner is there to say
 * so, and to release what was forgotten.
 */
final class Owned {
  private static final Cleaner CLEANER = Cleaner.create();
  private static final System.Logger LOGGER = System.getLogger(Owned.class.getName());
  private static final boolean TRACE = Boolean.getBoolean("sinter.leak.trace");

  private final State state;
  private final Cleaner.Cleanable cleanable;

  private Owned(State state, Cleaner.Cleanable cleanable) {
    this.state = state;
    this.cleanable = cleanable;
  }

  /**
   * Registers an owner.
   *
   * @param owner whose collection counts as forgetting
   * @param what words for the report, such as "a session of model.tflite"
   * @param release releases the memory; must not refer to the owner
   */
  static Owned by(Object owner, String what, Runnable release) {
    State state = new State(what, release, TRACE ? new Throwable("created here") : null);
    return new Owned(state, CLEANER.register(owner, state));
  }

  boolean isClosed() {
    return state.closed.get();
  }

  /** Releases; true for the first call. */
  boolean close() {
    if (!state.closed.compareAndSet(false, true)) {
      return false;
    }
    state.release.run();
    cleanable.clean();
    return true;
  }

  private static final class State implements Runnable {
    private final String what;
    private final Runnable release;
    private final Throwable origin;
    private final AtomicBoolean closed = new AtomicBoolean();

    State(String what, Runnable release, Throwable origin) {
      this.what = what;
      this.release = release;
      this.origin = origin;
    }

    /** Called by the cleaner when the owner is gone, and by clean() after closing. */
    @Override
    public void run() {
      if (closed.compareAndSet(false, true)) {
        LOGGER.log(
            System.Logger.Level.WARNING,
            what
                + " was never closed; close it, or run with -Dsinter.leak.trace=true to see where"
                + " it was made",
            origin);
        release.run();
      }
    }
  }
}
