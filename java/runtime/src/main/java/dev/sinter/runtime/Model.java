// A model ready to run: immutable, shared by threads; sessions run it.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Metadata;
import dev.sinter.graph.Shape;
import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.natives.jni.SinterLibrary;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A model ready to run. Immutable and safe for any number of threads; each thread runs it through a
 * {@link Session} of its own. Weights are packed once and shared by all sessions.
 *
 * <pre>{@code
 * try (Model model = Model.load(Path.of("model.tflite"));
 *     Session session = model.newSession()) {
 *   session.input(0).asFloatBuffer().put(pixels);
 *   session.run();
 *   session.output(0).asFloatBuffer().get(scores);
 * }
 * }</pre>
 */
public final class Model implements AutoCloseable {
  private static final int CACHED_SHAPES = 4;

  private final Graph graph;
  private final Options options;
  private final Target target;
  private final Program.Store store;
  private final Program main;
  private final OtherShapes others = new OtherShapes(); // guarded by store
  private final Owned owned;

  /** Programs for other input shapes; the least recently used one goes. */
  private static final class OtherShapes extends LinkedHashMap<Map<Integer, Shape>, Program> {
    private static final long serialVersionUID = 1L;

    OtherShapes() {
      super(16, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<Map<Integer, Shape>, Program> eldest) {
      if (size() <= CACHED_SHAPES) {
        return false;
      }
      // Sessions that still run it hold it on the native side.
      SinterLibrary.sinter_plan_destroy(eldest.getValue().plan());
      return true;
    }
  }

  private Model(Graph graph, Options options) {
    this.graph = graph;
    this.options = options;
    Target local = Target.local();
    this.target = options.isa() == null ? local : local.withIsa(options.isa());
    this.store =
        new Program.Store(Natives.check(SinterLibrary.sinter_weights_create(), graph.name()));
    try {
      synchronized (store) {
        this.main = Program.make(graph, target, options.numerics(), store, Map.of());
      }
    } catch (RuntimeException | Error e) {
      SinterLibrary.sinter_weights_destroy(store.handle());
      throw e;
    }
    this.owned = owned(this);
  }

  private static Owned owned(Model model) {
    Program.Store store = model.store;
    Program main = model.main;
    OtherShapes others = model.others;
    return Owned.by(model, "a model, " + model.graph.name(), () -> release(store, main, others));
  }

  private static void release(Program.Store store, Program main, OtherShapes others) {
    synchronized (store) {
      SinterLibrary.sinter_plan_destroy(main.plan());
      for (Program program : others.values()) {
        SinterLibrary.sinter_plan_destroy(program.plan());
      }
      others.clear();
      SinterLibrary.sinter_weights_destroy(store.handle());
    }
  }

  /**
   * Loads a {@code .tflite} file with default options.
   *
   * @param file the file
   * @return the model
   * @throws SinterException if the file is damaged or needs what is not supported
   */
  public static Model load(Path file) {
    return load(file, Options.DEFAULT);
  }

  /**
   * Loads a {@code .tflite} file.
   *
   * @param file the file
   * @param options how it is run
   * @return the model
   * @throws SinterException if the file is damaged or needs what is not supported
   */
  public static Model load(Path file, Options options) {
    Objects.requireNonNull(file, "file");
    try {
      return load(TfliteReader.read(file), options);
    } catch (GraphException e) {
      throw new SinterException(Status.INVALID_MODEL, e.getMessage(), e);
    }
  }

  /**
   * Loads the bytes of a {@code .tflite} file.
   *
   * @param bytes the whole file
   * @param options how it is run
   * @return the model
   * @throws SinterException if the bytes are damaged or need what is not supported
   */
  public static Model load(byte[] bytes, Options options) {
    Objects.requireNonNull(bytes, "bytes");
    try {
      return load(TfliteReader.read(bytes), options);
    } catch (GraphException e) {
      throw new SinterException(Status.INVALID_MODEL, e.getMessage(), e);
    }
  }

  /**
   * Makes a graph ready to run.
   *
   * @param graph a model that was read or built
   * @param options how it is run
   * @return the model
   * @throws SinterException if it needs what is not supported
   */
  public static Model load(Graph graph, Options options) {
    Objects.requireNonNull(graph, "graph");
    Objects.requireNonNull(options, "options");
    try {
      return new Model(graph, options);
    } catch (GraphException e) {
      throw new SinterException(Status.INVALID_MODEL, graph.name() + ": " + e.getMessage(), e);
    }
  }

