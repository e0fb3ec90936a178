// What a RELU never cuts off moves into the next layer's bias.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.passes;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphEditor;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Padding;
import dev.sinter.optimizer.reconstruct.Layer;
import dev.sinter.optimizer.weights.FloatMatrix;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Absorption of high biases (Nagel et al., ICCV 2019): relu(x + b) = relu(x + b - c) + c where x +
 * b is never below c, so c leaves the first layer's bias and, multiplied with the second layer's
 * weights, comes into its bias; the activation between them has a narrower range then. The paper
 * guesses c from batch normalization; here it is the smallest result of the channel on calibration
 * examples, so that the function stays as it is on those. A second layer that puts zeros around its
 * input is left alone: the zeros would have to become -c.
 */
public final class AbsorbBias implements GraphPass {
  private final Map<String, float[]> minima;

  /**
   * Makes one.
   *
   * @param minima by name of a layer's result: the smallest value of each channel on examples
   */
  public AbsorbBias(Map<String, float[]> minima) {
    this.minima = Map.copyOf(minima);
  }

  @Override
  public String name() {
    return "absorb_bias";
  }

  @Override
  public Result apply(Graph graph) {
    List<Layer> layers = Layer.of(graph);
    Map<Integer, Layer> byOp = new HashMap<>();
    layers.forEach(l -> byOp.put(l.op(), l));
    List<String> done = new ArrayList<>();
    GraphEditor editor = graph.edit();
    Map<Integer, float[]> biases = new HashMap<>();
    layers.stream()
        .filter(l -> l.bias(graph) != null)
        .forEach(l -> biases.put(l.op(), l.bias(graph)));
    for (Layer first : layers) {
      Op op = graph.ops().get(first.op());
      String name = graph.tensor(op.output(0)).name();
      Layer second = byOp.get(Neighbours.onlyReader(graph, op.output(0)));
      float[] least = minima.get(name);
      if (second == null
          || least == null
          || least.length != first.outputs()
          || second.input() != op.output(0)
          || !ownBias(graph, first)
          || !ownBias(graph, second)
          || Neighbours.activation(op.kind()) != Activation.RELU
          || pads(second)) {
        continue;
      }
      float[] b1 = biases.get(first.op());
      float[] b2 = biases.get(second.op());
      FloatMatrix w2 = second.matrix(graph);
      int channels = first.outputs();
      int absorbed = 0;
      for (int c = 0; c < channels; c++) {
        float moved = Math.max(0, least[c]);
        if (moved == 0) {
          continue;
        }
        absorbed++;
        b1[c] -= moved;
        for (int o = 0; o < second.outputs(); o++) {
          double sum = 0;
          if (second.kind() instanceof OpKind.Depthwise) {
            int own = o / (second.outputs() / channels);
            for (int i = 0; own == c && i < w2.inputs(); i++) {
              sum += w2.get(o, i);
            }
          } else {
            for (int i = c; i < w2.inputs(); i += channels) {
              sum += w2.get(o, i);
            }
          }
          b2[o] += (float) (moved * sum);
        }
      }
      if (absorbed > 0) {
        done.add(absorbed + " channels of '" + name + "'");
      }
    }
    for (Layer layer : layers) {
      if (biases.containsKey(layer.op()) && !done.isEmpty() && ownBias(graph, layer)) {
        editor.replaceConstant(
            layer.bias(),
            Neighbours.constant(biases.get(layer.op()), graph.tensor(layer.bias()).shape()));
      }
    }
    return new Result(editor.build(), done);
  }

  private static boolean ownBias(Graph graph, Layer layer) {
    return layer.bias(graph) != null && graph.main().consumers(layer.bias()).size() == 1;
  }

  private static boolean pads(Layer layer) {
    if (!(layer.kind() instanceof OpKind.Conv) && !(layer.kind() instanceof OpKind.Depthwise)) {
      return false;
    }
    boolean pointwise = layer.shape().dim(1) == 1 && layer.shape().dim(2) == 1;
    Padding padding =
        layer.kind() instanceof OpKind.Conv c
            ? c.padding()
            : ((OpKind.Depthwise) layer.kind()).padding();
    return !pointwise && padding != Padding.VALID;
  }
}
