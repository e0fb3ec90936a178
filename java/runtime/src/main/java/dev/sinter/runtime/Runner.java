// A plan of a flow, ready to run in one frame.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.natives.jni.SinterLibrary;
import java.nio.ByteBuffer;

/** A native session for one plan; inputs are bound when they have moved. */
final class Runner {
  private final FlowNode node;
  private final FlowRun run;
  private final String name;
  private final long handle;
  private final Cell[] outputs;
  private final ByteBuffer[] bound;

  Runner(FlowNode node, FlowRun run, String name) {
    this.node = node;
    this.run = run;
    this.name = name;
    Program program = node.program();
    handle = SinterLibrary.sinter_session_create(program.arenaBytes(), run.options().threads());
    if (handle == 0) {
      throw new SinterException(Status.OUT_OF_MEMORY, name + ": " + Natives.lastError());
    }
    try {
      Natives.checkIndex(SinterLibrary.sinter_session_attach(handle, program.plan(), 0), name);
      program.resetState(handle, name);
      bound = new ByteBuffer[node.inputs().length];
      outputs = new Cell[node.outputs().length];
      for (int i = 0; i < outputs.length; i++) {
        TensorInfo info = program.outputs().get(i);
        outputs[i] = Cell.of(info.type(), info.shape(), info.name());
        Natives.bind(handle, 0, bound.length + i, outputs[i].room(), name);
      }
      if (run.options().profile()) {
        Natives.check(SinterLibrary.sinter_session_profile(handle, 1), name);
      }
    } catch (RuntimeException | Error e) {
      SinterLibrary.sinter_session_destroy(handle);
      throw e;
    }
  }

  @SuppressWarnings("ReferenceEquality") // where the memory is, not what it holds
  void run(Frame frame) {
    for (int i = 0; i < bound.length; i++) {
      ByteBuffer room = frame.cell(node.inputs()[i]).room();
      if (room != bound[i]) {
        Natives.bind(handle, 0, i, room, name);
        bound[i] = room;
      }
    }
    int status = run.call(handle);
    if (status != 0) {
      Status code = Status.ofCode(status);
      int step = SinterLibrary.sinter_session_failed_step(handle);
      String at = "";
      if (step >= 0 && step < node.program().report().steps().size()) {
        Report.StepReport failed = node.program().report().steps().get(step);
        at = ": op " + failed.op() + " " + failed.what();
      }
      throw new SinterException(code, name + ": " + Natives.lastError() + at);
    }
    for (int i = 0; i < outputs.length; i++) {
      frame.take(node.outputs()[i], outputs[i]);
    }
    if (run.options().profile()) {
      long[] nanos = new long[node.program().report().steps().size()];
      Natives.checkIndex(
          SinterLibrary.sinter_session_step_nanos(handle, 0, nanos, nanos.length), name);
      for (int i = 0; i < nanos.length; i++) {
        run.time(frame.graph().name(), node.program().report().steps().get(i), nanos[i]);
      }
    }
  }

  void resetState() {
    node.program().resetState(handle, name);
  }

  void close() {
    SinterLibrary.sinter_session_destroy(handle);
  }
}