  /**
   * Returns the inputs, with the shapes of the file.
   *
   * @return in the file's order
   */
  public List<TensorInfo> inputs() {
    return main.inputs();
  }

  /**
   * Returns the outputs, with the shapes that follow from the file's input shapes.
   *
   * @return in the file's order
   */
  public List<TensorInfo> outputs() {
    return main.outputs();
  }

  /**
   * Returns the graph: names, metadata, signatures and constants of the file.
   *
   * @return the graph
   */
  public Graph graph() {
    return graph;
  }

  /**
   * Returns the metadata of the file by name, such as {@code min_runtime_version}.
   *
   * @return read-only bytes per name; of several with the same name, the first
   */
  public Map<String, ByteBuffer> metadata() {
    Map<String, ByteBuffer> metadata = new LinkedHashMap<>();
    for (Metadata entry : graph.metadata()) {
      metadata.putIfAbsent(entry.name(), entry.storage().bytes());
    }
    return metadata;
  }

  /**
   * Tells which kernels run and why.
   *
   * @return the report for the file's input shapes
   */
  public Report report() {
    return main.report();
  }

  /**
   * Returns the options the model was loaded with.
   *
   * @return the options
   */
  public Options options() {
    return options;
  }

  /**
   * Makes a session for the file's input shapes.
   *
   * @return a session for one thread at a time
   */
  public Session newSession() {
    return newSession(Map.of());
  }

  /**
   * Makes a session with another number of threads or another profile than the model's.
   *
   * @param sessionOptions isa and numerics must be the model's: its weights are packed for them
   * @return a session for one thread at a time
   */
  public Session newSession(Options sessionOptions) {
    return newSession(Map.of(), sessionOptions);
  }

  /**
   * Makes a session for other input shapes. The plans of a few shapes are kept.
   *
   * @param inputShapes shapes by position of the input; the others keep the file's
   * @return a session for one thread at a time
   * @throws SinterException if an op cannot work with these shapes
   */
  public Session newSession(Map<Integer, Shape> inputShapes) {
    return newSession(inputShapes, options);
  }

  /**
   * Makes a session for other input shapes with options of its own.
   *
   * @param inputShapes shapes by position of the input; the others keep the file's
   * @param sessionOptions isa and numerics must be the model's
   * @return a session for one thread at a time
   * @throws SinterException if an op cannot work with these shapes
   */
  public Session newSession(Map<Integer, Shape> inputShapes, Options sessionOptions) {
    if (!Objects.equals(sessionOptions.isa(), options.isa())
        || sessionOptions.numerics() != options.numerics()) {
      throw new SinterException(
          Status.INVALID_ARGUMENT,
          graph.name()
              + ": a session has the isa and numerics of its model; load the model with others, or"
              + " start from model.options().toBuilder()");
    }
    synchronized (store) {
      if (owned.isClosed()) {
        throw new SinterException(Status.INVALID_HANDLE, graph.name() + ": the model is closed");
      }
      try {
        return new Session(graph.name(), program(inputShapes), sessionOptions);
      } catch (GraphException e) {
        throw new SinterException(Status.INVALID_MODEL, graph.name() + ": " + e.getMessage(), e);
      }
    }
  }

  private Program program(Map<Integer, Shape> inputShapes) {
    if (inputShapes.isEmpty()) {
      return main;
    }
    for (int position : inputShapes.keySet()) {
      if (position < 0 || position >= main.inputs().size()) {
        throw new SinterException(
            Status.INVALID_ARGUMENT,
            graph.name() + ": there is no input " + position + " of " + main.inputs().size());
      }
    }
    Map<Integer, Shape> key = Map.copyOf(inputShapes);
    Program program = others.get(key);
    if (program == null) {
      program = Program.make(graph, target, options.numerics(), store, key);
      others.put(key, program);
    }
    return program;
  }

  /**
   * Releases the weights. Open sessions keep what they need until they are closed themselves.
   * Closing twice is fine.
   */
  @Override
  public void close() {
    owned.close();
  }

  @Override
  public String toString() {
    return "Model " + graph.name();
  }
}
