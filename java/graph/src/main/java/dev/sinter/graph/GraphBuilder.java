// Models in a few lines, for tests and users.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Builds a graph. {@link #input} and the constants give {@link Value}s, on which ops are called;
 * shapes are inferred and checked at once.
 *
 * <pre>{@code
 * GraphBuilder b = Graph.builder("small");
 * Graph g = b.input("x", ElementType.FLOAT32, 1, 8, 8, 3)
 *     .conv2d(b.floats("w", w, 16, 3, 3, 3), b.floats("b", bias, 16), 1, Padding.SAME, Activation.RELU)
 *     .mean(false, 1, 2)
 *     .softmax()
 *     .output("y")
 *     .build();
 * }</pre>
 */
public final class GraphBuilder {
  private final String name;
  private final List<Tensor> tensors = new ArrayList<>();
  private final List<Op> ops = new ArrayList<>();
  private final List<Integer> inputs = new ArrayList<>();
  private final List<Integer> outputs = new ArrayList<>();
  private final Set<String> names = new HashSet<>();
  private final List<Subgraph> subgraphs = new ArrayList<>();

  GraphBuilder(String name) {
    this.name = name;
  }

  /**
   * Adds an input.
   *
   * @param inputName its name
   * @param type type of its elements
   * @param dims its shape; -1 for a free dimension, which counts as 1 until the caller resizes
   * @return the input
   */
  public Value input(String inputName, ElementType type, int... dims) {
    return input(inputName, type, Quantization.NONE, dims);
  }

  /**
   * Adds a quantized input.
   *
   * @param inputName its name
   * @param type type of its elements
   * @param quantization how they stand for real numbers
   * @param dims its shape; -1 for a free dimension, which counts as 1 until the caller resizes
   * @return the input
   */
  public Value input(String inputName, ElementType type, Quantization quantization, int... dims) {
    int[] fixed = dims.clone();
    boolean free = false;
    for (int i = 0; i < fixed.length; i++) {
      free |= fixed[i] < 0;
      fixed[i] = fixed[i] < 0 ? 1 : fixed[i];
    }
    Tensor t = Tensor.of(unique(inputName), type, Shape.of(fixed)).withQuantization(quantization);
    Value v = add(free ? t.withSignature(Shape.of(dims)) : t);
    inputs.add(v.index);
    return v;
  }

  /**
   * Adds a constant.
   *
   * @param constantName its name
   * @param constant dense or sparse values; sparse ones stay sparse, see {@link Value#densify}
   * @param quantization how they stand for real numbers
   * @return the constant
   * @throws GraphException if there are fewer values than the shape asks for
   */
  public Value constant(String constantName, Constant constant, Quantization quantization) {
    Tensor t =
        Tensor.of(unique(constantName), constant.type(), constant.shape())
            .withQuantization(quantization);
    if (constant instanceof Constant.Dense dense) {
      t = t.withStorage(dense.storage());
      if (t.type().bits() > 0 && t.storage().size() != t.type().bytes(t.shape().elements())) {
        throw new GraphException("Constant " + t + " is given " + t.storage().size() + " bytes");
      }
    } else if (constant instanceof Constant.Sparse sparse) {
      t = t.withStorage(sparse.storage(), sparse.sparsity());
    } else {
      throw new GraphException("Constant " + t + " is encoded; add the op that decodes it");
    }
    return add(t);
  }

  /**
   * Adds a float constant.
   *
   * @param constantName its name
   * @param values the values, row by row
   * @param dims its shape
   * @return the constant
   */
  public Value floats(String constantName, float[] values, int... dims) {
    return constant(constantName, dense(values, dims), Quantization.NONE);
  }

  /**
   * Adds an int8 constant.
   *
   * @param constantName its name
   * @param values the values, row by row
   * @param quantization how they stand for real numbers
   * @param dims its shape
   * @return the constant
   */
  public Value int8(String constantName, byte[] values, Quantization quantization, int... dims) {
    return constant(constantName, dense(values, dims), quantization);
  }

