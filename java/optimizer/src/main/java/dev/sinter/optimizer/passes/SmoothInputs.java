// Outliers of a layer's inputs go into its weights.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.passes;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphEditor;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Tensor;
import dev.sinter.optimizer.reconstruct.Layer;
import dev.sinter.optimizer.weights.FloatMatrix;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * SmoothQuant (Xiao et al., SmoothQuant: Accurate and Efficient Post-Training Quantization for
 * Large Language Models, ICML 2023) for fully connected layers: input channel i is divided by s =
 * a^alpha / w^(1 - alpha) and the weights that meet it are multiplied by it, a being the channel's
 * largest magnitude on calibration examples, w that of its weights in all layers that read the same
 * input. With one scale for all channels of an activation, few large ones leave the others without
 * steps; weights have scales of their own per output and bear it.
 *
 * <p>Where nothing but such layers reads the input and a normalization's factor and shift make it
 * (ADD(MUL(x, MUL(r, factor)), SUB(shift, y)) with y a multiple of the same product, as TensorFlow
 * writes layer norms), or a fully connected layer without activation, 1 / s goes in there. Else a
 * MUL is put before the layers.
 */
public final class SmoothInputs implements GraphPass {
  private static final double LEAST = 1e-5;

  private final Map<String, float[]> magnitudes;
  private final double alpha;
  private final boolean insert;

  /**
   * Makes one.
   *
   * @param magnitudes by name of a tensor: the largest magnitude of each channel, which is an index
   *     along the last axis, on examples
   * @param alpha how much of the difficulty goes over to the weights, 0 to 1; usually 0.5
   * @param insert whether a MUL may be put where no constant can take 1 / s
   */
  public SmoothInputs(Map<String, float[]> magnitudes, double alpha, boolean insert) {
    if (!(alpha >= 0 && alpha <= 1)) {
      throw new IllegalArgumentException("alpha of " + alpha + " is not in 0 .. 1");
    }
    this.magnitudes = Map.copyOf(magnitudes);
    this.alpha = alpha;
    this.insert = insert;
  }

  @Override
  public String name() {
    return "smooth_quant";
  }

  @Override
  public Result apply(Graph graph) {
    Map<String, List<String>> readers = new LinkedHashMap<>();
    for (Layer layer : Layer.of(graph)) {
      if (layer.kind() instanceof OpKind.FullyConnected
          && graph.main().consumers(layer.weights()).size() == 1
          && magnitudes.containsKey(graph.tensor(layer.input()).name())) {
        readers
            .computeIfAbsent(graph.tensor(layer.input()).name(), k -> new ArrayList<>())
            .add(graph.tensor(layer.weights()).name());
      }
    }
    List<String> done = new ArrayList<>();
    Graph g = graph;
    for (Map.Entry<String, List<String>> e : readers.entrySet()) {
      g = smooth(g, e.getKey(), e.getValue(), done);
    }
    return new Result(g, done);
  }

  private Graph smooth(Graph g, String input, List<String> weights, List<String> done) {
    int x = g.main().indexOf(input);
    List<Layer> layers =
        Layer.of(g).stream()
            .filter(l -> l.input() == x && weights.contains(g.tensor(l.weights()).name()))
            .toList();
    int channels = layers.get(0).inputs();
    float[] a = magnitudes.get(input);
    if (a.length != channels) {
      throw new IllegalArgumentException(
          "'" + input + "' has " + channels + " channels, not " + a.length);
    }
    float[] s = factors(g, layers, a);
    boolean all = g.main().consumers(x).size() == layers.size() && !g.outputs().contains(x);
    GraphEditor editor = g.edit();
    String where = all ? absorb(g, editor, x, s) : null;
    if (where == null && !insert) {
      return g;
    }
    int now = x;
    if (where == null) {
      now = insert(g, editor, x, s, layers.get(0).op());
      where = "a MUL before them";
    }
    for (Layer layer : layers) {
      FloatMatrix w = layer.matrix(g);
      for (int i = 0; i < w.values().length; i++) {
        w.values()[i] *= s[i % channels];
      }
      editor.replaceConstant(layer.weights(), layer.constant(w));
    }
    Graph smoothed = editor.build();
    if (now != x) {
      // The layers read the MUL's result; it stands right before the first of them.
      GraphEditor second = smoothed.edit();
      int from = smoothed.main().indexOf(input);
      int to = smoothed.main().indexOf(input + "/smoothed");
      for (int i = 0; i < smoothed.ops().size(); i++) {
        Op op = smoothed.ops().get(i);
        if (op.hasInput(1)
            && op.input(0) == from
            && weights.contains(smoothed.tensor(op.input(1)).name())) {
          List<Integer> inputs = new ArrayList<>(op.inputs());
          inputs.set(0, to);
          second.replaceOp(i, op.withInputs(inputs));
        }
      }
      smoothed = second.build();
    }
    done.add("'" + input + "' before " + layers.size() + " layers, by " + where);
    return smoothed;
  }

