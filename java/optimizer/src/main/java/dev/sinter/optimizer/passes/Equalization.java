// Channels between two layers brought to like ranges.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.passes;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphEditor;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.optimizer.reconstruct.Layer;
import dev.sinter.optimizer.weights.FloatMatrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Cross-layer equalization (Nagel et al., Data-Free Quantization Through Weight Equalization and
 * Bias Correction, ICCV 2019): where one layer alone reads another's result, channel i of the first
 * is divided by s = sqrt(r1 r2) / r2 and the weights that meet it in the second are multiplied by
 * it, r1 and r2 being their largest magnitudes; both are sqrt(r1 r2) then. Chains are gone through
 * until nothing moves any more.
 *
 * <p>No activation and RELU let a positive factor through. RELU6 does so only for values that it
 * does not cut off: channels whose largest value on calibration examples is known, and stays below
 * 6 before and after, are equalized, others left. On inputs far from those examples such a model
 * may differ from the one before.
 */
public final class Equalization implements GraphPass {
  private static final int ROUNDS = 30;
  private static final double STILL = 1e-3;
  private static final double LARGEST = 1e4;

  private final Map<String, float[]> maxima;

  /** Makes one that leaves RELU6 alone. */
  public Equalization() {
    this(Map.of());
  }

  /**
   * Makes one.
   *
   * @param maxima by name of a layer's result: the largest value of each channel on examples
   */
  public Equalization(Map<String, float[]> maxima) {
    this.maxima = Map.copyOf(maxima);
  }

  @Override
  public String name() {
    return "equalize";
  }

  /** Two layers, one behind the other, and the factor each channel has been divided by so far. */
  @SuppressWarnings("ArrayRecordComponent") // changed in place
  private record Pair(Layer first, Layer second, double[] factors, float[] maxima) {}

  @Override
  public Result apply(Graph graph) {
    List<Layer> layers = Layer.of(graph);
    List<Pair> pairs = pairs(graph, layers);
    Map<Integer, FloatMatrix> weights = new HashMap<>();
    Map<Integer, float[]> biases = new HashMap<>();
    for (Pair p : pairs) {
      for (Layer l : List.of(p.first(), p.second())) {
        weights.computeIfAbsent(l.op(), k -> l.matrix(graph));
        if (l.bias(graph) != null) {
          biases.computeIfAbsent(l.op(), k -> l.bias(graph));
        }
      }
    }
    for (int round = 0; round < ROUNDS; round++) {
      double moved = 0;
      for (Pair p : pairs) {
        moved = Math.max(moved, equalize(p, weights, biases.get(p.first().op())));
      }
      if (moved < STILL) {
        break;
      }
    }
    GraphEditor editor = graph.edit();
    weights.forEach(
        (op, matrix) -> {
          Layer layer = layers.stream().filter(l -> l.op() == op).findFirst().orElseThrow();
          editor.replaceConstant(layer.weights(), layer.constant(matrix));
          if (biases.containsKey(op)) {
            editor.replaceConstant(
                layer.bias(),
                Neighbours.constant(biases.get(op), graph.tensor(layer.bias()).shape()));
          }
        });
    List<String> done = new ArrayList<>();
    for (Pair p : pairs) {
      double most = 1;
      for (double f : p.factors()) {
        most = Math.max(most, Math.max(f, 1 / f));
      }
      done.add(
          String.format(
              "'%s' and '%s': channels by up to %.3g",
              name(graph, p.first()), name(graph, p.second()), most));
    }
    return new Result(editor.build(), done);
  }

  private static String name(Graph graph, Layer layer) {
    return graph.tensor(graph.ops().get(layer.op()).output(0)).name();
  }

  private List<Pair> pairs(Graph graph, List<Layer> layers) {
    Map<Integer, Layer> byOp = new HashMap<>();
    layers.forEach(l -> byOp.put(l.op(), l));
    List<Pair> pairs = new ArrayList<>();
    for (Layer first : layers) {
      Op op = graph.ops().get(first.op());
      Layer second = byOp.get(Neighbours.onlyReader(graph, op.output(0)));
      if (second == null
          || second.input() != op.output(0)
          || !Neighbours.isChangeable(graph, first)
          || !Neighbours.isChangeable(graph, second)
          || (first.bias() >= 0 && graph.main().consumers(first.bias()).size() != 1)
          || !meetChannels(first, second)) {
        continue;
      }
      Activation a = Neighbours.activation(op.kind());
      float[] most = null;
      if (a == Activation.RELU6) {
        most = maxima.get(graph.tensor(op.output(0)).name());
        if (most == null || most.length != first.outputs()) {
          continue;
        }
      } else if (a != Activation.NONE && a != Activation.RELU) {
        continue;
      }
      double[] factors = new double[first.outputs()];
      Arrays.fill(factors, 1);
      pairs.add(new Pair(first, second, factors, most == null ? null : most.clone()));
    }
    return pairs;
  }

  /** Whether the second layer's channels are the first one's outputs, one by one. */
  private static boolean meetChannels(Layer first, Layer second) {
    if (second.kind() instanceof OpKind.Depthwise) {
      return second.groups() == first.outputs();
    }
    if (second.kind() instanceof OpKind.Conv) {
      return second.groups() == 1 && second.shape().dim(3) == first.outputs();
    }
    return second.kind() instanceof OpKind.FullyConnected
        && second.inputs() == first.outputs()
        && first.kind() instanceof OpKind.FullyConnected;
  }

  private double equalize(Pair p, Map<Integer, FloatMatrix> weights, float[] bias) {
    FloatMatrix w1 = weights.get(p.first().op());
    FloatMatrix w2 = weights.get(p.second().op());
    boolean depthwise = p.second().kind() instanceof OpKind.Depthwise;
    int channels = p.first().outputs();
    int each = p.second().outputs() / channels;
    double moved = 0;
    for (int c = 0; c < channels; c++) {
      int from = depthwise ? c * each : 0;
      int to = depthwise ? (c + 1) * each : w2.outputs();
      int column = depthwise ? 0 : c;
      int step = depthwise ? 1 : channels;
      double r1 = 0;
      for (int i = 0; i < w1.inputs(); i++) {
        r1 = Math.max(r1, Math.abs(w1.get(c, i)));
      }
      double r2 = 0;
      for (int o = from; o < to; o++) {
        for (int i = column; i < w2.inputs(); i += step) {
          r2 = Math.max(r2, Math.abs(w2.get(o, i)));
        }
      }
      if (r1 == 0 || r2 == 0) {
        continue;
      }
      double s = Math.sqrt(r1 * r2) / r2;
      s = Math.max(1 / LARGEST / p.factors()[c], Math.min(LARGEST / p.factors()[c], s));
      if (p.maxima() != null) {
        if (p.maxima()[c] >= 6) {
          continue;
        }
        s = Math.max(s, p.maxima()[c] / 5.999);
        p.maxima()[c] /= (float) s;
      }
      for (int i = 0; i < w1.inputs(); i++) {
        w1.values()[c * w1.inputs() + i] /= (float) s;
      }
      if (bias != null) {
        bias[c] /= (float) s;
      }
      for (int o = from; o < to; o++) {
        for (int i = column; i < w2.inputs(); i += step) {
          w2.values()[o * w2.inputs() + i] *= (float) s;
        }
      }
      p.factors()[c] *= s;
      moved = Math.max(moved, Math.abs(Math.log(s)));
    }
    return moved;
  }
}
