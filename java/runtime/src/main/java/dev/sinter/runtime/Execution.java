// A program in native memory of its own, ready to run: what one session or one piece of a flow
// needs.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import java.nio.ByteBuffer;

/** Runs a program. Bindings count the program's inputs first, then its outputs. */
interface Execution {
  /** Makes one; it must be destroyed. */
  static Execution of(Program program, Options options, String where) {
    return program.isOnePlan()
        ? new PlanExecution(program, options, where)
        : new MixedExecution(program, options, where);
  }

  /**
   * Memory for an input or output, to be bound. It starts at a multiple of 64, and stays valid as
   * long as it is referenced.
   */
  default ByteBuffer allocate(int binding, int bytes, String name) {
    return Cell.allocate(bytes, name);
  }

  /** Binds direct memory; the caller keeps the buffer alive while it is bound. */
  void bind(int binding, ByteBuffer memory);

  /** Runs once and returns a status; allocates nothing. */
  int run();

  /** What the run that just failed on this thread says. */
  String message(int status);

  /** Step at which the last run stopped, -1 when it ended well. */
  int failedStep();

  /** Times of the last run's steps, in order. */
  long[] stepNanos();

  /** Stops a run on another thread before its next step, or without one the next run. */
  void cancel();

  /** Sets what lasts from run to run back to its start. */
  void resetStates();

  /** Releases native memory; a run on another thread is cancelled and waited for. */
  void destroy();
}
