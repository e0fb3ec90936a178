// A run of a model: inputs and outputs of its own, one thread at a time.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.natives.jni.SinterLibrary;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs a {@link Model}. Cheap to make; used by one thread at a time, and a second thread that runs
 * it meanwhile gets {@link Status#BUSY}. After the first {@link #run()} nothing is allocated.
 *
 * <p>An output must not be bound to the memory of an input: steps read inputs while others write.
 *
 * <p>Inputs and outputs are direct buffers in native byte order that belong to the session and stay
 * valid as long as they are referenced, even after {@link #close()}.
 */
public final class Session implements AutoCloseable {
  private final String modelName;
  private final Program program;
  private final Owned owned;
  private final boolean profiled;
  private final long handle;
  private final ByteBuffer[] inputs;
  private final ByteBuffer[] outputs;
  // What is bound now: native code holds the address, this keeps the memory.
  private final ByteBuffer[] bound;

  Session(String modelName, Program program, Options options) {
    this.modelName = modelName;
    this.program = program;
    this.profiled = options.profile();
    handle = SinterLibrary.sinter_session_create(program.arenaBytes(), options.threads());
    if (handle == 0) { // its arguments are sound, so nothing else is left
      throw new SinterException(Status.OUT_OF_MEMORY, modelName + ": " + Natives.lastError());
    }
    try {
      Natives.checkIndex(SinterLibrary.sinter_session_attach(handle, program.plan(), 0), modelName);
      int count = program.inputs().size();
      bound = new ByteBuffer[count + program.outputs().size()];
      inputs = allocate(program.inputs(), 0);
      outputs = allocate(program.outputs(), count);
      if (options.profile()) {
        Natives.check(SinterLibrary.sinter_session_profile(handle, 1), modelName);
      }
    } catch (RuntimeException | Error e) {
      destroy(handle);
      throw e;
    }
    long session = handle;
    owned = Owned.by(this, "a session of " + modelName, () -> destroy(session));
  }

  private static void destroy(long session) {
    while (SinterLibrary.sinter_session_destroy(session) == SinterLibrary.SINTER_BUSY) {
      SinterLibrary.sinter_session_cancel(session);
      Thread.onSpinWait();
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
      int room = (int) Math.max(1, bytes);
      ByteBuffer memory;
      try {
        memory = ByteBuffer.allocateDirect(room + 63);
      } catch (OutOfMemoryError e) {
        throw new SinterException(
            Status.OUT_OF_MEMORY,
            modelName + ": no memory for tensor '" + tensors.get(i).name() + "': " + e.getMessage(),
            e);
      }
      int start = (64 - memory.alignmentOffset(0, 64)) & 63;
      ByteBuffer aligned = memory.position(start).limit(start + room).slice();
      Natives.bind(handle, 0, first + i, aligned, modelName);
      bound[first + i] = aligned;
      buffers[i] = aligned.limit((int) bytes).slice().order(ByteOrder.nativeOrder());
    }
    return buffers;
  }

  /**
   * Runs the model once on what the inputs hold.
   *
   * @throws SinterException with {@link Status#BUSY}, {@link Status#CANCELLED}, or {@link
   *     Status#INVALID_HANDLE} after {@link #close()}
   */
  public void run() {
    try {
      int status = SinterLibrary.sinter_session_run(handle, 0);
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
      what.append(Natives.lastError());
      int step = SinterLibrary.sinter_session_failed_step(handle);
      if (code == Status.CANCELLED && step >= 0 && step < program.report().steps().size()) {
        Report.StepReport at = program.report().steps().get(step);
        what.append(": op ").append(at.op()).append(' ').append(at.what());
      }
    }
    return new SinterException(code, what.toString());
  }

  /**
   * Returns an input's own memory; the same buffer every time, so set its position with care.
   *
   * @param index position in the model's inputs
   * @return a direct buffer in native byte order
   */
  public ByteBuffer input(int index) {
    return inputs[checkIndex(index, inputs.length, "input")];
  }

  /**
   * Returns an input's own memory by name.
   *
   * @param name name in the model file
   * @return a direct buffer in native byte order
   */
  public ByteBuffer input(String name) {
    return inputs[find(program.inputs(), name, "input")];
  }

  /**
   * Returns an output's own memory; it holds the result after {@link #run()}.
   *
   * @param index position in the model's outputs
   * @return a direct buffer in native byte order
   */
  public ByteBuffer output(int index) {
    return outputs[checkIndex(index, outputs.length, "output")];
  }

  /**
   * Returns an output's own memory by name.
   *
   * @param name name in the model file
   * @return a direct buffer in native byte order
   */
  public ByteBuffer output(String name) {
    return outputs[find(program.outputs(), name, "output")];
  }

  /**
   * Makes runs read an input from the caller's memory.
   *
   * @param index position in the model's inputs
   * @param memory a direct buffer, 8-byte aligned at its position, with room for the tensor; null
   *     for the session's own memory again
   */
  public void bindInput(int index, ByteBuffer memory) {
    bind(checkIndex(index, inputs.length, "input"), program.inputs().get(index), memory, inputs);
  }

  /**
   * Makes runs write an output to the caller's memory.
   *
   * @param index position in the model's outputs
   * @param memory a direct buffer, 8-byte aligned at its position, with room for the tensor; null
   *     for the session's own memory again
   */
  public void bindOutput(int index, ByteBuffer memory) {
    checkIndex(index, outputs.length, "output");
    bind(inputs.length + index, program.outputs().get(index), memory, outputs);
  }

  /**
   * Binds the caller's memory to an input by name; see {@link #bindInput(int, ByteBuffer)}.
   *
   * @param name name in the model file
   * @param memory direct, or null to go back to the session's own
   */
  public void bindInput(String name, ByteBuffer memory) {
    bindInput(find(program.inputs(), name, "input"), memory);
  }

  /**
   * Binds the caller's memory to an output by name; see {@link #bindOutput(int, ByteBuffer)}.
   *
   * @param name name in the model file
   * @param memory direct, or null to go back to the session's own
   */
  public void bindOutput(String name, ByteBuffer memory) {
    bindOutput(find(program.outputs(), name, "output"), memory);
  }

  private void bind(int binding, TensorInfo info, ByteBuffer memory, ByteBuffer[] own) {
    ByteBuffer target = memory;
    if (memory == null) {
      target = own[binding < inputs.length ? binding : binding - inputs.length];
      if (target.capacity() == 0) {
        return;
      }
    } else if (!memory.isDirect() || memory.remaining() < info.bytes()) {
      throw new SinterException(
          Status.INVALID_ARGUMENT,
          modelName
              + ": tensor '"
              + info.name()
              + "' needs a direct buffer of "
              + info.bytes()
              + " bytes, this one is "
              + (memory.isDirect() ? "direct" : "on the heap")
              + " with "
              + memory.remaining());
    } else if (memory.isReadOnly() && binding >= inputs.length) {
      throw new SinterException(
          Status.INVALID_ARGUMENT,
          modelName + ": output '" + info.name() + "' needs a buffer that can be written");
    }
    // A view of this moment: the caller may move position and limit of his own.
    ByteBuffer view = target.slice();
    Natives.bind(handle, 0, binding, view, modelName);
    bound[binding] = view;
  }

  /**
   * Returns the inputs with this session's shapes.
   *
   * @return in the model's order
   */
  public List<TensorInfo> inputs() {
    return program.inputs();
  }

  /**
   * Returns the outputs with this session's shapes.
   *
   * @return in the model's order
   */
  public List<TensorInfo> outputs() {
    return program.outputs();
  }

  /**
   * Tells which kernels run with this session's shapes.
   *
   * @return the report
   */
  public Report report() {
    return program.report();
  }

  /**
   * Stops a run on another thread before its next step; that run throws {@link Status#CANCELLED}.
   * Without one the next run is stopped at its start.
   */
  public void cancel() {
    Natives.check(SinterLibrary.sinter_session_cancel(handle), modelName);
  }

  /**
   * Time of one step of the last run.
   *
   * @param step what ran
   * @param nanos how long
   */
  public record StepTime(Report.StepReport step, long nanos) {}

  /**
   * Returns the times of the last run; needs {@link Options.Builder#profile}.
   *
   * @return one entry per step
   * @throws SinterException if the session was made without a profile
   */
  public List<StepTime> profile() {
    if (!profiled) {
      throw new SinterException(
          Status.INVALID_ARGUMENT,
          modelName
              + ": times are not taken; make the session with Options.builder().profile(true)");
    }
    long[] nanos = new long[program.report().steps().size()];
    Natives.checkIndex(
        SinterLibrary.sinter_session_step_nanos(handle, 0, nanos, nanos.length), modelName);
    List<StepTime> times = new ArrayList<>();
    for (int i = 0; i < nanos.length; i++) {
      times.add(new StepTime(program.report().steps().get(i), nanos[i]));
    }
    return times;
  }

  /**
   * Releases native memory; a run on another thread is cancelled and waited for. Closing twice is
   * fine. Buffers stay valid.
   */
  @Override
  public void close() {
    owned.close();
  }

  private int checkIndex(int index, int count, String what) {
    if (index < 0 || index >= count) {
      throw new SinterException(
          Status.INVALID_ARGUMENT,
          modelName + ": there is no " + what + " " + index + " of " + count);
    }
    return index;
  }

  private int find(List<TensorInfo> tensors, String name, String what) {
    for (int i = 0; i < tensors.size(); i++) {
      if (tensors.get(i).name().equals(name)) {
        return i;
      }
    }
    throw new SinterException(
        Status.INVALID_ARGUMENT,
        modelName
            + ": there is no "
            + what
            + " '"
            + name
            + "'; there are "
            + tensors.stream().map(TensorInfo::name).toList());
  }
}
