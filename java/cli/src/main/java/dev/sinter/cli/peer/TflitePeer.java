// TFLite (with XNNPACK, or with its built-in kernels alone) in this process.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.peer;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Shape;
import dev.sinter.optimizer.data.TensorSpec;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.tensorflowlite.BuiltinOpResolver;
import org.bytedeco.tensorflowlite.BuiltinOpResolverWithoutDefaultDelegates;
import org.bytedeco.tensorflowlite.FlatBufferModel;
import org.bytedeco.tensorflowlite.Interpreter;
import org.bytedeco.tensorflowlite.InterpreterBuilder;
import org.bytedeco.tensorflowlite.TfLiteIntArray;
import org.bytedeco.tensorflowlite.TfLiteTensor;
import org.bytedeco.tensorflowlite.global.tensorflowlite;

/**
 * A model in TFLite. A file that TFLite does not check well can end the process: for files of
 * unknown origin use {@link GuardedPeer}.
 */
public final class TflitePeer implements Peer {
  /** Which kernels TFLite uses. */
  public enum Kernels {
    /** What TFLite does by default: XNNPACK where it can, its own kernels elsewhere. */
    XNNPACK,
    /** TFLite's own kernels alone. */
    BUILTIN
  }

  /** Ends a message where TFLite has written more to standard error. */
  static final String ON_STDERR = "; its words are on standard error";

  private static final int OK = 0;

  // Strong references to everything native that the interpreter points into: were one collected,
  // its deallocator would
  // free memory in use.
  private final BytePointer bytes;
  private final FlatBufferModel model;
  private final BuiltinOpResolver resolver;
  private final InterpreterBuilder builder;
  private final Interpreter interpreter;
  private final Kernels kernels;
  private List<TensorSpec> inputs = List.of();
  private boolean closed;

  private TflitePeer(
      BytePointer bytes,
      FlatBufferModel model,
      BuiltinOpResolver resolver,
      InterpreterBuilder builder,
      Interpreter interpreter,
      Kernels kernels) {
    this.bytes = bytes;
    this.model = model;
    this.resolver = resolver;
    this.builder = builder;
    this.interpreter = interpreter;
    this.kernels = kernels;
  }

  /**
   * Loads a model with the shapes of the file.
   *
   * @param file the contents of a .tflite file
   * @param kernels which kernels to use
   * @param threads threads to run on
   * @return the peer
   * @throws PeerException if TFLite refuses the model
   */
  public static TflitePeer open(byte[] file, Kernels kernels, int threads) {
    return open(file, kernels, threads, List.of());
  }

  /**
   * Loads a model with other input shapes.
   *
   * @param file the contents of a .tflite file
   * @param kernels which kernels to use
   * @param threads threads to run on
   * @param shapes shapes of the inputs, in their order; empty for those of the file
   * @return the peer
   * @throws PeerException if TFLite refuses the model or the shapes
   */
  public static TflitePeer open(byte[] file, Kernels kernels, int threads, List<Shape> shapes) {
    // TFLite maps the whole file; 64 bytes more than that, since some kernels read ahead.
    BytePointer bytes = new BytePointer(file.length + 64L);
    bytes.put(file, 0, file.length);
    FlatBufferModel model = FlatBufferModel.VerifyAndBuildFromBuffer(bytes, file.length);
    if (model == null || model.isNull() || !model.initialized()) {
      bytes.close();
      throw refused(file, "is no valid model file");
    }
    BuiltinOpResolver resolver =
        kernels == Kernels.XNNPACK
            ? new BuiltinOpResolver()
            : new BuiltinOpResolverWithoutDefaultDelegates();
    InterpreterBuilder builder = new InterpreterBuilder(model, resolver);
    Interpreter interpreter = new Interpreter((Pointer) null);
    builder.SetNumThreads(threads);
    int status = builder.apply(interpreter);
    TflitePeer peer = new TflitePeer(bytes, model, resolver, builder, interpreter, kernels);
    if (status != OK || interpreter.isNull()) {
      peer.close();
      throw refused(file, "cannot be made into an interpreter (status " + status + ")");
    }
    try {
      peer.allocate(file, shapes);
    } catch (PeerException e) {
      peer.close();
      throw e;
    }
    return peer;
  }

  /**
   * Returns the version of the library.
   *
   * @return such as 2.21.0
   */
  public static String version() {
    return tensorflowlite.TfLiteVersion().getString();
  }

  /**
   * Returns the ops that the interpreter holds: those of the model, and one more for each part that
   * a delegate took.
   *
   * @return how many
   */
  public int nodes() {
    return Math.toIntExact(interpreter.nodes_size());
  }

  private static PeerException refused(byte[] file, String what) {
    String words = TfliteErrors.of(file);
    return new PeerException("TFLite: " + (words.isEmpty() ? "the file " + what : words));
  }

