// A program whose steps run partly on a device, partly on the processor.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.natives.jni.SinterLibrary;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Two native sessions, one on each side, with the plans of that side's segments; a run goes through
 * the segments in order. Values that both sides touch have a place in the device's arena: its copy
 * in the host's memory is what the processor's plans are bound to, and the device brings it up to
 * date around each of its own plans.
 */
final class MixedExecution implements Execution {
  private final Program program;
  private final String where;
  private final AtomicBoolean running = new AtomicBoolean();
  private final Object cancelling = new Object();
  private final long[] sessions; // per segment
  private final int[] plans; // per segment: its number in that session
  private final int[] firstSteps; // per segment
  private ByteBuffer room; // for inputs and outputs, null until asked for or if there is none
  private int taken; // bytes of it
  private long host;
  private long device;
  private boolean cancelled; // guarded by cancelling, like the next
  private long current; // the session that runs now, 0 for none
  private volatile int failedStep = -1;
  private volatile boolean closed;

  MixedExecution(Program program, Options options, String where) {
    this.program = program;
    this.where = where;
    List<Program.Segment> segments = program.segments();
    sessions = new long[segments.size()];
    plans = new int[segments.size()];
    firstSteps = new int[segments.size()];
    try {
      device = SinterLibrary.sinter_device_session_create(program.device(), program.deviceBytes());
      require(device);
      if (segments.stream().anyMatch(s -> !s.onDevice())) {
        host = SinterLibrary.sinter_session_create(program.hostArenaBytes(), options.threads());
        require(host);
      }
      for (int i = 0; i < sessions.length; i++) {
        Program.Segment segment = segments.get(i);
        sessions[i] = segment.onDevice() ? device : host;
        firstSteps[i] = segment.firstStep();
        plans[i] =
            Natives.checkIndex(
                SinterLibrary.sinter_session_attach(sessions[i], segment.plan(), 0), where);
      }
      for (int i = 0; i < sessions.length; i++) {
        bindPlaces(i, segments.get(i));
      }
      resetStates();
      if (options.profile()) {
        Natives.check(SinterLibrary.sinter_session_profile(device, 1), where);
        if (host != 0) {
          Natives.check(SinterLibrary.sinter_session_profile(host, 1), where);
        }
      }
    } catch (RuntimeException | Error e) {
      destroySessions();
      throw e;
    }
  }

  private void require(long session) {
    if (session == 0) { // the arguments are sound, so nothing else is left
      throw new SinterException(Status.OUT_OF_MEMORY, where + ": " + Natives.lastError());
    }
  }

  /**
   * Has the processor read and write what it shares with the device in the device's host memory.
   */
  private void bindPlaces(int index, Program.Segment segment) {
    if (segment.onDevice()) {
      return; // there it is the default place
    }
    for (int b = 0; b < segment.bindings().size(); b++) {
      Program.LocalBinding binding = segment.bindings().get(b);
      if (binding.program() < 0) {
        Natives.bindPlace(host, plans[index], b, device, binding.place(), binding.bytes(), where);
      }
    }
  }

  /** What the device reads or writes is in memory that it copies from and to by itself. */
  @Override
  public ByteBuffer allocate(int binding, int bytes, String name) {
    if (!isOnDevice(binding)) {
      return Cell.allocate(bytes, name);
    }
    if (room == null) {
      long all = 0;
      for (int i = 0; i < program.inputs().size() + program.outputs().size(); i++) {
        all += isOnDevice(i) ? aligned(Math.max(1, program.info(i).bytes())) : 0;
      }
      room = PinnedMemory.allocate(program.device(), all);
    }
    int start = taken;
    taken += (int) aligned(bytes);
    return room == null || taken > room.capacity()
        ? Cell.allocate(bytes, name)
        : room.slice(start, bytes);
  }

  private static long aligned(long bytes) {
    return (bytes + 63) / 64 * 64;
  }

  private boolean isOnDevice(int binding) {
    for (Program.Segment segment : program.segments()) {
      for (Program.LocalBinding local : segment.bindings()) {
        if (segment.onDevice() && local.program() == binding) {
          return true;
        }
      }
    }
    return false;
  }

  @Override
  public void bind(int binding, ByteBuffer memory) {
    for (int i = 0; i < sessions.length; i++) {
      List<Program.LocalBinding> bindings = program.segments().get(i).bindings();
      for (int b = 0; b < bindings.size(); b++) {
        if (bindings.get(b).program() == binding) {
          Natives.bind(sessions[i], plans[i], b, memory, where);
        }
      }
    }
  }

  @Override
  public int run() {
    if (!running.compareAndSet(false, true)) {
      return closed ? SinterLibrary.SINTER_INVALID_HANDLE : SinterLibrary.SINTER_BUSY;
    }
    try {
      failedStep = -1;
      for (int i = 0; i < sessions.length; i++) {
        int status = run(i);
        if (status != SinterLibrary.SINTER_OK) {
          return status;
        }
      }
      return SinterLibrary.SINTER_OK;
    } finally {
      running.set(false);
    }
  }

  private int run(int segment) {
    synchronized (cancelling) {
      if (cancelled) {
        cancelled = false;
        failedStep = firstSteps[segment];
        return SinterLibrary.SINTER_CANCELLED;
      }
      current = sessions[segment];
    }
    int status = SinterLibrary.sinter_session_run(sessions[segment], plans[segment]);
    synchronized (cancelling) {
      current = 0;
    }
    if (status != SinterLibrary.SINTER_OK) {
      int step = SinterLibrary.sinter_session_failed_step(sessions[segment]);
      failedStep = step < 0 ? firstSteps[segment] : firstSteps[segment] + step;
    }
    return status;
  }

  @Override
  public String message(int status) {
    if (status == SinterLibrary.SINTER_BUSY) {
      return "the session is in use by another thread; use one session per thread";
    }
    if (status == SinterLibrary.SINTER_CANCELLED) {
      return "cancelled before step " + failedStep + " of " + program.report().steps().size();
    }
    return Natives.lastError();
  }

  @Override
  public int failedStep() {
    return failedStep;
  }

  @Override
  public long[] stepNanos() {
    long[] all = new long[program.report().steps().size()];
    for (int i = 0; i < sessions.length; i++) {
      long[] nanos = new long[program.segments().get(i).steps()];
      Natives.checkIndex(
          SinterLibrary.sinter_session_step_nanos(sessions[i], plans[i], nanos, nanos.length),
          where);
      System.arraycopy(nanos, 0, all, firstSteps[i], nanos.length);
    }
    return all;
  }

  /**
   * A request that comes when a segment has just ended stops the next one, of this run or the next.
   */
  @Override
  public void cancel() {
    synchronized (cancelling) {
      if (current != 0) {
        SinterLibrary.sinter_session_cancel(current);
      } else {
        cancelled = true;
      }
    }
  }

  @Override
  public void resetStates() {
    if (host != 0) {
      program.resetState(host, where);
    }
  }

  @Override
  public void destroy() {
    if (closed) {
      return;
    }
    closed = true;
    while (!running.compareAndSet(false, true)) { // stays taken: nothing runs from here on
      cancel();
      Thread.onSpinWait();
    }
    destroySessions();
  }

  private void destroySessions() {
    // The processor's plans are bound to the device's memory, so they go first.
    if (host != 0) {
      PlanExecution.destroy(host);
    }
    if (device != 0) {
      PlanExecution.destroy(device);
    }
  }
}
