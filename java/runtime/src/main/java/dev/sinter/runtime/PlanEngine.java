// A session whose model needs the host nowhere: on the processor, one crossing from Java per run.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Runs a model that needs the host nowhere. */
final class PlanEngine implements Engine {
  private final String modelName;
  private final String subgraph;
  private final Program program;
  private final Execution execution;
  private final ByteBuffer[] inputs;
  private final ByteBuffer[] outputs;
  // What is bound now: native code holds the address, this keeps the memory.
  private final ByteBuffer[] bound;
  // Exactly the values of what is bound.
  private final ByteBuffer[] values;

  PlanEngine(String modelName, String subgraph, Program program, Options options) {
    this.modelName = modelName;
    this.subgraph = subgraph;
    this.program = program;
    execution = Execution.of(program, options, modelName);
    try {
      int count = program.inputs().size();
      bound = new ByteBuffer[count + program.outputs().size()];
      inputs = allocate(program.inputs(), 0);
      outputs = allocate(program.outputs(), count);
      values = new ByteBuffer[bound.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = own(i);
      }
    } catch (RuntimeException | Error e) {
      execution.destroy();
      throw e;
    }
  }

  private ByteBuffer[] allocate(List<TensorInfo> tensors, int first) {
    ByteBuffer[] buffers = new ByteBuffer[tensors.size()];
    for (int i = 0; i < buffers.length; i++) {
      long bytes = tensors.get(i).bytes();
      if (bytes > Integer.MAX_VALUE - 64) {
        throw new SinterException(
            Status.UNSUPPORTED,
            modelName + ": tensor '" + tensors.get(i).name() + "' has " + bytes + " bytes");
      }
      // One byte at least: an empty buffer has no address to bind.
      ByteBuffer room =
          execution.allocate(
              first + i, (int) Math.max(1, bytes), modelName + ": " + tensors.get(i).name());
      execution.bind(first + i, room);
      bound[first + i] = room;
      buffers[i] = room.slice(0, (int) bytes).order(ByteOrder.nativeOrder());
    }
    return buffers;
  }

  @Override
  public void run() {
    try {
      int status = execution.run();
      if (status != 0) {
        throw failure(status);
      }
    } finally {
      // The buffers are used by address only; without this they might be collected meanwhile.
      Reference.reachabilityFence(this);
    }
  }

  private SinterException failure(int status) {
    Status code = Status.ofCode(status);
    StringBuilder what = new StringBuilder(modelName).append(": ");
    if (code == Status.INVALID_HANDLE) {
      what.append("the session is closed");
    } else {
      what.append(execution.message(status));
      int step = execution.failedStep();
      if (step >= 0 && step < program.report().steps().size()) {
        Report.StepReport at = program.report().steps().get(step);
        what.append(": op ").append(at.op()).append(' ').append(at.what());
      }
    }
    return new SinterException(code, what.toString());
  }

  @Override
  public ByteBuffer input(int index) {
    return inputs[index];
  }

  @Override
  public ByteBuffer output(int index) {
    return outputs[index];
  }

  @Override
  public void bind(int binding, ByteBuffer memory) {
    ByteBuffer view = memory;
    if (memory == null) {
      view = binding < inputs.length ? inputs[binding] : outputs[binding - inputs.length];
      if (view.capacity() == 0) {
        values[binding] = own(binding);
        return;
      }
      view = view.duplicate().clear();
    }
    execution.bind(binding, view);
    bound[binding] = view;
    values[binding] = memory == null ? own(binding) : sized(memory, binding);
  }

  private ByteBuffer own(int binding) {
    ByteBuffer own = binding < inputs.length ? inputs[binding] : outputs[binding - inputs.length];
    return own.duplicate().clear().order(ByteOrder.nativeOrder());
  }

  private ByteBuffer sized(ByteBuffer memory, int binding) {
    TensorInfo info =
        binding < inputs.length
            ? program.inputs().get(binding)
            : program.outputs().get(binding - inputs.length);
    return memory.slice(0, (int) info.bytes()).order(ByteOrder.nativeOrder());
  }

  @Override
  public ByteBuffer inputMemory(int index) {
    return values[index];
  }

  @Override
  public ByteBuffer outputMemory(int index) {
    return values[inputs.length + index];
  }

  @Override
  public List<TensorInfo> inputs() {
    return program.inputs();
  }

  @Override
  public List<TensorInfo> outputs() {
    return program.outputs();
  }

  @Override
  public Report report() {
    return program.report();
  }

  @Override
  public Profile profile() {
    long[] nanos = execution.stepNanos();
    List<Session.StepTime> times = new ArrayList<>();
    for (int i = 0; i < nanos.length; i++) {
      times.add(new Session.StepTime(subgraph, program.report().steps().get(i), nanos[i]));
    }
    return new Profile(times);
  }

  @Override
  public void cancel() {
    execution.cancel();
  }

  @Override
  public void resetStates() {
    execution.resetStates();
  }

  @Override
  public void resetVariables() {}

  @Override
  public void setStrings(int index, ByteBuffer packed) {
    throw new AssertionError("a plan has no strings");
  }

  @Override
  public void release() {
    execution.destroy();
  }
}
