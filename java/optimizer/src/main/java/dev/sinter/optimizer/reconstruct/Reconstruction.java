// Rounds the weights of a model, layer after layer.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.reconstruct;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphEditor;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Tensor;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.weights.CrossMoments;
import dev.sinter.optimizer.weights.FloatMatrix;
import dev.sinter.optimizer.weights.InputMoments;
import dev.sinter.optimizer.weights.MomentMath;
import dev.sinter.optimizer.weights.MseSearch;
import dev.sinter.optimizer.weights.QuantizedWeights;
import dev.sinter.optimizer.weights.Refit;
import dev.sinter.optimizer.weights.WeightQuantizer;
import dev.sinter.optimizer.weights.WeightSpec;
import dev.sinter.runtime.Model;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Takes the layers of a float model in the order in which they run. What each is given in the float
 * model, x, and what it is given in the model whose earlier layers are rounded already, z, are
 * measured on examples. Then
 *
 * <ul>
 *   <li>if {@code refit}, its weights are fitted anew, so that they make of z what they made of x
 *       ({@link Refit});
 *   <li>a {@link WeightQuantizer} rounds them, weighing errors by the moments of z;
 *   <li>if {@code correctBias}, the bias takes up what is left of the mean error of each output
 *       (Nagel et al., Data-Free Quantization Through Weight Equalization and Bias Correction, ICCV
 *       2019, there called empirical); a layer without a bias gets one.
 * </ul>
 *
 * <p>Both models run piece by piece, each op about once per example. The result is the same for the
 * same examples.
 */
public final class Reconstruction {
  /**
   * How to go about it.
   *
   * @param refit whether weights are fitted to what earlier layers give by now; needs a bias that
   *     may change
   * @param correctBias whether biases take up mean errors
   * @param damping how much fitted weights keep to the old ones, see {@link Refit#of}
   * @param rows how many rows (windows, positions) of an example are looked at
   */
  public record Settings(boolean refit, boolean correctBias, double damping, int rows) {
    /** Everything on, a hundredth of damping, 256 rows. */
    public static final Settings DEFAULT = new Settings(true, true, Refit.DAMPING, 256);

    /**
     * Checks the numbers.
     *
     * @param refit whether weights are fitted
     * @param correctBias whether biases take up mean errors
     * @param damping above 0
     * @param rows at least 1
     */
    public Settings {
      if (rows < 1 || !(damping > 0)) {
        throw new IllegalArgumentException(
            "a damping of " + damping + " and " + rows + " rows: both must be above 0");
      }
    }
  }

  /**
   * What shall become of a layer.
   *
   * @param quantizer rounds its weights
   * @param spec to what form
   */
  public record Choice(WeightQuantizer quantizer, WeightSpec spec) {}

  /** Says what shall become of each layer. */
  @FunctionalInterface
  public interface Plan {
    /**
     * Chooses.
     *
     * @param graph the float model
     * @param layer one of its layers
     * @return null to leave it in float
     */
    Choice choose(Graph graph, Layer layer);

    /**
     * Makes of a piece of the rounded model what shall be run to learn what the layers behind it
     * are given; by default the piece as it is.
     *
     * @param piece ops that come before the next layers, in float, with rounded weights
     * @return a model with the same inputs and outputs, in float
     */
    default Graph form(Graph piece) {
      return piece;
    }

    /**
     * Does to a layer's input what the quantized layer will do to it; by default nothing.
     *
     * @param layer the layer
     * @param values its input, changed in place
     */
    default void arrive(Layer layer, float[] values) {}

    /**
     * Makes rounded weights leave room for a new bias; by default they do.
     *
     * @param layer the layer
     * @param weights what was rounded
     * @param rounded the rounded weights
     * @param bias what shall be its bias
     * @return the same, or weights rounded to larger scales
     */
    default QuantizedWeights room(
        Layer layer, FloatMatrix weights, QuantizedWeights rounded, float[] bias) {
      return rounded;
    }

    /**
     * Told when a layer is rounded.
     *
     * @param outcome what became of it
     */
    default void rounded(Outcome outcome) {}
  }

  /** Hears how far it is. */
  @FunctionalInterface
  public interface Progress {
    /**
     * Told before each group of layers with the same input.
     *
     * @param done layers done
     * @param of layers in all
     */
    void at(int done, int of);
  }