  /**
   * Adds an int32 constant.
   *
   * @param constantName its name
   * @param values the values, row by row
   * @param quantization how they stand for real numbers
   * @param dims its shape
   * @return the constant
   */
  public Value int32(String constantName, int[] values, Quantization quantization, int... dims) {
    ByteBuffer b = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (int v : values) {
      b.putInt(v);
    }
    Constant c = new Constant.Dense(ElementType.INT32, Shape.of(dims), Storage.wrap(b.flip()));
    return constant(constantName, c, quantization);
  }

  /**
   * Adds the int32 bias of a quantized layer, with scale input times weights for each channel.
   *
   * @param constantName its name
   * @param values one per channel
   * @param input input of the layer
   * @param weights weights of the layer
   * @return the constant
   */
  public Value bias(String constantName, int[] values, Value input, Value weights) {
    Quantization w = tensors.get(weights.index).quantization();
    float[] scales = w.scales();
    for (int i = 0; i < scales.length; i++) {
      scales[i] *= tensors.get(input.index).quantization().scale();
    }
    return int32(constantName, values, Quantization.perAxis(0, scales), values.length);
  }

  /**
   * Adds a constant that is stored with TFLite's sparsity parameters, and the DENSIFY that lets any
   * TFLite use it.
   *
   * @param constantName its name
   * @param dense the values
   * @param quantization how they stand for real numbers
   * @param block block size per dimension, 1 for none
   * @return the dense form
   */
  public Value sparse(
      String constantName, Constant.Dense dense, Quantization quantization, int... block) {
    return constant(constantName, SparseCodec.encode(dense, block), quantization).densify();
  }

  /**
   * Makes a dense float constant that can be passed to {@link #sparse} or {@link #constant}.
   *
   * @param values the values, row by row
   * @param dims its shape
   * @return the constant
   */
  public static Constant.Dense dense(float[] values, int... dims) {
    ByteBuffer b = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (float v : values) {
      b.putFloat(v);
    }
    return new Constant.Dense(ElementType.FLOAT32, Shape.of(dims), Storage.wrap(b.flip()));
  }

  /**
   * Makes a dense int8 constant that can be passed to {@link #sparse} or {@link #constant}.
   *
   * @param values the values, row by row
   * @param dims its shape
   * @return the constant
   */
  public static Constant.Dense dense(byte[] values, int... dims) {
    return new Constant.Dense(
        ElementType.INT8, Shape.of(dims), Storage.wrap(ByteBuffer.wrap(values.clone())));
  }

  /**
   * Adds any op with one output.
   *
   * @param kind what it does
   * @param type type of the output
   * @param quantization quantization of the output
   * @param operands inputs; null for an optional one that is not there
   * @return the output
   * @throws GraphException if the shapes do not fit
   */
  public Value op(OpKind kind, ElementType type, Quantization quantization, Value... operands) {
    return op(kind, List.of(new Result(type, quantization)), List.of(), Arrays.asList(operands))
        .get(0);
  }

  /**
   * What an op gives.
   *
   * @param type type of the elements
   * @param quantization how they stand for real numbers
   * @param shape the shape for ops without a shape rule; null where it follows from the inputs
   */
  public record Result(ElementType type, Quantization quantization, Shape shape) {
    /**
     * Makes one whose shape follows from the inputs.
     *
     * @param type type of the elements
     * @param quantization how they stand for real numbers
     */
    public Result(ElementType type, Quantization quantization) {
      this(type, quantization, null);
    }
  }

