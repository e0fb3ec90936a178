// Which ops another one does on the way: a padding in front of a convolution, a clamp behind a
// producer, all of a normalization.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Constant;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Padding;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Found once per lowering; nothing is fused across an output of the model. */
final class Fusion {
  /** A border of zeros around the image that a convolution reads. */
  record Border(int input, int top, int left) {}

  private final Subgraph main;
  private final Set<Integer> absorbed = new HashSet<>();
  private final Map<Integer, Border> borders = new HashMap<>();
  private final Map<Integer, Activation> activations = new HashMap<>();
  private final Map<Integer, Integer> outputs = new HashMap<>();
  private final Map<Integer, RowNorms.Found> norms = new HashMap<>();
  private final Map<Integer, Silus.Found> silus = new HashMap<>();
  private final List<String> notes = new ArrayList<>();

  private final Part part;

  private Fusion(Part part) {
    this.part = part;
    this.main = part.graph();
  }

  /**
   * Looks for them.
   *
   * @param whole whether to join what only the processor's kernels do as one
   */
  static Fusion of(Part part, boolean whole) {
    Subgraph main = part.graph();
    List<Shape> shapes = part.shapes();
    Fusion fusion = new Fusion(part);
    for (int i = part.from(); i < part.to(); i++) {
      Op op = main.ops().get(i);
      if (op.kind() instanceof OpKind.Pad pad && fusion.addsZeros(op, pad)) {
        fusion.padding(i, op, shapes);
      } else if (op.kind() instanceof OpKind.Activate activate) {
        fusion.activation(i, op, activate);
      }
    }
    if (whole) {
      RowNorms.find(part).forEach(fusion::layerNorm);
      for (int i = part.from(); i < part.to(); i++) {
        fusion.silu(i, Silus.find(part, i));
      }
    }
    return fusion;
  }

  boolean isAbsorbed(int op) {
    return absorbed.contains(op);
  }

  Border border(int op) {
    return borders.get(op);
  }

  Activation activation(int op) {
    return activations.get(op);
  }

  int outputTensor(int op) {
    Integer tensor = outputs.get(op);
    return tensor == null ? main.ops().get(op).output(0) : tensor;
  }

  List<String> notes() {
    return notes;
  }

  private void layerNorm(RowNorms.Found found) {
    if (found.others().stream().anyMatch(absorbed::contains)
        || activations.containsKey(found.last())) {
      return;
    }
    absorbed.addAll(found.others());
    norms.put(found.last(), found);
    notes.add("ops " + found.others() + ": done by op " + found.last() + ", a normalization");
  }

  private void silu(int i, Silus.Found found) {
    if (found == null
        || absorbed.contains(i)
        || absorbed.contains(found.logistic())
        || norms.containsKey(i)
        || activations.containsKey(i)) {
      return;
    }
    absorbed.add(found.logistic());
    silus.put(i, found);
    notes.add("op " + found.logistic() + " LOGISTIC: done by op " + i + " MUL");
  }

  /** The product of a tensor and its logistic function that an op is, or null. */
  Silus.Found silu(int op) {
    return silus.get(op);
  }

  /** The layer normalization that ends with an op, or null. */
  RowNorms.Found layerNorm(int op) {
    return norms.get(op);
  }

  private boolean onlyReader(int tensor) {
    return main.consumers(tensor).size() == 1
        && part.has(main.consumers(tensor).get(0))
        && !part.outputs().contains(tensor);
  }

  /** Whether the border stands for the real number zero, as a convolution's own padding does. */
  private boolean addsZeros(Op op, OpKind.Pad pad) {
    if (pad.mode() == OpKind.Pad.Mode.ZERO) {
      return true;
    }
    if (pad.mode() != OpKind.Pad.Mode.CONSTANT_VALUE
        || !op.hasInput(2)
        || !main.isConstant(op.input(2))) {
      return false;
    }
    Constant.Dense value = main.constant(op.input(2));
    if (value.shape().elements() != 1) {
      return false;
    }
    return switch (value.type()) {
      case FLOAT32 -> value.values().getFloat(0) == 0f;
      case INT8, UINT8 -> {
        Quantization q = main.tensor(op.input(0)).quantization();
        int border = value.values().get(0);
        int unsigned = value.type() == ElementType.UINT8 ? border & 0xff : border;
        yield q.isPerTensor() && unsigned == q.zeroPoint();
      }
      default -> false;
    };
  }

