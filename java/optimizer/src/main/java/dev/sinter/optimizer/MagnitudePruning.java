// Sets the smallest weights to zero, in blocks that sparse kernels can skip.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer;

import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphEditor;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Pruning by magnitude, layer by layer: of every layer's blocks of weights those with the smallest
 * mean magnitude (of real values: scales count) become zero until the sparsity asked for is
 * reached. Nothing is trained and nothing calibrated: the model's answers get worse, its speed and
 * size show what sparsity would give.
 */
public final class MagnitudePruning {
  /** Which layers are pruned. */
  public enum Layers {
    /** Fully connected layers and convolutions of 1 x 1. */
    POINTWISE,
    /** All convolutions but depthwise ones as well. */
    ALL
  }

  /**
   * What became of a layer.
   *
   * @param subgraph index of its subgraph
   * @param op index of its op there
   * @param kind the op's name
   * @param weights name of the tensor with its weights
   * @param outputs rows of its matrix
   * @param inputs columns of its matrix
   * @param before share of zeros before
   * @param after share of zeros now
   * @param reason why it was left as it was; null if it was pruned
   */
  public record Layer(
      int subgraph,
      int op,
      String kind,
      String weights,
      int outputs,
      int inputs,
      double before,
      double after,
      String reason) {}

  /**
   * The outcome.
   *
   * @param graph the pruned model
   * @param layers every layer with weights, pruned or not
   */
  public record Result(Graph graph, List<Layer> layers) {
    /**
     * Copies the list.
     *
     * @param graph the pruned model
     * @param layers every layer with weights
     */
    public Result {
      layers = List.copyOf(layers);
    }
  }

  private final BlockPattern pattern;
  private final double sparsity;
  private final Layers which;

  /**
   * Makes a pruning.
   *
   * @param pattern which weights go together
   * @param sparsity share of each layer's weights that becomes zero, in [0, 1); not used by N-of-M
   *     patterns, which say it themselves
   * @param which which layers
   */
  public MagnitudePruning(BlockPattern pattern, double sparsity, Layers which) {
    if (!(sparsity >= 0 && sparsity < 1)) {
      throw new IllegalArgumentException("sparsity " + sparsity + " is not in [0, 1)");
    }
    this.pattern = pattern;
    this.sparsity = sparsity;
    this.which = which;
  }

  /**
   * Prunes a model.
   *
   * @param graph the model; it stays as it is
   * @return the pruned model and what was done
   */
  public Result apply(Graph graph) {
    List<Layer> layers = new ArrayList<>();
    Graph pruned = graph;
    for (int s = 0; s < graph.subgraphs().size(); s++) {
      GraphEditor editor = pruned.edit(s);
      if (prune(graph.subgraph(s), s, editor, layers)) {
        pruned = editor.build();
      }
    }
    return new Result(pruned, layers);
  }

  private boolean prune(Subgraph g, int subgraph, GraphEditor editor, List<Layer> layers) {
    Set<Integer> seen = new HashSet<>();
    boolean any = false;
    for (int i = 0; i < g.ops().size(); i++) {
      Op op = g.ops().get(i);
      boolean connected = op.kind() instanceof OpKind.FullyConnected;
      boolean convolution = op.kind() instanceof OpKind.Conv;
      boolean depthwise = op.kind() instanceof OpKind.Depthwise;
      if ((!connected && !convolution && !depthwise) || !op.hasInput(1)) {
        continue;
      }
      Tensor weights = g.tensor(op.input(1));
      WeightMatrix matrix =
          weights.isConstant() && weights.sparsity() == null && weights.shape().rank() >= 2
              ? WeightMatrix.of(weights, weights.stored().values())
              : null;
      String reason = reason(weights, matrix, connected, depthwise, !seen.add(op.input(1)));
      double before = matrix == null ? 0 : matrix.sparsity();
      double after = before;
      if (reason == null) {
        prune(matrix);
        after = matrix.sparsity();
        editor.replaceConstant(op.input(1), matrix.constant());
        any = true;
      }
      layers.add(
          new Layer(
              subgraph,
              i,
              op.kind().label(),
              weights.name(),
              matrix == null ? 0 : matrix.outputs(),
              matrix == null ? 0 : matrix.inputs(),
              before,
              after,
              reason));
    }
    return any;
  }

  private String reason(
      Tensor weights, WeightMatrix matrix, boolean connected, boolean depthwise, boolean again) {
    if (depthwise) {
      return "depthwise: a few weights per channel, no kernel skips them";
    }
    if (!weights.isConstant()) {
      return "its weights are computed while running";
    }
    if (weights.sparsity() != null) {
      return "its weights are stored sparse already";
    }
    if (matrix == null) {
      return "weights of " + weights.type() + " are not pruned";
    }
    if (again) {
      return "shares its weights with a layer above";
    }
    boolean pointwise =
        connected
            || (weights.shape().rank() == 4
                && weights.shape().dim(1) == 1
                && weights.shape().dim(2) == 1);
    if (which == Layers.POINTWISE && !pointwise) {
      return "a window of more than one pixel; --layers all prunes it too";
    }
    return null;
  }

  private void prune(WeightMatrix m) {
    if (pattern.kept() > 0) {
      keepLargest(m);
    } else {
      clearSmallest(m);
    }
  }

  /** Of each group of neighbours only the largest stay; in a shorter last group as many may. */
  private void keepLargest(WeightMatrix m) {
    int columns = pattern.columns();
    for (int o = 0; o < m.outputs(); o++) {
      for (int first = 0; first < m.inputs(); first += columns) {
        int end = Math.min(first + columns, m.inputs());
        int output = o;
        List<Integer> order = new ArrayList<>();
        for (int i = first; i < end; i++) {
          order.add(i);
        }
        // Of equal ones the first stay: the order is stable.
        order.sort((x, y) -> Double.compare(m.magnitude(output, y), m.magnitude(output, x)));
        for (int i : order.subList(Math.min(pattern.kept(), order.size()), order.size())) {
          m.clear(o, i);
        }
      }
    }
  }

  private record Block(int output, int input, int rows, int columns, double mean) {}

  /** Blocks start anew with every tap; those at the edges are smaller. */
  private void clearSmallest(WeightMatrix m) {
    List<Block> blocks = new ArrayList<>();
    for (int o = 0; o < m.outputs(); o += pattern.rows()) {
      int rows = Math.min(pattern.rows(), m.outputs() - o);
      for (int tap = 0; tap < m.inputs(); tap += m.run()) {
        for (int i = tap; i < tap + m.run(); i += pattern.columns()) {
          blocks.add(block(m, o, i, rows, Math.min(pattern.columns(), tap + m.run() - i)));
        }
      }
    }
    blocks.sort((x, y) -> Double.compare(x.mean(), y.mean()));
    long goal = Math.round(sparsity * m.outputs() * m.inputs());
    long cleared = 0;
    for (Block b : blocks) {
      if (cleared >= goal) {
        break;
      }
      for (int o = 0; o < b.rows(); o++) {
        for (int i = 0; i < b.columns(); i++) {
          m.clear(b.output() + o, b.input() + i);
        }
      }
      cleared += (long) b.rows() * b.columns();
    }
  }

  private static Block block(WeightMatrix m, int output, int input, int rows, int columns) {
    double sum = 0;
    for (int o = 0; o < rows; o++) {
      for (int i = 0; i < columns; i++) {
        sum += m.magnitude(output + o, input + i);
      }
    }
    return new Block(output, input, rows, columns, sum / (rows * columns));
  }
}
