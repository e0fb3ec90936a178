// A program that is one plan of the processor: one crossing from Java per run.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.natives.jni.SinterLibrary;
import java.nio.ByteBuffer;

/** One native session with one plan. */
final class PlanExecution implements Execution {
  private final Program program;
  private final String where;
  private final long handle;

  PlanExecution(Program program, Options options, String where) {
    this.program = program;
    this.where = where;
    handle = SinterLibrary.sinter_session_create(program.hostArenaBytes(), options.threads());
    if (handle == 0) { // its arguments are sound, so nothing else is left
      throw new SinterException(Status.OUT_OF_MEMORY, where + ": " + Natives.lastError());
    }
    try {
      long plan = program.segments().get(0).plan();
      Natives.checkIndex(SinterLibrary.sinter_session_attach(handle, plan, 0), where);
      program.resetState(handle, where);
      if (options.profile()) {
        Natives.check(SinterLibrary.sinter_session_profile(handle, 1), where);
      }
    } catch (RuntimeException | Error e) {
      destroy(handle);
      throw e;
    }
  }

  /** Destroys a session that may be running. */
  static void destroy(long session) {
    while (SinterLibrary.sinter_session_destroy(session) == SinterLibrary.SINTER_BUSY) {
      SinterLibrary.sinter_session_cancel(session);
      Thread.onSpinWait();
    }
  }

  @Override
  public void bind(int binding, ByteBuffer memory) {
    Natives.bind(handle, 0, binding, memory, where);
  }

  @Override
  public int run() {
    return SinterLibrary.sinter_session_run(handle, 0);
  }

  @Override
  public String message(int status) {
    return Natives.lastError();
  }

  @Override
  public int failedStep() {
    return SinterLibrary.sinter_session_failed_step(handle);
  }

  @Override
  public long[] stepNanos() {
    long[] nanos = new long[program.report().steps().size()];
    Natives.checkIndex(
        SinterLibrary.sinter_session_step_nanos(handle, 0, nanos, nanos.length), where);
    return nanos;
  }

  @Override
  public void cancel() {
    Natives.check(SinterLibrary.sinter_session_cancel(handle), where);
  }

  @Override
  public void resetStates() {
    program.resetState(handle, where);
  }

  @Override
  public void destroy() {
    destroy(handle);
  }
}
