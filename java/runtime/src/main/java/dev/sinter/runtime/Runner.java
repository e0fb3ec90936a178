// A plan of a flow, ready to run in one frame.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import java.nio.ByteBuffer;

/** A program in native memory of its own; inputs are bound when they have moved. */
final class Runner {
  private final FlowNode node;
  private final FlowRun run;
  private final String name;
  private final Execution execution;
  private final Cell[] outputs;
  private final ByteBuffer[] bound;

  Runner(FlowNode node, FlowRun run, String name) {
    this.node = node;
    this.run = run;
    this.name = name;
    Program program = node.program();
    execution = Execution.of(program, run.options(), name);
    try {
      bound = new ByteBuffer[node.inputs().length];
      outputs = new Cell[node.outputs().length];
      for (int i = 0; i < outputs.length; i++) {
        TensorInfo info = program.outputs().get(i);
        outputs[i] = Cell.of(info.type(), info.shape(), info.name());
        execution.bind(bound.length + i, outputs[i].room());
      }
    } catch (RuntimeException | Error e) {
      execution.destroy();
      throw e;
    }
  }

  @SuppressWarnings("ReferenceEquality") // where the memory is, not what it holds
  void run(Frame frame) {
    for (int i = 0; i < bound.length; i++) {
      ByteBuffer room = frame.cell(node.inputs()[i]).room();
      if (room != bound[i]) {
        execution.bind(i, room);
        bound[i] = room;
      }
    }
    int status = run.call(execution);
    if (status != 0) {
      Status code = Status.ofCode(status);
      int step = execution.failedStep();
      String at = "";
      if (step >= 0 && step < node.program().report().steps().size()) {
        Report.StepReport failed = node.program().report().steps().get(step);
        at = ": op " + failed.op() + " " + failed.what();
      }
      throw new SinterException(code, name + ": " + execution.message(status) + at);
    }
    for (int i = 0; i < outputs.length; i++) {
      frame.take(node.outputs()[i], outputs[i]);
    }
    if (run.options().profile()) {
      long[] nanos = execution.stepNanos();
      for (int i = 0; i < nanos.length; i++) {
        run.time(frame.graph().name(), node.program().report().steps().get(i), nanos[i]);
      }
    }
  }

  void resetState() {
    execution.resetStates();
  }

  void close() {
    execution.destroy();
  }
}