  private float[] factors(Graph g, List<Layer> layers, float[] a) {
    double[] w = new double[a.length];
    for (Layer layer : layers) {
      FloatMatrix m = layer.matrix(g);
      for (int i = 0; i < m.values().length; i++) {
        w[i % a.length] = Math.max(w[i % a.length], Math.abs(m.values()[i]));
      }
    }
    float[] s = new float[a.length];
    for (int i = 0; i < s.length; i++) {
      double up = Math.pow(Math.max(a[i], LEAST), alpha);
      double down = Math.pow(Math.max(w[i], LEAST), 1 - alpha);
      s[i] = (float) Math.max(LEAST, up / down);
    }
    return s;
  }

  /** Divides the constants that make x; says which, or null if there are none. */
  private static String absorb(Graph g, GraphEditor editor, int x, float[] s) {
    int producer = g.main().producer(x);
    if (producer < 0) {
      return null;
    }
    for (Layer layer : Layer.of(g)) {
      if (layer.op() == producer
          && layer.kind() instanceof OpKind.FullyConnected f
          && f.activation() == Activation.NONE
          && Neighbours.isChangeable(g, layer)
          && (layer.bias() < 0 || g.main().consumers(layer.bias()).size() == 1)) {
        FloatMatrix w = layer.matrix(g);
        for (int i = 0; i < w.values().length; i++) {
          w.values()[i] /= s[i / w.inputs()];
        }
        float[] bias = layer.bias(g);
        editor.replaceConstant(layer.weights(), layer.constant(w));
        if (bias != null) {
          divide(bias, s);
          editor.replaceConstant(
              layer.bias(), Neighbours.constant(bias, g.tensor(layer.bias()).shape()));
        }
        return "the layer before";
      }
    }
    int[] norm = LayerNorms.constants(g, producer, s.length);
    if (norm == null) {
      return null;
    }
    for (int constant : norm) {
      float[] values = Neighbours.floats(g, constant);
      divide(values, s);
      editor.replaceConstant(constant, Neighbours.constant(values, g.tensor(constant).shape()));
    }
    return "the normalization before";
  }

  private static void divide(float[] values, float[] s) {
    for (int i = 0; i < values.length; i++) {
      values[i] /= s[i];
    }
  }

  private static int insert(Graph g, GraphEditor editor, int x, float[] s, int before) {
    float[] inverse = new float[s.length];
    for (int i = 0; i < s.length; i++) {
      inverse[i] = 1 / s[i];
    }
    Shape shape = Shape.of(s.length);
    Tensor in = g.tensor(x);
    int factor =
        editor.addTensor(
            Tensor.of(in.name() + "/smoothing", ElementType.FLOAT32, shape)
                .withStorage(Neighbours.constant(inverse, shape).storage()));
    int out =
        editor.addTensor(
            Tensor.of(in.name() + "/smoothed", ElementType.FLOAT32, in.shape())
                .withSignature(in.hasSignature() ? in.signature() : null)
                .withQuantization(Quantization.NONE));
    OpKind mul = new OpKind.Binary(OpKind.Binary.Function.MUL, Activation.NONE);
    editor.insertOp(before, Op.of(mul, List.of(x, factor), List.of(out)));
    return out;
  }
}
