// A run of a model: inputs and outputs of its own, one thread at a time.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import java.nio.ByteBuffer;
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
  private final Engine engine;
  private final List<String> inputNames;
  private final List<String> outputNames;
  private final boolean profiled;
  private final Owned owned;

  /** The names are those of a signature, or null for the tensors' own. */
  Session(
      String modelName,
      Engine engine,
      List<String> inputNames,
      List<String> outputNames,
      Options options) {
    this.modelName = modelName;
    this.engine = engine;
    this.inputNames = inputNames != null ? inputNames : names(engine.inputs());
    this.outputNames = outputNames != null ? outputNames : names(engine.outputs());
    this.profiled = options.profile();
    owned = Owned.by(this, "a session of " + modelName, engine.release());
  }

  private static List<String> names(List<TensorInfo> tensors) {
    return tensors.stream().map(TensorInfo::name).toList();
  }

  /**
   * Runs the model once on what the inputs hold.
   *
   * @throws SinterException with {@link Status#BUSY}, {@link Status#CANCELLED}, or {@link
   *     Status#INVALID_HANDLE} after {@link #close()}
   */
  public void run() {
    engine.run();
  }

  /**
   * Returns an input's own memory; the same buffer every time, so set its position with care.
   *
   * @param index position in the model's inputs
   * @return a direct buffer in native byte order
   */
  public ByteBuffer input(int index) {
    return engine.input(checkIndex(index, inputNames.size(), "input"));
  }

  /**
   * Returns an input's own memory by name.
   *
   * @param name name in the model file
   * @return a direct buffer in native byte order
   */
  public ByteBuffer input(String name) {
    return engine.input(find(inputNames, name, "input"));
  }

  /**
   * Returns an output's own memory; it holds the result after {@link #run()}.
   *
   * @param index position in the model's outputs
   * @return a direct buffer in native byte order
   */
  public ByteBuffer output(int index) {
    return engine.output(checkIndex(index, outputNames.size(), "output"));
  }

  /**
   * Returns an output's own memory by name.
   *
   * @param name name in the model file
   * @return a direct buffer in native byte order
   */
  public ByteBuffer output(String name) {
    return engine.output(find(outputNames, name, "output"));
  }

  /**
   * Makes runs read an input from the caller's memory.
   *
   * @param index position in the model's inputs
   * @param memory a direct buffer, 8-byte aligned at its position, with room for the tensor; null
   *     for the session's own memory again
   */
  public void bindInput(int index, ByteBuffer memory) {
    checkIndex(index, inputNames.size(), "input");
    bind(index, engine.inputs().get(index), memory);
  }

  /**
   * Makes runs write an output to the caller's memory.
   *
   * @param index position in the model's outputs
   * @param memory a direct buffer, 8-byte aligned at its position, with room for the tensor; null
   *     for the session's own memory again
   */
  public void bindOutput(int index, ByteBuffer memory) {
    checkIndex(index, outputNames.size(), "output");
    bind(inputNames.size() + index, engine.outputs().get(index), memory);
  }

  /**
   * Binds the caller's memory to an input by name; see {@link #bindInput(int, ByteBuffer)}.
   *
   * @param name name in the model file
   * @param memory direct, or null to go back to the session's own
   */
  public void bindInput(String name, ByteBuffer memory) {
    bindInput(find(inputNames, name, "input"), memory);
  }

  /**
   * Binds the caller's memory to an output by name; see {@link #bindOutput(int, ByteBuffer)}.
   *
   * @param name name in the model file
   * @param memory direct, or null to go back to the session's own
   */
  public void bindOutput(String name, ByteBuffer memory) {
    bindOutput(find(outputNames, name, "output"), memory);
  }

  private void bind(int binding, TensorInfo info, ByteBuffer memory) {
    if (memory == null) {
      engine.bind(binding, null);
      return;
    }
    if (!memory.isDirect() || memory.remaining() < info.bytes()) {
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
    }
    if (memory.isReadOnly() && binding >= inputNames.size()) {
      throw new SinterException(
          Status.INVALID_ARGUMENT,
          modelName + ": output '" + info.name() + "' needs a buffer that can be written");
    }
    if (memory.alignmentOffset(memory.position(), 8) != 0) {
      throw new SinterException(
          Status.INVALID_ARGUMENT,
          modelName
              + ": tensor '"
              + info.name()
              + "' needs memory that starts at a multiple of 8 bytes");
    }
    // A view of this moment: the caller may move position and limit of his own.
    engine.bind(binding, memory.slice());
  }

  /**
   * Returns the inputs with this session's shapes.
   *
   * @return in the model's order
   */
  public List<TensorInfo> inputs() {
    return engine.inputs();
  }

  /**
   * Returns the outputs with this session's shapes.
   *
   * @return in the model's order
   */
  public List<TensorInfo> outputs() {
    return engine.outputs();
  }

  /**
   * Tells which kernels run with this session's shapes.
   *
   * @return the report
   */
  public Report report() {
    return engine.report();
  }

  /**
   * Stops a run on another thread before its next step; that run throws {@link Status#CANCELLED}.
   * Without one the next run is stopped at its start.
   */
  public void cancel() {
    engine.cancel();
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
    return engine.times();
  }

  /**
   * Sets everything that lasts from run to run back to its start: variables, and the state of
   * recurrent layers.
   */
  public void resetState() {
    engine.resetState();
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

  private int find(List<String> names, String name, String what) {
    int index = names.indexOf(name);
    if (index < 0) {
      throw new SinterException(
          Status.INVALID_ARGUMENT,
          modelName + ": there is no " + what + " '" + name + "'; there are " + names);
    }
    return index;
  }
}