  private void allocate(byte[] file, List<Shape> shapes) {
    IntPointer indices = interpreter.inputs();
    int count = Math.toIntExact(count(indices));
    if (!shapes.isEmpty() && shapes.size() != count) {
      throw new PeerException(
          "TFLite: the model has " + count + " inputs, " + shapes.size() + " shapes were given");
    }
    for (int i = 0; i < shapes.size(); i++) {
      if (interpreter.ResizeInputTensor(indices.get(i), shapes.get(i).toArray()) != OK) {
        throw new PeerException("TFLite: input " + i + " cannot be resized to " + shapes.get(i));
      }
    }
    int status = interpreter.AllocateTensors();
    if (status != OK) {
      throw refused(file, "cannot be prepared (status " + status + ")");
    }
    List<TensorSpec> specs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      TfLiteTensor tensor = interpreter.tensor(indices.get(i));
      specs.add(spec(tensor));
    }
    inputs = List.copyOf(specs);
  }

  private static long count(IntPointer indices) {
    return indices == null || indices.isNull() ? 0 : indices.limit();
  }

  private static TensorSpec spec(TfLiteTensor tensor) {
    ElementType type = type(tensor.type());
    TfLiteIntArray dims = tensor.dims();
    int[] shape = new int[dims == null || dims.isNull() ? 0 : dims.size()];
    for (int d = 0; d < shape.length; d++) {
      shape[d] = dims.data(d);
    }
    BytePointer name = tensor.name();
    return new TensorSpec(
        name == null || name.isNull() ? "" : name.getString(),
        type,
        Shape.of(shape),
        tensor.params().scale(),
        tensor.params().zero_point());
  }

  /** TFLite's run-time types are numbered otherwise than those of its files. */
  private static ElementType type(int runtimeType) {
    return switch (runtimeType) {
      case tensorflowlite.kTfLiteFloat32 -> ElementType.FLOAT32;
      case tensorflowlite.kTfLiteInt32 -> ElementType.INT32;
      case tensorflowlite.kTfLiteUInt8 -> ElementType.UINT8;
      case tensorflowlite.kTfLiteInt64 -> ElementType.INT64;
      case tensorflowlite.kTfLiteString -> ElementType.STRING;
      case tensorflowlite.kTfLiteBool -> ElementType.BOOL;
      case tensorflowlite.kTfLiteInt16 -> ElementType.INT16;
      case tensorflowlite.kTfLiteComplex64 -> ElementType.COMPLEX64;
      case tensorflowlite.kTfLiteInt8 -> ElementType.INT8;
      case tensorflowlite.kTfLiteFloat16 -> ElementType.FLOAT16;
      case tensorflowlite.kTfLiteFloat64 -> ElementType.FLOAT64;
      case tensorflowlite.kTfLiteComplex128 -> ElementType.COMPLEX128;
      case tensorflowlite.kTfLiteUInt64 -> ElementType.UINT64;
      case tensorflowlite.kTfLiteResource -> ElementType.RESOURCE;
      case tensorflowlite.kTfLiteVariant -> ElementType.VARIANT;
      case tensorflowlite.kTfLiteUInt32 -> ElementType.UINT32;
      case tensorflowlite.kTfLiteUInt16 -> ElementType.UINT16;
      case tensorflowlite.kTfLiteInt4 -> ElementType.INT4;
      case tensorflowlite.kTfLiteBFloat16 -> ElementType.BFLOAT16;
      case tensorflowlite.kTfLiteInt2 -> ElementType.INT2;
      case tensorflowlite.kTfLiteUInt4 -> ElementType.UINT4;
      default ->
          throw new PeerException(
              "TFLite: a tensor of type " + runtimeType + ", which cannot be handed over");
    };
  }

  private static ByteBuffer view(TfLiteTensor tensor) {
    long bytes = tensor.bytes();
    BytePointer data = new BytePointer(tensor.data().data());
    if (bytes == 0 || data.isNull()) {
      return ByteBuffer.allocateDirect(0).order(ByteOrder.nativeOrder());
    }
    return data.capacity(bytes).asByteBuffer().order(ByteOrder.nativeOrder());
  }

  @Override
  public String name() {
    return "TFLite "
        + version()
        + (kernels == Kernels.XNNPACK ? " with XNNPACK" : ", built-in kernels");
  }

  @Override
  public List<TensorSpec> inputs() {
    return inputs;
  }

  @Override
  public List<TensorSpec> outputs() {
    IntPointer indices = interpreter.outputs();
    List<TensorSpec> specs = new ArrayList<>();
    for (int i = 0; i < count(indices); i++) {
      specs.add(spec(interpreter.tensor(indices.get(i))));
    }
    return specs;
  }

  @Override
  public ByteBuffer input(int index) {
    // Asked for anew: a run with shapes that depend on values may move all tensors.
    return view(interpreter.tensor(interpreter.inputs().get(index)));
  }

  @Override
  public void setStrings(int index, ByteBuffer packed) {
    TfLiteTensor tensor = interpreter.tensor(interpreter.inputs().get(index));
    int bytes = packed.remaining();
    if (tensorflowlite.TfLiteTensorRealloc(bytes, tensor) != OK) {
      throw new PeerException("TFLite: no memory for the strings of input " + index);
    }
    view(tensor).put(packed.duplicate());
  }

  @Override
  public void invoke() {
    int status;
    try {
      status = interpreter.Invoke();
    } finally {
      Reference.reachabilityFence(this);
    }
    if (status != OK) {
      throw new PeerException("TFLite: running failed with status " + status + ON_STDERR);
    }
  }

  @Override
  public ByteBuffer output(int index) {
    return view(interpreter.tensor(interpreter.outputs().get(index)));
  }

  @Override
  public void resetVariables() {
    interpreter.ResetVariableTensors();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      interpreter.close();
      builder.close();
      resolver.close();
      model.close();
      bytes.close();
    }
  }
}
