// Who alone reads what a layer writes.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.passes;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Constant;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.GraphEditor;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Signature;
import dev.sinter.graph.Tensor;
import dev.sinter.optimizer.reconstruct.Layer;
import dev.sinter.optimizer.weights.FloatMatrix;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Questions and changes that several passes share. */
final class Neighbours {
  private Neighbours() {}

  /** The one op that reads a tensor, -1 if there are several, or someone outside sees it. */
  static int onlyReader(Graph graph, int tensor) {
    List<Integer> readers = graph.main().consumers(tensor);
    if (readers.size() != 1 || graph.outputs().contains(tensor)) {
      return -1;
    }
    for (Signature s : graph.signatures()) {
      if (s.subgraph() == 0 && s.outputs().stream().anyMatch(b -> b.tensor() == tensor)) {
        return -1;
      }
    }
    int times = 0;
    for (int t : graph.ops().get(readers.get(0)).inputs()) {
      times += t == tensor ? 1 : 0;
    }
    return times == 1 ? readers.get(0) : -1;
  }

  /** Whether a layer's weights and bias are its own, and known. */
  static boolean isChangeable(Graph graph, Layer layer) {
    return graph.main().consumers(layer.weights()).size() == 1
        && !graph.outputs().contains(layer.weights())
        && (layer.bias() < 0 || layer.bias(graph) != null)
        && !(layer.kind() instanceof OpKind.BatchMatMul);
  }

  /** The activation a layer ends with; null for ops that have none of their own. */
  static Activation activation(OpKind kind) {
    if (kind instanceof OpKind.Conv c) {
      return c.activation();
    }
    if (kind instanceof OpKind.Depthwise d) {
      return d.activation();
    }
    if (kind instanceof OpKind.FullyConnected f) {
      return f.activation();
    }
    if (kind instanceof OpKind.Binary b) {
      return switch (b.function()) {
        case ADD, SUB, MUL, DIV -> b.activation();
        default -> null;
      };
    }
    return null;
  }

  /** The same op with another activation. */
  static OpKind with(OpKind kind, Activation a) {
    if (kind instanceof OpKind.Conv c) {
      return new OpKind.Conv(
          c.padding(), c.strideH(), c.strideW(), c.dilationH(), c.dilationW(), a);
    }
    if (kind instanceof OpKind.Depthwise d) {
      return new OpKind.Depthwise(
          d.padding(), d.strideH(), d.strideW(), d.dilationH(), d.dilationW(), d.multiplier(), a);
    }
    if (kind instanceof OpKind.FullyConnected f) {
      return new OpKind.FullyConnected(a, f.keepDims(), f.shuffledWeights(), f.asymmetricInputs());
    }
    if (kind instanceof OpKind.Binary b) {
      return new OpKind.Binary(b.function(), a, b.powerScales());
    }
    throw new IllegalArgumentException(kind.label() + " takes no activation");
  }

  /** Floats of a constant. */
  static float[] floats(Graph graph, int tensor) {
    ByteBuffer stored = graph.constant(tensor).values().order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[stored.remaining() / 4];
    stored.asFloatBuffer().get(values);
    return values;
  }

  static boolean isFloatConstant(Graph graph, int tensor) {
    return tensor >= 0
        && graph.main().isConstant(tensor)
        && graph.tensor(tensor).type() == ElementType.FLOAT32;
  }

  static Constant.Dense constant(float[] values, Shape shape) {
    return GraphBuilder.dense(values, shape.toArray());
  }

  /** Gives a layer other weights and another bias. */
  static Op change(
      Graph graph, GraphEditor editor, Layer layer, Op op, FloatMatrix weights, float[] bias) {
    editor.replaceConstant(layer.weights(), layer.constant(weights));
    if (bias == null) {
      return op;
    }
    Shape shape = Shape.of(bias.length);
    if (layer.bias() >= 0 && graph.main().consumers(layer.bias()).size() == 1) {
      editor.replaceConstant(layer.bias(), constant(bias, graph.tensor(layer.bias()).shape()));
      return op;
    }
    int tensor =
        editor.addTensor(
            Tensor.of(
                    graph.tensor(op.output(0)).name() + "/folded_bias", ElementType.FLOAT32, shape)
                .withStorage(constant(bias, shape).storage()));
    List<Integer> inputs = new ArrayList<>(op.inputs());
    while (inputs.size() < 3) {
      inputs.add(-1);
    }
    inputs.set(2, tensor);
    return op.withInputs(inputs);
  }
}