  /**
   * What became of a layer. Errors are mean squares of what rounding adds to the layer's output, as
   * parts of the output's own mean square, on the inputs of the rounded model.
   *
   * @param layer the layer
   * @param name name of its output
   * @param weights its rounded weights
   * @param nearest of weights rounded to the nearest under the best scales
   * @param reached of the weights it has now, beside the fitted ones
   * @param note null, or what was left out and why
   */
  public record Outcome(
      Layer layer,
      String name,
      QuantizedWeights weights,
      double nearest,
      double reached,
      String note) {}

  /**
   * The outcome.
   *
   * @param graph the float model with rounded weights and new biases, everything still in float
   * @param layers what became of the layers that were rounded
   */
  public record Result(Graph graph, List<Outcome> layers) {
    /**
     * Copies the list.
     *
     * @param graph the float model with rounded weights and new biases
     * @param layers what became of the layers that were rounded
     */
    public Result {
      layers = List.copyOf(layers);
    }
  }

  /** What may be kept of either model: more is computed again. */
  private static final long KEPT_BYTES = 400L << 20;

  private final Settings settings;
  private final Plan plan;
  private final Progress progress;

  /**
   * Makes one.
   *
   * @param settings how to go about it
   * @param plan what shall become of each layer
   * @param progress hears how far it is
   */
  public Reconstruction(Settings settings, Plan plan, Progress progress) {
    this.settings = settings;
    this.plan = plan;
    this.progress = progress;
  }

  /** Through the float model and through the rounded one. */
  private record Walks(Walk real, Walk rounded, int examples) {}

  private record Job(Layer layer, Choice choice) {}

  /**
   * Rounds a model.
   *
   * @param graph a float model
   * @param source examples of its inputs
   * @return the rounded weights, and the model that has them
   */
  public Result run(Graph graph, InputSource source) {
    Map<Integer, List<Job>> byInput = new HashMap<>();
    List<Integer> order = new ArrayList<>();
    Map<Integer, Integer> uses = new HashMap<>();
    int count = 0;
    for (Layer layer : Layer.all(graph)) {
      Choice choice = plan.choose(graph, layer);
      if (choice == null) {
        continue;
      }
      if (uses.merge(layer.weights(), 1, Integer::sum) > 1) {
        continue;
      }
      if (!byInput.containsKey(layer.input())) {
        order.add(layer.input());
      }
      byInput.computeIfAbsent(layer.input(), k -> new ArrayList<>()).add(new Job(layer, choice));
      count++;
    }
    List<Outcome> outcomes = new ArrayList<>();
    Graph rounded = graph;
    Examples examples;
    try (Model model = Examples.load(graph)) {
      examples = new Examples(graph, model, source);
    }
    Walks walks =
        new Walks(
            new Walk(graph, examples, order, KEPT_BYTES),
            new Walk(graph, examples, order, KEPT_BYTES),
            examples.size());
    for (int input : order) {
      progress.at(outcomes.size(), count);
      rounded = round(graph, rounded, input, byInput.get(input), uses, walks, outcomes);
    }
    progress.at(count, count);
    return new Result(rounded, outcomes);
  }

  private Graph round(
      Graph graph,
      Graph rounded,
      int input,
      List<Job> jobs,
      Map<Integer, Integer> uses,
      Walks walks,
      List<Outcome> outcomes) {
    List<CrossMoments> moments = measure(graph, rounded, input, jobs, walks);
    Graph now = rounded;
    for (int j = 0; j < jobs.size(); j++) {
      Layer layer = jobs.get(j).layer();
      Choice choice = jobs.get(j).choice();
      CrossMoments m = moments.get(j);
      boolean shared = uses.get(layer.weights()) > 1;
      boolean biased = settings.correctBias() && !shared && canHaveBias(graph, layer);
      FloatMatrix weights = layer.matrix(graph);
      InputMoments z = biased ? MomentMath.aboutMean(m.quantized()) : m.quantized();
      FloatMatrix target = weights;
      if (settings.refit() && !shared) {
        target = Refit.of(weights, m, biased, settings.damping()).weights();
      }
      QuantizedWeights q = choice.quantizer().quantize(target, choice.spec(), z);
      GraphEditor editor = now.edit();
      if (biased) {
        float[] bias = Refit.bias(weights, layer.bias(graph), q, m);
        QuantizedWeights roomy = plan.room(layer, target, q, bias);
        if (!Arrays.equals(roomy.scales(), q.scales())) {
          q = roomy;
          bias = Refit.bias(weights, layer.bias(graph), q, m);
        }
        setBias(now, editor, layer, bias);
      }
      editor.replaceConstant(layer.weights(), layer.constant(real(q)));
      String name = graph.tensor(graph.ops().get(layer.op()).output(0)).name();
      double power = Math.max(Double.MIN_NORMAL, MomentMath.power(weights, z));
      QuantizedWeights plain = new MseSearch().quantize(weights, choice.spec(), null);
      Outcome outcome =
          new Outcome(
              layer,
              name,
              q,
              MomentMath.error(weights, plain, z) / power,
              MomentMath.error(target, q, z) / power,
              shared ? "weights shared by several layers: neither fitted nor corrected" : null);
      outcomes.add(outcome);
      plan.rounded(outcome);
      now = keepIndices(now, editor);
    }
    return now;
  }

