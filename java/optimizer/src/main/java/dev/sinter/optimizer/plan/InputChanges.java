// Some algorithms for weights also change what layers are given.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.plan;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.GraphEditor;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Storage;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import dev.sinter.optimizer.calibration.Moments;
import dev.sinter.optimizer.decision.Mode;
import dev.sinter.optimizer.recipe.OpConfig;
import dev.sinter.optimizer.recipe.Rule;
import dev.sinter.optimizer.weights.CustomRotation;
import dev.sinter.optimizer.weights.FloatMatrix;
import dev.sinter.optimizer.weights.HadamardRotation;
import dev.sinter.optimizer.weights.InputMoments;
import dev.sinter.optimizer.weights.Oscar;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Rotations and scalings. {@link HadamardRotation} puts a RESHAPE, a product with the matrix and a
 * RESHAPE before a fully connected layer, or behind a look-up of rows; {@link CustomRotation} AI
 * Edge Quantizer's own op in their place; {@link Oscar} a MUL before a fully connected layer. With
 * the weights changed accordingly the float model computes what it did.
 *
 * @param graph the changed model
 * @param ops results of ops that were put in, by {@link #key}: they stay float
 * @param scopes what recipes call results that have another name now, by {@link #key}
 */
public record InputChanges(Graph graph, Set<String> ops, Map<String, String> scopes) {
  /** The largest rotation a recipe may ask for by this parameter. */
  private static final String MOST = "max_hadamard_size";

  /** A model without changes. */
  static InputChanges none(Graph graph) {
    return new InputChanges(graph, Set.of(), Map.of());
  }

  /** Names a tensor of a subgraph. */
  static String key(int subgraph, String tensor) {
    return subgraph + "/" + tensor;
  }

  static boolean isMeant(String algorithm) {
    return rotates(algorithm) || algorithm.equals(Oscar.NAME);
  }

  private static boolean rotates(String algorithm) {
    return algorithm.equals(HadamardRotation.NAME) || algorithm.equals(CustomRotation.NAME);
  }

  /** Why an op cannot be changed so; null if nothing stands in the way. */
  static String obstacle(Subgraph g, Op op, Rule rule, Mode mode) {
    String algorithm = rule.algorithm();
    boolean rotates = rotates(algorithm);
    boolean lookup = op.kind().label().equals("EMBEDDING_LOOKUP");
    if (!(op.kind() instanceof OpKind.FullyConnected) && !(rotates && lookup)) {
      return algorithm
          + " is for "
          + (rotates ? "FULLY_CONNECTED and EMBEDDING_LOOKUP" : "FULLY_CONNECTED")
          + " alone";
    }
    if (mode == Mode.STATIC) {
      return algorithm + " is for layers whose inputs stay float";
    }
    if (!rule.config().weights().symmetric()) {
      return algorithm + " takes symmetric weights alone";
    }
    Shape w = g.tensor(op.input(1)).shape();
    if (w.rank() != 2) {
      return algorithm + " takes weights of rank 2, not " + w;
    }
    if (rotates && size(rule.config(), w) < 2) {
      return "its rows of " + w.dim(1) + " weights have no power of two to rotate by";
    }
    Tensor turned = g.tensor(lookup ? op.output(0) : op.input(0));
    int free = 0;
    for (int d : (turned.hasSignature() ? turned.signature() : turned.shape()).toArray()) {
      free += d < 0 ? 1 : 0;
    }
    boolean reshapes = algorithm.equals(HadamardRotation.NAME);
    return reshapes && free > 1 ? "'" + turned.name() + "' has several free dimensions" : null;
  }

  private static int size(OpConfig config, Shape weights) {
    Object most = config.weights().parameters().get(MOST);
    int limit = most instanceof Number n && n.intValue() > 0 ? n.intValue() : Integer.MAX_VALUE;
    return HadamardRotation.size(weights.dim(1), limit);
  }

  /**
   * Changes what the recipe's rules ask for.
   *
   * @param graph a float model
   * @param planner says which rule counts for which op
   * @param moments of the ops whose algorithm is {@link Oscar}'s; one without stays as it is
   * @return the changed model
   */
  public static InputChanges of(Graph graph, Planner planner, Moments moments) {
    InputChanges out = new InputChanges(graph, new HashSet<>(), new HashMap<>());
    IdentityHashMap<Storage, Map<Integer, Storage>> rotated = new IdentityHashMap<>();
    Graph now = graph;
    for (int s = 0; s < graph.subgraphs().size(); s++) {
      List<Choice> meant =
          planner.choices(s).stream()
              .filter(c -> c.mode() != Mode.FLOAT && isMeant(c.rule().algorithm()))
              .toList();
      if (!meant.isEmpty()) {
        now = new Editing(now, s, out, rotated).run(meant, moments);
      }
    }
    return new InputChanges(now, out.ops(), out.scopes());
  }

  /** Ops to put in before the op at a position of the model as it was. */
  private record Insertion(int position, List<Op> ops) {}

  private record Turned(int tensor, int size, boolean custom) {}

  /** Changes of one subgraph. */
  private static final class Editing {
    private final Subgraph g;
    private final int subgraph;
    private final InputChanges out;
    private final IdentityHashMap<Storage, Map<Integer, Storage>> rotated;
    private final GraphEditor editor;
    private final Map<Turned, Integer> turned = new HashMap<>();
    private final Map<Turned, Integer> constants = new HashMap<>();
    private final Map<Integer, Integer> matrices = new HashMap<>();
    private final List<Insertion> insertions = new ArrayList<>();

    Editing(
        Graph graph,
        int subgraph,
        InputChanges out,
        IdentityHashMap<Storage, Map<Integer, Storage>> rotated) {
      this.g = graph.subgraph(subgraph);
      this.subgraph = subgraph;
      this.out = out;
      this.rotated = rotated;
      this.editor = graph.edit(subgraph);
    }

    Graph run(List<Choice> meant, Moments moments) {
      for (Choice c : meant) { // in the order of ops: the first reader of a tensor has it turned
        Op op = g.ops().get(c.op());
        if (c.rule().algorithm().equals(Oscar.NAME)) {
          scale(c, op, moments.of(subgraph, c.op()));
        } else if (op.kind() instanceof OpKind.FullyConnected) {
          rotateInput(c, op);
        } else {
          rotateRows(c, op);
        }
      }
      // From the end; of several at one place those that came first are put in last, so stand
      // first.
      Collections.reverse(insertions);
      insertions.sort(Comparator.comparingInt(Insertion::position).reversed());
      for (Insertion i : insertions) {
        for (int k = i.ops().size() - 1; k >= 0; k--) {
          editor.insertOp(i.position(), i.ops().get(k));
        }
      }
      return editor.build();
    }

    private void scale(Choice c, Op op, InputMoments known) {
      if (known == null) {
        return;
      }
      FloatMatrix w = matrix(op);
      float[] s = Oscar.scales(w, c.rule().config().weights().spec(), known);
      if (s == null) {
        return;
      }
      float[] inverse = new float[s.length];
      for (int i = 0; i < s.length; i++) {
        inverse[i] = 1 / s[i];
      }
      for (int i = 0; i < w.values().length; i++) {
        w.values()[i] *= s[i % s.length];
      }
      Tensor x = g.tensor(op.input(0));
      String name = g.tensor(op.output(0)).name() + "/scaled_input";
      int factor = constant(name + "_by", inverse, Shape.of(s.length));
      int scaled = like(name, x);
      OpKind mul = new OpKind.Binary(OpKind.Binary.Function.MUL, Activation.NONE);
      insert(c.op(), List.of(Op.of(mul, List.of(op.input(0), factor), List.of(scaled))));
      String weights = g.tensor(op.output(0)).name() + "/scaled_weights";
      replace(c.op(), op, scaled, constant(weights, w.values(), g.tensor(op.input(1)).shape()));
    }

    private void rotateInput(Choice c, Op op) {
      int size = size(c.rule().config(), g.tensor(op.input(1)).shape());
      boolean custom = c.rule().algorithm().equals(CustomRotation.NAME);
      Turned key = new Turned(op.input(0), size, custom);
      Integer to = turned.get(key);
      if (to == null) {
        Tensor x = g.tensor(op.input(0));
        to = like(x.name() + (custom ? "/turned_" : "/rotated_") + size, x);
        insert(c.op(), rotation(x.name(), op.input(0), to, size, custom));
        turned.put(key, to);
      }
      replace(c.op(), op, to, rotatedWeights(op, size));
    }

    private void rotateRows(Choice c, Op op) {
      int size = size(c.rule().config(), g.tensor(op.input(1)).shape());
      Tensor y = g.tensor(op.output(0));
      String name = y.name() + "/rotated_rows";
      int rows = like(name, y);
      out.scopes().put(key(subgraph, name), y.name());
      boolean custom = c.rule().algorithm().equals(CustomRotation.NAME);
      insert(c.op() + 1, rotation(y.name(), rows, op.output(0), size, custom));
      List<Integer> inputs = new ArrayList<>(op.inputs());
      inputs.set(1, rotatedWeights(op, size));
      editor.replaceOp(c.op(), op.withInputs(inputs).withOutputs(List.of(rows)));
    }

    /** RESHAPE to blocks, product, RESHAPE back; or one op that does all of it. */
    private List<Op> rotation(String name, int from, int to, int size, boolean custom) {
      if (custom) {
        return List.of(Op.of(CustomRotation.op(size), List.of(from), List.of(to)));
      }
      Tensor shaped = editor.tensor(to);
      boolean free = shaped.hasSignature() && !shaped.signature().isKnown();
      int blocks = Math.toIntExact(shaped.shape().elements() / size);
      String prefix = name + "/rotation_" + size;
      int before = between(prefix + "/blocks", free, blocks, size);
      int after = between(prefix + "/product", free, blocks, size);
      int h = matrices.computeIfAbsent(size, k -> hadamard(k));
      int[] back = (shaped.hasSignature() ? shaped.signature() : shaped.shape()).toArray();
      OpKind product = new OpKind.FullyConnected(Activation.NONE, false, false, false);
      return List.of(
          editor.reshape(prefix + "/to_blocks", from, before, free ? -1 : blocks, size),
          Op.of(product, List.of(before, h), List.of(after)),
          editor.reshape(prefix + "/from_blocks", after, to, back));
    }

    private int hadamard(int size) {
      return constant("hadamard_" + size, HadamardRotation.matrix(size), Shape.of(size, size));
    }

    /** A constant of its own: others may read the weights as they were. */
    private int rotatedWeights(Op op, int size) {
      Tensor w = g.tensor(op.input(1));
      return constants.computeIfAbsent(
          new Turned(op.input(1), size, false),
          k ->
              editor.addTensor(
                  Tensor.of(w.name() + "/rotated_" + size, ElementType.FLOAT32, w.shape())
                      .withStorage(rotatedStorage(op, size))));
    }

    private Storage rotatedStorage(Op op, int size) {
      return rotated
          .computeIfAbsent(g.constant(op.input(1)).storage(), k -> new HashMap<>())
          .computeIfAbsent(
              size,
              k -> {
                float[] w = matrix(op).values();
                HadamardRotation.rotate(w, size);
                return GraphBuilder.dense(w, w.length).storage();
              });
    }

    private FloatMatrix matrix(Op op) {
      Shape shape = g.tensor(op.input(1)).shape();
      ByteBuffer values = g.constant(op.input(1)).values().order(ByteOrder.LITTLE_ENDIAN);
      float[] w = new float[Math.toIntExact(shape.elements())];
      values.slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(w);
      return new FloatMatrix(w, shape.dim(0), shape.dim(1));
    }

    private void replace(int index, Op op, int input, int weights) {
      List<Integer> inputs = new ArrayList<>(op.inputs());
      inputs.set(0, input);
      inputs.set(1, weights);
      editor.replaceOp(index, op.withInputs(inputs));
    }

    private void insert(int position, List<Op> ops) {
      insertions.add(new Insertion(position, ops));
      ops.forEach(o -> out.ops().add(key(subgraph, editor.tensor(o.output(0)).name())));
    }

    private int like(String name, Tensor t) {
      return editor.addTensor(
          Tensor.of(name, ElementType.FLOAT32, t.shape())
              .withSignature(t.hasSignature() ? t.signature() : null));
    }

    private int between(String name, boolean free, int blocks, int size) {
      Tensor t = Tensor.of(name, ElementType.FLOAT32, Shape.of(blocks, size));
      return editor.addTensor(free ? t.withSignature(Shape.of(-1, size)) : t);
    }

    private int constant(String name, float[] values, Shape shape) {
      return editor.addTensor(
          Tensor.of(name, ElementType.FLOAT32, shape)
              .withStorage(GraphBuilder.dense(values, shape.toArray()).storage()));
    }
  }
}