  private void padding(int i, Op op, List<Shape> shapes) {
    int padded = op.output(0);
    if (!onlyReader(padded) || shapes.get(padded).rank() != 4 || !main.isConstant(op.input(1))) {
      return;
    }
    int reader = main.consumers(padded).get(0);
    Op conv = main.ops().get(reader);
    boolean valid =
        (conv.kind() instanceof OpKind.Conv c && c.padding() == Padding.VALID)
            || (conv.kind() instanceof OpKind.Depthwise d && d.padding() == Padding.VALID);
    if (!valid || conv.input(0) != padded || conv.input(1) == padded) {
      return;
    }
    if (!main.tensor(padded).quantization().equals(main.tensor(op.input(0)).quantization())) {
      return;
    }
    int[] amounts = amounts(main.constant(op.input(1)));
    if (amounts == null || amounts.length != 8) {
      return;
    }
    for (int a : new int[] {0, 1, 6, 7}) {
      if (amounts[a] != 0) {
        return;
      }
    }
    for (int a : amounts) {
      if (a < 0) {
        return;
      }
    }
    absorbed.add(i);
    borders.put(reader, new Border(op.input(0), amounts[2], amounts[4]));
    notes.add(
        "op " + i + " " + op.kind().label() + ": done by op " + reader + " " + conv.kind().label());
  }

  /** The padding amounts, before and after per dimension. */
  static int[] amounts(Constant.Dense constant) {
    ByteBuffer bytes = constant.storage().bytes().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    int count = Math.toIntExact(constant.shape().elements());
    int[] amounts = new int[count];
    for (int i = 0; i < count; i++) {
      if (constant.type() == ElementType.INT32) {
        amounts[i] = bytes.getInt();
      } else if (constant.type() == ElementType.INT64) {
        amounts[i] = Math.toIntExact(bytes.getLong());
      } else {
        return null;
      }
    }
    return amounts;
  }

  private void activation(int i, Op op, OpKind.Activate activate) {
    Activation clamp =
        switch (activate.function()) {
          case RELU -> Activation.RELU;
          case RELU6 -> Activation.RELU6;
          case RELU_N1_TO_1 -> Activation.RELU_N1_TO_1;
          default -> null;
        };
    int in = op.input(0);
    int producer = main.producer(in);
    if (clamp == null || !part.has(producer) || !onlyReader(in) || absorbed.contains(producer)) {
      return;
    }
    Tensor before = main.tensor(in);
    Tensor after = main.tensor(op.output(0));
    if (before.type() != after.type() || !before.quantization().equals(after.quantization())) {
      return;
    }
    Activation own = ownActivation(main.ops().get(producer).kind());
    if (own != Activation.NONE || activations.containsKey(producer)) {
      return;
    }
    if (!Numbers.roundsAlike(clamp, after.quantization(), Lowering.typeName(after.type()))) {
      notes.add(
          "op "
              + i
              + " "
              + op.kind().label()
              + ": stays, its bounds round otherwise in a producer");
      return;
    }
    absorbed.add(i);
    activations.put(producer, clamp);
    outputs.put(producer, op.output(0));
    notes.add(
        "op "
            + i
            + " "
            + op.kind().label()
            + ": done by op "
            + producer
            + " "
            + main.ops().get(producer).kind().label());
  }

  /** The activation of an op that clamps its result, null for other ops. */
  private static Activation ownActivation(OpKind kind) {
    if (kind instanceof OpKind.Conv c) {
      return c.activation();
    } else if (kind instanceof OpKind.Depthwise d) {
      return d.activation();
    } else if (kind instanceof OpKind.FullyConnected f) {
      return f.activation();
    } else if (kind instanceof OpKind.Binary b && b.function() == OpKind.Binary.Function.ADD) {
      return b.activation();
    }
    return null;
  }
}
