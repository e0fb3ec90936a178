// What the frames of one session share.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.GraphException;
import dev.sinter.graph.Op;
import dev.sinter.natives.jni.SinterLibrary;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;

/** A session's frames, variables and times. Runs on one thread at a time. */
final class FlowRun {
  private final Prepared model;
  private final Options options;
  private final Map<Integer, Frame> frames = new TreeMap<>();
  private final Variables variables = new Variables();
  private final List<Session.StepTime> times = new ArrayList<>();
  private final AtomicBoolean running = new AtomicBoolean();
  private volatile boolean cancelled;
  private volatile boolean closed;
  private volatile long current; // the native session that runs now, 0 for none

  FlowRun(Prepared model, Options options) {
    this.model = model;
    this.options = options;
  }

  Options options() {
    return options;
  }

  Variables variables() {
    return variables;
  }

  /** The frame of a subgraph. */
  Frame frame(int subgraph) {
    Frame frame = frames.get(subgraph);
    if (frame == null) {
      frame = new Frame(model.flow(subgraph), this);
      frames.put(subgraph, frame);
    }
    return frame;
  }

  /** Runs a frame as a whole: the start of a run. */
  void run(Frame frame) {
    if (!running.compareAndSet(false, true)) {
      throw new SinterException(
          Status.BUSY, model.name() + ": the session is running on another thread");
    }
    try {
      if (closed) {
        throw new SinterException(Status.INVALID_HANDLE, model.name() + ": the session is closed");
      }
      times.clear();
      frame.run();
    } catch (GraphException e) {
      throw new SinterException(Status.INVALID_MODEL, model.name() + ": " + e.getMessage(), e);
    } finally {
      running.set(false);
    }
  }

  int call(long handle) {
    current = handle;
    try {
      return SinterLibrary.sinter_session_run(handle, 0);
    } finally {
      current = 0;
    }
  }

  /** Runs an op in Java. */
  void host(HostOp op, HostCall call) {
    long start = options.profile() ? System.nanoTime() : 0;
    try {
      op.run(call);
    } catch (SinterException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new SinterException(
          Status.CUSTOM_OP_FAILED, call.where() + ": its Java code failed: " + e, e);
    }
    if (options.profile()) {
      Op what = call.op();
      time(
          new Report.StepReport(
              call.index(), what.kind().label(), "java", "java", null, 0, 0, List.of()),
          System.nanoTime() - start);
    }
  }

  void time(Report.StepReport step, long nanos) {
    times.add(new Session.StepTime(step, nanos));
  }

  List<Session.StepTime> times() {
    return List.copyOf(times);
  }

  void cancel() {
    cancelled = true;
    long native_ = current;
    if (native_ != 0) {
      SinterLibrary.sinter_session_cancel(native_);
    }
  }

  void checkCancelled() {
    if (cancelled) {
      cancelled = false;
      throw new SinterException(Status.CANCELLED, model.name() + ": the run was cancelled");
    }
  }

  /** Sets what persists between runs back to its start. */
  void reset() {
    variables.clear();
    frames.values().forEach(Frame::resetState);
  }

  void close() {
    closed = true;
    while (!running.compareAndSet(false, true)) {
      cancel();
      Thread.onSpinWait();
    }
    frames.values().forEach(Frame::close);
    frames.clear();
  }
}
