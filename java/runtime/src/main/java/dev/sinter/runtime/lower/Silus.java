// A tensor times its own logistic function (SiLU, swish), which files hold as two ops.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import java.nio.ByteBuffer;

/** One step: a function of floats, or one table of bytes in which both ops round as before. */
final class Silus {
  private static final int SILU = 21; // of `unary`
  private static final int LOGISTIC = 14;

  /**
   * The two ops.
   *
   * @param logistic the first one's index
   * @param input what it reads
   * @param gate its result, by which the product multiplies
   */
  record Found(int logistic, int input, int gate) {}

  private Silus() {}

  /** What ends with an op; null if that is no such product. */
  static Found find(Part part, int index) {
    Subgraph g = part.graph();
    Op op = g.ops().get(index);
    if (!(op.kind() instanceof OpKind.Binary b)
        || b.function() != OpKind.Binary.Function.MUL
        || b.activation() != Activation.NONE) {
      return null;
    }
    for (int side = 0; side < 2; side++) {
      int gate = op.input(side);
      int input = op.input(1 - side);
      int producer = g.producer(gate);
      if (part.has(producer)
          && g.ops().get(producer).kind() instanceof OpKind.Activate a
          && a.function() == OpKind.Activate.Function.LOGISTIC
          && g.ops().get(producer).input(0) == input
          && g.consumers(gate).size() == 1
          && !part.outputs().contains(gate)
          && isKnown(g.tensor(input), g.tensor(gate), g.tensor(op.output(0)))) {
        return new Found(producer, input, gate);
      }
    }
    return null;
  }

  private static boolean isKnown(Tensor x, Tensor gate, Tensor y) {
    if (x.type() != gate.type() || x.type() != y.type()) {
      return false;
    }
    return switch (x.type()) {
      case FLOAT32 -> true;
      case INT8, UINT8 ->
          isPlain(x)
              && isPlain(gate)
              && isPlain(y)
              && Pointwise.multipliesByFloat(
                  x.quantization().scale(), gate.quantization().scale(), y.quantization().scale());
      default -> false;
    };
  }

  private static boolean isPlain(Tensor t) {
    String type = Lowering.typeName(t.type());
    return t.quantization().isPerTensor()
        && t.quantization().zeroPoint() >= Numbers.least(type)
        && t.quantization().zeroPoint() <= Numbers.greatest(type);
  }

  static void lower(Lowering l, int index, Op op, Found found) {
    int out = op.output(0);
    String type = l.type(index, found.input());
    String label = "SILU " + l.shape(found.input());
    if (type.equals("f32")) {
      Value source = l.value(found.input());
      Pointwise.real(l, index, label, SILU, l.shape(out), source, l.define(out));
      return;
    }
    ByteBuffer gates = Pointwise.entries(l, type, LOGISTIC, found.input(), found.gate());
    float ratio = l.scale(found.input()) * l.scale(found.gate()) / l.scale(out);
    int zero = l.zeroPoint(out);
    float least = Numbers.least(type) - zero;
    float most = Numbers.greatest(type) - zero;
    ByteBuffer table =
        Tables.bytes(
            type,
            x -> { // xnn.mul
              byte stored = gates.get(x & 255);
              int gate = type.equals("s8") ? stored : stored & 255;
              int product = (x - l.zeroPoint(found.input())) * (gate - l.zeroPoint(found.gate()));
              float value = Math.min(most, Math.max(least, product * ratio));
              return (int) Math.rint((double) value) + zero;
            });
    Pointwise.lookup(l, index, label, found.input(), out, "u8", table);
  }
}
