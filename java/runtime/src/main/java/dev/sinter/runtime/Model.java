// A model ready to run: immutable, shared by threads; sessions run it.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Metadata;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Signature;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.natives.jni.SinterLibrary;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
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
  private final Graph graph;
  private final Options options;
  private final Target target;
  private final Program.Store store;
  private final Prepared prepared;
  private final FlowNode main;
  private final List<TensorInfo> inputs;
  private final Owned owned;

  private Model(Graph graph, Options options) {
    this.graph = graph;
    this.options = options;
    Target local = Target.local();
    local = options.target() == null ? local : options.target();
    this.target = options.isa() == null ? local : local.withIsa(options.isa());
    OpenDevice device = OpenDevice.of(options.device());
    if (options.requireDevice() && device.message() != null) {
      throw new SinterException(Status.UNSUPPORTED, graph.name() + ": " + device.message());
    }
    this.store = store(device, graph.name());
    this.prepared = new Prepared(graph, target, device, options, store);
    try {
      List<Shape> shapes = prepared.shapes(0, Map.of());
      this.main = prepared.flow(0).root(shapes);
      this.inputs = infos(graph.main().inputs(), shapes);
    } catch (RuntimeException | Error e) {
      release(prepared);
      throw e;
    }
    this.owned = owned(this);
  }

  private static Program.Store store(OpenDevice device, String name) {
    Program.Store onDevice =
        device.isUsable()
            ? new Program.Store(
                Natives.check(SinterLibrary.sinter_device_weights_create(device.number()), name),
                null)
            : null;
    return new Program.Store(Natives.check(SinterLibrary.sinter_weights_create(), name), onDevice);
  }

  private static Owned owned(Model model) {
    Prepared prepared = model.prepared;
    return Owned.by(model, "a model, " + model.graph.name(), () -> release(prepared));
  }

  private static void release(Prepared prepared) {
    synchronized (prepared.store()) {
      prepared.destroy();
      prepared.store().destroy();
    }
  }

  /**
   * Loads a {@code .tflite} file with the default options.
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
      QuantizationRules.check(graph);
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
    return inputs;
  }

  /**
   * Returns the outputs, with the shapes that follow from the file's input shapes; where they
   * depend on values, with those that the file says.
   *
   * @return in the file's order
   */
  public List<TensorInfo> outputs() {
    return main.isWhole() ? main.program().outputs() : infos(graph.main().outputs(), null);
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
    return main.isWhole()
        ? main.program().report()
        : FlowEngine.report(prepared, prepared.flow(0).graph(), main);
  }

  /**
   * Tells what runs the model.
   *
   * @return the device that was asked for, with the processor beside it for steps it has no kernels
   *     for; {@link Device#CPU} if none was asked for or it cannot be used
   */
  public Device device() {
    return prepared.device().runs();
  }

  /**
   * Tells why the device that was asked for cannot be used.
   *
   * @return what was tried, or what the device's library says; null if all is as asked for
   */
  public String deviceMessage() {
    return prepared.device().message();
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
   * @param sessionOptions isa, numerics, bf16 and device must be the model's: its weights are
   *     packed for them
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
   * @param sessionOptions isa, numerics, bf16 and device must be the model's
   * @return a session for one thread at a time
   * @throws SinterException if an op cannot work with these shapes
   */
  public Session newSession(Map<Integer, Shape> inputShapes, Options sessionOptions) {
    return session(0, null, inputShapes, sessionOptions);
  }

  /**
   * Makes a session that runs a signature: a named entry of the model with named inputs and
   * outputs. Variables belong to the session.
   *
   * @param signature its key, one of {@link #signatures()}
   * @return a session whose inputs and outputs have the signature's names
   */
  public Session newSession(String signature) {
    return newSession(signature, Map.of(), options);
  }

  /**
   * Makes a session that runs a signature for other input shapes with options of its own.
   *
   * @param signature its key, one of {@link #signatures()}
   * @param inputShapes shapes by name of the input; the others keep the file's
   * @param sessionOptions isa, numerics, bf16 and device must be the model's
   * @return a session whose inputs and outputs have the signature's names
   */
  public Session newSession(
      String signature, Map<String, Shape> inputShapes, Options sessionOptions) {
    Signature s = prepared.signature(signature);
    return session(s.subgraph(), s, prepared.positions(s, inputShapes), sessionOptions);
  }

  /**
   * Returns the keys of the signatures.
   *
   * @return in the file's order
   */
  public List<String> signatures() {
    return graph.signatures().stream().map(Signature::key).toList();
  }

  /**
   * Returns the inputs of a signature.
   *
   * @param signature its key, one of {@link #signatures()}
   * @return in the order of a session's inputs, with the signature's names and the file's shapes
   */
  public List<TensorInfo> signatureInputs(String signature) {
    Signature s = prepared.signature(signature);
    return infos(graph.subgraph(s.subgraph()), false, prepared.names(s, false));
  }

  /**
   * Returns the outputs of a signature.
   *
   * @param signature its key, one of {@link #signatures()}
   * @return in the order of a session's outputs, with the signature's names and the file's shapes
   */
  public List<TensorInfo> signatureOutputs(String signature) {
    Signature s = prepared.signature(signature);
    return infos(graph.subgraph(s.subgraph()), true, prepared.names(s, true));
  }

  private static List<TensorInfo> infos(Subgraph g, boolean outputs, List<String> names) {
    List<TensorInfo> infos = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      Tensor t = g.tensor((outputs ? g.outputs() : g.inputs()).get(i));
      infos.add(new TensorInfo(names.get(i), t.type(), t.shape(), t.quantization()));
    }
    return List.copyOf(infos);
  }

  private Session session(
      int subgraph, Signature signature, Map<Integer, Shape> inputShapes, Options sessionOptions) {
    if (!Objects.equals(sessionOptions.isa(), options.isa())
        || sessionOptions.numerics() != options.numerics()
        || sessionOptions.bf16() != options.bf16()
        || sessionOptions.device() != options.device()
        || !sessionOptions.customOps().equals(options.customOps())) {
      throw new SinterException(
          Status.INVALID_ARGUMENT,
          graph.name()
              + ": a session has the isa, numerics, bf16, device and custom ops of its model; load the model with"
              + " others, or start from model.options().toBuilder()");
    }
    return new Session(new Engines(prepared, sessionOptions), subgraph, signature, inputShapes);
  }

  private List<TensorInfo> infos(List<Integer> tensors, List<Shape> shapes) {
    List<TensorInfo> infos = new ArrayList<>();
    for (int i = 0; i < tensors.size(); i++) {
      Tensor t = graph.tensor(tensors.get(i));
      Shape shape = shapes == null ? t.shape() : shapes.get(i);
      infos.add(new TensorInfo(t.name(), t.type(), shape, t.quantization()));
    }
    return List.copyOf(infos);
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