  /**
   * Adds any op.
   *
   * @param kind what it does; ops without a record come from {@link
   *     dev.sinter.graph.tflite.TfliteOps}
   * @param results one per output
   * @param intermediates tensors that describe values inside the op (calibrated LSTMs)
   * @param operands inputs; null for an optional one that is not there
   * @return the outputs
   * @throws GraphException if the shapes do not fit, or there is no rule for them and none is given
   */
  public List<Value> op(
      OpKind kind, List<Result> results, List<Value> intermediates, List<Value> operands) {
    // The op alone, with its inputs: enough to infer the shapes of its outputs.
    List<Tensor> own = new ArrayList<>();
    List<Integer> local = new ArrayList<>();
    List<Integer> global = new ArrayList<>();
    for (Value v : operands) {
      if (v != null && v.builder() != this) {
        throw new GraphException(
            name + ": op " + kind.label() + " takes a value of another builder");
      }
      local.add(v == null ? -1 : own.size());
      global.add(v == null ? -1 : v.index);
      if (v != null) {
        own.add(tensors.get(v.index));
      }
    }
    List<Tensor> made = new ArrayList<>();
    List<Integer> written = new ArrayList<>();
    for (Result r : results) {
      String out = unique(kind.label().toLowerCase(java.util.Locale.ROOT));
      Tensor t = Tensor.of(out, r.type(), r.shape() == null ? Shape.SCALAR : r.shape());
      // A shape of which nothing is known, so that no rule takes it for one the file gives.
      own.add(r.shape() == null ? t.withSignature(Shape.of(-1)) : t);
      written.add(own.size() - 1);
      made.add(t.withQuantization(r.quantization()));
    }
    Subgraph alone =
        Subgraph.of(name, own, List.of(Op.of(kind, local, written)), List.of(), List.of(), null);
    List<Shape> shapes = ShapeInference.infer(alone, Map.of());
    List<Value> values = new ArrayList<>();
    for (int i = 0; i < made.size(); i++) {
      values.add(add(made.get(i).withShape(shapes.get(written.get(i)))));
    }
    ops.add(
        new Op(
            kind,
            global,
            values.stream().map(v -> v.index).toList(),
            intermediates.stream().map(v -> v.index).toList(),
            ops.size(),
            null));
    return values;
  }

  /**
   * Adds a tensor that keeps its values from run to run; only some ops take one.
   *
   * @param variableName its name
   * @param type type of its elements
   * @param quantization how they stand for real numbers
   * @param dims its shape
   * @return the tensor
   */
  public Value variable(
      String variableName, ElementType type, Quantization quantization, int... dims) {
    return add(
        Tensor.of(unique(variableName), type, Shape.of(dims))
            .withQuantization(quantization)
            .withVariable(true));
  }

  /**
   * Adds a tensor that holds no values: an intermediate, which only describes values inside an op.
   *
   * @param tensorName its name
   * @param type type of its elements
   * @param quantization how they stand for real numbers
   * @return the tensor
   */
  public Value intermediate(String tensorName, ElementType type, Quantization quantization) {
    return add(Tensor.of(unique(tensorName), type, Shape.of(0)).withQuantization(quantization));
  }

  /**
   * Makes the graph, with one signature that names all inputs and outputs.
   *
   * @return the graph
   * @throws GraphException if there is no output, or an int8 or int16 tensor was not given a
   *     quantization
   */
  public Graph build() {
    if (outputs.isEmpty()) {
      throw new GraphException(name + ": no output; call output() on a value");
    }
    Signature signature =
        new Signature("serving_default", 0, bindings(inputs), bindings(outputs), null);
    List<Subgraph> all = new ArrayList<>(List.of(subgraph("main")));
    all.addAll(subgraphs);
    return Graph.of(name, "", all, List.of(signature), List.of(), null);
  }

