// A run of a model: inputs and outputs of its own, one thread at a time.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Signature;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs a {@link Model}. Cheap to make; used by one thread at a time, and a second thread that runs
 * it meanwhile gets {@link Status#BUSY}. After the first {@link #run()} nothing is allocated, but
 * for models with strings.
 *
 * <p>An output must not be bound to the memory of an input: steps read inputs while others write.
 *
 * <p>Inputs and outputs are direct buffers in native byte order that belong to the session and stay
 * valid as long as they are referenced, even after {@link #close()}. They can be filled and read
 * directly, or by way of arrays: {@link #setInput(int, float[])}, {@link #getOutput(int, float[])}.
 */
public final class Session extends SessionTensors implements AutoCloseable {
  /** Engines kept for other input shapes; the least recently used one goes. */
  private static final int KEPT = 4;

  private final String modelName;
  private final Engines engines;
  private final int subgraph;
  private final List<String> inputNames;
  private final List<String> outputNames;
  private final Map<List<Shape>, Engine> byShapes = new LinkedHashMap<>(8, 0.75f, true);
  private final Map<String, Session> signatures = new HashMap<>();
  private final Session entry; // the session that this one is a signature of, or itself
  private final Owned owned;
  private List<TensorInfo> inputInfos;
  private List<TensorInfo> outputInfos = List.of();
  private List<TensorInfo> outputSource; // what `outputInfos` were named after
  private volatile Engine engine;

  /**
   * A session that the caller owns.
   *
   * @param signature whose names inputs and outputs have, or null for the tensors' own
   */
  Session(Engines engines, int subgraph, Signature signature, Map<Integer, Shape> inputShapes) {
    this(engines, subgraph, signature, inputShapes, null);
  }

  private Session(
      Engines engines,
      int subgraph,
      Signature signature,
      Map<Integer, Shape> inputShapes,
      Session entry) {
    Prepared model = engines.model();
    this.modelName = model.name();
    this.engines = engines;
    this.subgraph = subgraph;
    this.entry = entry == null ? this : entry;
    engine = engines.make(subgraph, inputShapes);
    byShapes.put(shapes(engine), engine);
    inputNames = signature == null ? names(engine.inputs()) : model.names(signature, false);
    outputNames = signature == null ? names(engine.outputs()) : model.names(signature, true);
    inputInfos = named(engine.inputs(), inputNames);
    owned = entry == null ? Owned.by(this, "a session of " + modelName, engines::close) : null;
  }

  private static List<String> names(List<TensorInfo> tensors) {
    return tensors.stream().map(TensorInfo::name).toList();
  }

  private static List<Shape> shapes(Engine engine) {
    return engine.inputs().stream().map(TensorInfo::shape).toList();
  }

  /**
   * Gives some inputs other shapes; the next run works with them. Plans and memory of the last few
   * shapes are kept, so that going back and forth between them is cheap.
   *
   * <p>All buffers of inputs and outputs are others from here on: ask for them again, and bind the
   * caller's memory again. Buffers from before stay valid but are read and written by no run, until
   * the session is given their shapes again. Variables keep their values; recurrent layers start
   * anew, as in TensorFlow Lite.
   *
   * @param shapes by position in the model's inputs; the others keep the shapes they have
   * @throws SinterException if an op cannot work with these shapes; the session is as before then
   */
  public void resize(Map<Integer, Shape> shapes) {
    List<Shape> now = new ArrayList<>(shapes(engine));
    Map<Integer, Shape> all = new LinkedHashMap<>();
    for (int i = 0; i < now.size(); i++) {
      all.put(i, now.get(i));
    }
    all.putAll(shapes);
    shapes.forEach((i, shape) -> now.set(checkIndex(i, now.size(), "input"), shape));
    if (now.equals(shapes(engine))) {
      return;
    }
    Engine next = byShapes.get(now);
    if (next == null) {
      next = engines.make(subgraph, all);
      byShapes.put(List.copyOf(now), next);
    } else {
      for (int i = 0; i < inputNames.size() + outputNames.size(); i++) {
        next.bind(i, null);
      }
    }
    engine = next;
    inputInfos = named(next.inputs(), inputNames);
    next.resetStates();
    if (byShapes.size() > KEPT) {
      Iterator<Engine> oldest = byShapes.values().iterator();
      Engine gone = oldest.next();
      oldest.remove();
      engines.release(gone);
    }
  }

  /**
   * Gives one input another shape; see {@link #resize(Map)}.
   *
   * @param index position in the model's inputs
   * @param shape its new shape
   */
  public void resizeInput(int index, Shape shape) {
    resize(Map.of(index, shape));
  }

  /**
   * Gives one input another shape; see {@link #resize(Map)}.
   *
   * @param name name in the model file, or in the signature
   * @param shape its new shape
   */
  public void resizeInput(String name, Shape shape) {
    resizeInput(inputIndex(name), shape);
  }

  /**
   * Returns a session that runs another signature of the model and shares this one's variables and
   * hash tables: what one signature initialises or updates, the others find. It belongs to this
   * session: the same one each time, used by the same thread, closed with it.
   *
   * @param key one of {@link Model#signatures()}
   * @return a session whose inputs and outputs have the signature's names
   */
  public Session signature(String key) {
    if (entry != this) {
      return entry.signature(key);
    }
    Session session = signatures.get(key);
    if (session == null) {
      Signature s = engines.model().signature(key);
      session = new Session(engines, s.subgraph(), s, Map.of(), this);
      signatures.put(key, session);
    }
    return session;
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
   * Strings are there as {@link dev.sinter.graph.Strings} packs them; they are set by {@link
   * #setStrings(int, String...)}.
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
    return engine.input(inputIndex(name));
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
    return engine.output(outputIndex(name));
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
    bind(index, inputInfo(index), memory);
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
    bind(inputNames.size() + index, outputInfo(index), memory);
  }

  /**
   * Binds the caller's memory to an input by name; see {@link #bindInput(int, ByteBuffer)}.
   *
   * @param name name in the model file
   * @param memory direct, or null to go back to the session's own
   */
  public void bindInput(String name, ByteBuffer memory) {
    bindInput(inputIndex(name), memory);
  }

  /**
   * Binds the caller's memory to an output by name; see {@link #bindOutput(int, ByteBuffer)}.
   *
   * @param name name in the model file
   * @param memory direct, or null to go back to the session's own
   */
  public void bindOutput(String name, ByteBuffer memory) {
    bindOutput(outputIndex(name), memory);
  }

  private void bind(int binding, TensorInfo info, ByteBuffer memory) {
    if (memory == null) {
      engine.bind(binding, null);
      return;
    }
    if (info.type() == ElementType.STRING) {
      throw new SinterException(
          Status.INVALID_ARGUMENT,
          modelName
              + ": tensor '"
              + info.name()
              + "' holds strings, which have no fixed size; use setStrings and outputStrings");
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
   * @return in the model's order; of a signature, with its names
   */
  public List<TensorInfo> inputs() {
    return inputInfos;
  }

  /**
   * Returns the outputs with this session's shapes.
   *
   * @return in the model's order; of a signature, with its names
   */
  @SuppressWarnings("ReferenceEquality") // the engine keeps the list until shapes change
  public List<TensorInfo> outputs() {
    List<TensorInfo> now = engine.outputs();
    if (now != outputSource) {
      outputInfos = named(now, outputNames);
      outputSource = now;
    }
    return outputInfos;
  }

  private static List<TensorInfo> named(List<TensorInfo> tensors, List<String> names) {
    List<TensorInfo> named = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      named.add(tensors.get(i).withName(names.get(i)));
    }
    return List.copyOf(named);
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
   * Time of one step of a run.
   *
   * @param subgraph name of the subgraph that it belongs to
   * @param step what ran
   * @param nanos how long; for an op that runs others, such as WHILE, without their time
   */
  public record StepTime(String subgraph, Report.StepReport step, long nanos) {}

  /**
   * Returns the times of the last run; needs {@link Options.Builder#profile}. Models with control
   * flow have an entry for each time that a step ran.
   *
   * @return the steps in the order in which they ran; its text is a table
   * @throws SinterException if the session was made without a profile
   */
  public Profile profile() {
    if (!engines.options().profile()) {
      throw new SinterException(
          Status.INVALID_ARGUMENT,
          modelName
              + ": times are not taken; make the session with Options.builder().profile(true)");
    }
    return engine.profile();
  }

  /**
   * Sets everything that lasts from run to run back to its start: variables, and the state of
   * recurrent layers; of all signatures of this session.
   */
  public void resetState() {
    entry.engine.resetStates();
    entry.signatures.values().forEach(s -> s.engine.resetStates());
    entry.engine.resetVariables();
    entry.signatures.values().forEach(s -> s.engine.resetVariables());
  }

  /**
   * Releases native memory; a run on another thread is cancelled and waited for. Closing twice is
   * fine. Buffers stay valid. A session that {@link #signature} returned is closed with the one
   * that returned it, not by itself.
   */
  @Override
  public void close() {
    if (owned != null) {
      owned.close();
    }
  }

  // ---- what the access by arrays needs

  @Override
  String modelName() {
    return modelName;
  }

  @Override
  TensorInfo inputInfo(int index) {
    return inputInfos.get(checkIndex(index, inputNames.size(), "input"));
  }

  @Override
  TensorInfo outputInfo(int index) {
    return outputs().get(checkIndex(index, outputNames.size(), "output"));
  }

  @Override
  ByteBuffer inputMemory(int index) {
    return engine.inputMemory(checkIndex(index, inputNames.size(), "input"));
  }

  @Override
  ByteBuffer outputMemory(int index) {
    return engine.outputMemory(checkIndex(index, outputNames.size(), "output"));
  }

  @Override
  void setPacked(int index, ByteBuffer packed) {
    engine.setStrings(index, packed);
  }

  @Override
  public int inputIndex(String name) {
    return find(inputNames, name, "input");
  }

  @Override
  public int outputIndex(String name) {
    return find(outputNames, name, "output");
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
