// What the frames of one session share.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.GraphException;
import dev.sinter.graph.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;

/** A session's frames, variables and times. Runs on one thread at a time. */
final class FlowRun {
  private final Prepared model;
  private final Options options;
  private final Map<Integer, Frame> called = new TreeMap<>(); // those that ops run
  private final List<Frame> entries = new ArrayList<>(); // those that sessions run
  private final Variables variables = new Variables();
  private final List<Session.StepTime> times = new ArrayList<>();
  private final AtomicBoolean running = new AtomicBoolean();
  private long taken; // nanoseconds of all steps so far
  private volatile boolean cancelled;
  private volatile boolean closed;
  private volatile Execution current; // what runs now, null for none

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

  /** The frame of a subgraph that an op runs. */
  Frame frame(int subgraph) {
    Frame frame = called.get(subgraph);
    if (frame == null) {
      frame = new Frame(model.flow(subgraph), this);
      called.put(subgraph, frame);
    }
    return frame;
  }

  /** A frame of its own for a run that starts at a subgraph. */
  Frame newFrame(int subgraph) {
    Frame frame = new Frame(model.flow(subgraph), this);
    entries.add(frame);
    return frame;
  }

  /** Releases a frame that no run will start at any more. */
  void release(Frame frame) {
    while (!running.compareAndSet(false, true)) {
      cancel();
      Thread.onSpinWait();
    }
    entries.remove(frame);
    frame.close();
    cancelled = false;
    running.set(false);
  }

  /** Runs a frame as a whole: the start of a run. */
  void run(Frame frame) {
    if (!running.compareAndSet(false, true)) {
      requireOpen(); // a closed session stays taken
      throw new SinterException(
          Status.BUSY, model.name() + ": the session is running on another thread");
    }
    try {
      requireOpen();
      times.clear();
      frame.run();
    } catch (GraphException e) {
      throw new SinterException(Status.INVALID_MODEL, model.name() + ": " + e.getMessage(), e);
    } finally {
      running.set(false);
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new SinterException(Status.INVALID_HANDLE, model.name() + ": the session is closed");
    }
  }

  int call(Execution execution) {
    current = execution;
    try {
      return execution.run();
    } finally {
      current = null;
    }
  }

  /** Runs an op in Java. */
  void host(HostOp op, HostCall call) {
    long start = options.profile() ? System.nanoTime() : 0;
    long before = taken;
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
      // An op that runs others, such as WHILE, is charged with what they leave of its time.
      time(
          call.frame().graph().name(),
          new Report.StepReport(
              call.index(),
              what.kind().label(),
              "java",
              "java",
              null,
              0,
              0,
              List.of(),
              null,
              Device.CPU,
              null,
              "java",
              List.of(),
              0),
          Math.max(0, System.nanoTime() - start - (taken - before)));
    }
  }

  void time(String subgraph, Report.StepReport step, long nanos) {
    times.add(new Session.StepTime(subgraph, step, nanos));
    taken += nanos;
  }

  Profile profile() {
    return new Profile(times);
  }

  void cancel() {
    cancelled = true;
    Execution now = current;
    if (now != null) {
      now.cancel();
    }
  }

  void checkCancelled() {
    if (cancelled) {
      cancelled = false;
      throw new SinterException(Status.CANCELLED, model.name() + ": the run was cancelled");
    }
  }

  void resetStates() {
    called.values().forEach(Frame::resetState);
    entries.forEach(Frame::resetState);
  }

  void resetVariables() {
    variables.clear();
  }

  void close() {
    closed = true;
    while (!running.compareAndSet(false, true)) {
      cancel();
      Thread.onSpinWait();
    }
    called.values().forEach(Frame::close);
    called.clear();
    entries.forEach(Frame::close);
    entries.clear();
  }
}