  /** Layers are known by their indices, which an edit that adds a bias at the end keeps. */
  private static Graph keepIndices(Graph before, GraphEditor editor) {
    Graph after = editor.build();
    for (int i = 0; i < before.tensors().size(); i++) {
      if (i >= after.tensors().size() || !after.tensor(i).name().equals(before.tensor(i).name())) {
        throw new GraphException(before.name() + ": an edit has moved tensor " + before.tensor(i));
      }
    }
    return after;
  }

  private static boolean canHaveBias(Graph graph, Layer layer) {
    if (layer.kind() instanceof OpKind.BatchMatMul) {
      return false;
    }
    return layer.bias() < 0 || layer.bias(graph) != null;
  }

  private static FloatMatrix real(QuantizedWeights q) {
    float[] values = new float[q.outputs() * q.inputs()];
    for (int i = 0; i < values.length; i++) {
      values[i] = q.real(i / q.inputs(), i % q.inputs());
    }
    return new FloatMatrix(values, q.outputs(), q.inputs());
  }

  private static void setBias(Graph now, GraphEditor editor, Layer layer, float[] values) {
    Shape shape = Shape.of(values.length);
    Op op = now.ops().get(layer.op());
    boolean own = layer.bias() >= 0 && now.main().consumers(layer.bias()).size() == 1;
    if (own) {
      editor.replaceConstant(layer.bias(), Layer.floats(values, now.tensor(layer.bias()).shape()));
      return;
    }
    String name = now.tensor(layer.weights()).name() + "/corrected_bias";
    int bias =
        editor.addTensor(
            Tensor.of(name, ElementType.FLOAT32, shape)
                .withStorage(Layer.floats(values, shape).storage()));
    List<Integer> inputs = new ArrayList<>(op.inputs());
    while (inputs.size() < 3) {
      inputs.add(-1);
    }
    inputs.set(2, bias);
    editor.replaceOp(layer.op(), op.withInputs(inputs));
  }

  private List<CrossMoments> measure(
      Graph graph, Graph rounded, int input, List<Job> jobs, Walks walks) {
    Shape shape = graph.tensor(input).shape();
    try (Walk.Step x = walks.real().to(graph, input, piece -> piece);
        Walk.Step z = walks.rounded().to(rounded, input, plan::form)) {
      List<Windows> windows = new ArrayList<>();
      List<PairSums> sums = new ArrayList<>();
      int largest = 0;
      for (Job job : jobs) {
        Windows w = new Windows(job.layer(), shape, settings.rows());
        largest = Math.max(largest, w.size());
        windows.add(w);
        sums.add(new PairSums(job.layer().groups(), job.layer().inputs()));
      }
      float[] rowsX = new float[largest];
      float[] rowsZ = new float[largest];
      for (int e = 0; e < walks.examples(); e++) {
        float[] atX = x.run(e);
        float[] atZ = z.run(e);
        plan.arrive(jobs.get(0).layer(), atZ);
        for (int j = 0; j < jobs.size(); j++) {
          windows.get(j).take(atX, rowsX);
          windows.get(j).take(atZ, rowsZ);
          sums.get(j).add(rowsX, rowsZ, windows.get(j).rows());
        }
      }
      return sums.stream().map(PairSums::moments).toList();
    }
  }
}