  /**
   * Makes a subgraph of what was added, for {@link OpKind.Control} ops of another builder.
   *
   * @param subgraphName its name
   * @return the subgraph; it may be one without outputs, that is run for its effects
   * @throws GraphException if a quantized type lacks its quantization
   */
  public Subgraph subgraph(String subgraphName) {
    for (Op op : ops) {
      if (op.kind() instanceof OpKind.Foreign
          || op.kind() instanceof OpKind.Control
          || op.outputs().isEmpty()) {
        continue; // some of these move plain integers
      }
      Tensor t = tensors.get(op.output(0));
      boolean integer =
          t.type() == ElementType.INT8
              || t.type() == ElementType.INT16
              || t.type() == ElementType.UINT8;
      if (integer && !t.quantization().isQuantized()) {
        throw new GraphException(
            name + ": tensor " + t + " has no quantization; call quantized() on the value");
      }
    }
    return Subgraph.of(subgraphName, tensors, ops, inputs, outputs, null);
  }

  /**
   * Adds a subgraph behind the main one.
   *
   * @param subgraph of another builder; the indices of those that it runs itself are of this one
   * @return its index in the model
   */
  public int add(Subgraph subgraph) {
    subgraphs.add(subgraph);
    return subgraphs.size();
  }

  private List<Signature.Binding> bindings(List<Integer> list) {
    List<Signature.Binding> out = new ArrayList<>();
    for (int t : list) {
      out.add(new Signature.Binding(tensors.get(t).name(), t, null));
    }
    return out;
  }

  private Value add(Tensor t) {
    tensors.add(t);
    return new Value(this, tensors.size() - 1);
  }

  private String unique(String wanted) {
    String n = wanted;
    for (int i = 1; !names.add(n); i++) {
      n = wanted + "_" + i;
    }
    return n;
  }

  Tensor tensor(Value v) {
    return tensors.get(v.index);
  }

  void rename(Value v, String newName) {
    if (!names.add(newName)) {
      throw new GraphException(name + ": there is a tensor '" + newName + "' already");
    }
    tensors.set(v.index, tensor(v).withName(newName).withOrigin(List.of(newName)));
  }

  void quantize(Value v, Quantization q) {
    tensors.set(v.index, tensor(v).withQuantization(q));
  }

  void markOutput(Value v) {
    outputs.add(v.index);
  }

  /** A tensor under construction, and the ops that can be called on it. */
  public static final class Value extends BuilderOps {
    private final GraphBuilder builder;
    final int index;

    Value(GraphBuilder builder, int index) {
      this.builder = builder;
      this.index = index;
    }

    @Override
    GraphBuilder builder() {
      return builder;
    }

    @Override
    Value self() {
      return this;
    }

    /**
     * Returns the builder this value belongs to.
     *
     * @return the builder
     */
    public GraphBuilder owner() {
      return builder;
    }

    /**
     * Names the tensor.
     *
     * @param newName a name no other tensor has
     * @return this value
     */
    public Value named(String newName) {
      builder.rename(this, newName);
      return this;
    }

    /**
     * Sets the quantization of the tensor; the result of an int8 op needs one, unless the op keeps
     * that of its input.
     *
     * @param scale the scale
     * @param zeroPoint the stored number that stands for 0
     * @return this value
     */
    public Value quantized(float scale, int zeroPoint) {
      builder.quantize(this, Quantization.perTensor(scale, zeroPoint));
      return this;
    }

    /**
     * Makes the tensor an output.
     *
     * @return the builder, to go on or to {@link GraphBuilder#build}
     */
    public GraphBuilder output() {
      builder.markOutput(this);
      return builder;
    }

    /**
     * Names the tensor and makes it an output.
     *
     * @param newName a name no other tensor has
     * @return the builder, to go on or to {@link GraphBuilder#build}
     */
    public GraphBuilder output(String newName) {
      return named(newName).output();
    }

    /**
     * Returns the shape.
     *
     * @return the inferred shape
     */
    public Shape shape() {
      return tensor().shape();
    }

    /**
     * Returns the tensor as it stands.
     *
     * @return the tensor
     */
    public Tensor tensor() {
      return builder.tensor(this);
    }
  }
}
