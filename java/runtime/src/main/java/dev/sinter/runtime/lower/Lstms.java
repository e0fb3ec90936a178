// LSTM layers: one product of all inputs with all gates' weights, then the recurrent steps.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** Lowers UNIDIRECTIONAL_SEQUENCE_LSTM, and LSTM, which is one step of it. */
final class Lstms {
  private static final int TANH = 4;

  // Inputs in TensorFlow Lite's order; of four gates (input, forget, cell, output) or three (no
  // cell).
  private static final int INPUT_WEIGHTS = 1;
  private static final int RECURRENT_WEIGHTS = 5;
  private static final int PEEPHOLE_WEIGHTS = 9;
  private static final int BIAS = 12;
  private static final int PROJECTION_WEIGHTS = 16;
  private static final int PROJECTION_BIAS = 17;
  private static final int OUTPUT_STATE = 18;
  private static final int CELL_STATE = 19;
  private static final int NORM_WEIGHTS = 20;

  private final Lowering l;
  private final int index;
  private final Op op;
  private final OpKind.Foreign kind;
  private final boolean integer;
  private final boolean cifg;
  private final boolean peephole;
  private final boolean norm;
  private final boolean projection;
  private final int cell;
  private final int output;
  private final int width;

  private Lstms(Lowering l, int index, Op op, OpKind.Foreign kind) {
    this.l = l;
    this.index = index;
    this.op = op;
    this.kind = kind;
    if (op.inputs().size() != 20 && op.inputs().size() != 24) {
      throw l.unsupported(index, "an LSTM with " + op.inputs().size() + " inputs");
    }
    integer = l.tensor(op.input(0)).type() == ElementType.INT8;
    cifg = !op.hasInput(INPUT_WEIGHTS);
    peephole = op.hasInput(PEEPHOLE_WEIGHTS + 2);
    norm = op.hasInput(NORM_WEIGHTS + 1);
    projection = op.hasInput(PROJECTION_WEIGHTS);
    width = l.shape(op.input(INPUT_WEIGHTS + 3)).dim(1);
    cell = l.shape(op.input(INPUT_WEIGHTS + 3)).dim(0);
    Shape recurrent = l.shape(op.input(RECURRENT_WEIGHTS + 3));
    if (recurrent.rank() != 2) {
      throw l.unsupported(index, "a diagonal of recurrent weights");
    }
    output = recurrent.dim(1);
  }

  static void lower(Lowering l, int index, Op op, OpKind.Foreign kind) {
    new Lstms(l, index, op, kind).lower();
  }

  private int gates() {
    return cifg ? 3 : 4;
  }

  private float real(String attribute) {
    return kind.attributes().get(attribute) instanceof Number n ? n.floatValue() : 0f;
  }

  private void lower() {
    boolean sequence = kind.name().equals("UNIDIRECTIONAL_SEQUENCE_LSTM");
    Shape in = l.shape(op.input(0));
    if (in.rank() != (sequence ? 3 : 2) || in.dim(-1) != width) {
      throw l.unsupported(index, "an input of shape " + in);
    }
    if (!sequence && real("kernel_type") != 0) {
      throw l.unsupported(index, "the basic LSTM kernel");
    }
    boolean timeMajor =
        !sequence || (kind.attributes().get("time_major") instanceof Boolean b && b);
    int steps = sequence ? in.dim(timeMajor ? 0 : 1) : 1;
    int batch = sequence ? in.dim(timeMajor ? 1 : 0) : in.dim(0);
    int activation = (int) real("fused_activation_function");
    if (activation < 0 || activation > TANH) {
      throw l.unsupported(index, "activation " + activation);
    }
    checkTypes();
    int rows = Math.multiplyExact(steps, batch);
    int n = Math.multiplyExact(gates(), cell);
    Value products = l.temporary(op.kind().label() + " gates", 4L * rows * n);
    Value source = l.value(op.input(0));
    l.add(
        inputProduct(rows, n)
            .slot(source)
            .weights(
                Arrays.asList("lstm input", op.inputs().subList(INPUT_WEIGHTS, BIAS + 4)),
                Arrays.asList(
                    concatenated(INPUT_WEIGHTS, 0, 1, 2, 3),
                    norm ? null : concatenated(BIAS, 0, 1, 2, 3)))
            .slot(products)
            .work((double) rows * n * width));
    Value state = l.state(index, op.input(OUTPUT_STATE));
    Value cells = l.state(index, op.input(CELL_STATE));
    checkSize(OUTPUT_STATE, (long) batch * output);
    checkSize(CELL_STATE, (long) batch * cell);
    ByteBuffer factors = integer ? factors() : null;
    l.add(
        recurrent(steps, batch, timeMajor, integer ? TANH : activation)
            .slot(products)
            .slot(state)
            .slot(cells)
            .weights(Arrays.asList("lstm", op.inputs(), factors), sources(factors))
            .slot(state)
            .slot(cells)
            .slot(l.define(op.output(0)))
            .work((double) rows * (n + (projection ? cell : 0)) * output));
  }

  private Step inputProduct(int rows, int n) {
    int zeroPoint = integer ? l.zeroPoint(op.input(0)) : 0;
    return product(index, kind.label() + " inputs", integer, rows, n, width, zeroPoint);
  }

  /** A product in floats, or of int8 numbers into plain sums. */
  static Step product(int index, String what, boolean integer, int m, int n, int k, int zeroPoint) {
    String label = what + " " + m + "x" + k + " * " + k + "x" + n;
    String type = integer ? "s8" : "f32";
    return new Step("gemm", index, label, type, type, integer ? "s32" : "f32")
        .set("m", m)
        .set("n", n)
        .set("k", k)
        .set("lda", k)
        .set("ldc", n)
        .set("a_zero_point", zeroPoint)
        .set("w_zero_point", 0)
        .set("requantization", 0)
        .set("dynamic", 0)
        .set("block", 0)
        .set("out_zero_point", 0)
        .set("out_min", -128)
        .set("out_max", 127)
        .set("act_min", Float.NEGATIVE_INFINITY)
        .set("act_max", Float.POSITIVE_INFINITY);
  }

  private Step recurrent(int steps, int batch, boolean timeMajor, int activation) {
    String[] types =
        integer
            ? new String[] {"s32", "s8", "s16", "s8", "s8", "s16", "s8"}
            : new String[] {"f32", "f32", "f32", "f32", "f32", "f32", "f32"};
    String label =
        kind.label() + " " + steps + " steps, " + cell + " cells, " + output + " outputs";
    float cellClip = real("cell_clip");
    float projectionClip = real("proj_clip");
    int cellShift = 0;
    if (integer) {
      cellShift = log2(l.scale(op.input(CELL_STATE)));
      cellClip = whole(cellClip / l.scale(op.input(CELL_STATE)), 32767);
      projectionClip = whole(projectionClip / l.scale(op.output(0)), 127);
    }
    return new Step("lstm", index, label, types)
        .set("steps", steps)
        .set("batch", batch)
        .set("cell", cell)
        .set("output", output)
        .set("time_major", timeMajor ? 1 : 0)
        .set("cifg", cifg ? 1 : 0)
        .set("peephole", peephole ? 1 : 0)
        .set("layer_norm", norm ? 1 : 0)
        .set("projection", projection ? 1 : 0)
        .set("activation", activation)
        .set("cell_clip", cellClip)
        .set("projection_clip", projectionClip)
        .set("cell_shift", cellShift)
        .set("state_zero_point", integer ? l.zeroPoint(op.input(OUTPUT_STATE)) : 0)
        .set("hidden_zero_point", integer ? Math.toIntExact(hidden().zeroPoint()) : 0);
  }

  private static float whole(float clip, int most) {
    return clip > 0 ? (float) (int) Math.min(clip, most) : 0;
  }

  private int log2(float scale) {
    double exact = Math.log(scale) / Math.log(2);
    if (!(scale > 0) || Math.abs(exact - Math.rint(exact)) >= 1e-3) {
      throw l.unsupported(index, "a cell scale of " + scale + ", which is no power of two,");
    }
    return (int) Math.rint(exact);
  }

  private Quantization hidden() {
    if (op.intermediates().size() != 5) {
      throw l.unsupported(index, "an LSTM with " + op.intermediates().size() + " intermediates");
    }
    return l.quantization(op.intermediates().get(4));
  }

  private void checkSize(int input, long elements) {
    if (l.shape(op.input(input)).elements() != elements) {
      throw l.unsupported(index, "a state of shape " + l.shape(op.input(input)));
    }
  }

  private void checkTypes() {
    ElementType wide = integer ? ElementType.INT8 : ElementType.FLOAT32;
    ElementType small = integer ? ElementType.INT16 : ElementType.FLOAT32;
    ElementType sums = integer ? ElementType.INT32 : ElementType.FLOAT32;
    for (int i = 0; i < op.inputs().size(); i++) {
      if (!op.hasInput(i)) {
        boolean inputGate = i == 1 || i == 5 || i == 9 || i == 12 || i == 20;
        boolean wanted =
            i < PEEPHOLE_WEIGHTS
                ? !(cifg && inputGate)
                : i < BIAS
                    ? peephole && !(cifg && inputGate)
                    : i < PROJECTION_WEIGHTS
                        ? !(cifg && inputGate)
                        : i >= NORM_WEIGHTS
                            ? norm && !(cifg && inputGate)
                            : i == OUTPUT_STATE || i == CELL_STATE;
        if (wanted) {
          throw l.unsupported(index, "an LSTM without input " + i);
        }
        continue;
      }
      boolean vector = (i >= PEEPHOLE_WEIGHTS && i < BIAS) || i == CELL_STATE || i >= NORM_WEIGHTS;
      boolean bias = (i >= BIAS && i < PROJECTION_WEIGHTS) || i == PROJECTION_BIAS;
      ElementType expected = vector ? small : bias ? sums : wide;
      if (l.tensor(op.input(i)).type() != expected) {
        throw l.unsupported(
            index, "input " + i + " of type " + l.tensor(op.input(i)).type() + " in an LSTM");
      }
      if (i > 0 && i != OUTPUT_STATE && i != CELL_STATE && !l.isConstant(op.input(i))) {
        throw l.unsupported(index, "an LSTM with input " + i + " that is computed at run time");
      }
      if (integer && !bias) {
        l.requireQuantized(index, op.input(i));
      }
    }
    if (l.tensor(op.output(0)).type() != wide) {
      throw l.unsupported(index, "an LSTM's output of type " + l.tensor(op.output(0)).type());
    }
  }

  /** The constants of some gates one behind the other; those of an absent gate are left out. */
  private Supplier<ByteBuffer> concatenated(int first, int... gates) {
    List<Integer> tensors = new ArrayList<>();
    for (int gate : gates) {
      if (op.hasInput(first + gate)) {
        tensors.add(op.input(first + gate));
      }
    }
    return () -> {
      long bytes = 0;
      for (int t : tensors) {
        bytes += l.bytes(t);
      }
      ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
      for (int t : tensors) {
        all.put(l.constant(t).duplicate());
      }
      return all.flip();
    };
  }

  private List<Supplier<ByteBuffer>> sources(ByteBuffer factors) {
    return Arrays.asList(
        concatenated(RECURRENT_WEIGHTS, 0, 1, 2, 3),
        projection ? concatenated(PROJECTION_WEIGHTS, 0) : null,
        op.hasInput(PROJECTION_BIAS) ? concatenated(PROJECTION_BIAS, 0) : null,
        peephole ? concatenated(PEEPHOLE_WEIGHTS, 0, 1, 2) : null,
        norm ? concatenated(NORM_WEIGHTS, 0, 1, 2, 3) : null,
        norm ? concatenated(BIAS, 0, 1, 2, 3) : null,
        factors == null ? null : factors::duplicate);
  }

  // ---- the integer form's scales, in the arithmetic of TensorFlow Lite's kernel ----------------

  private float scaleOf(int input) {
    return op.hasInput(input) ? l.scale(op.input(input)) : 1f;
  }

  /** What the native op calls LstmFactors. */
  private ByteBuffer factors() {
    float in = l.scale(op.input(0));
    float state = l.scale(op.input(OUTPUT_STATE));
    double cellScale = Math.pow(2, log2(l.scale(op.input(CELL_STATE))));
    float hidden = hidden().scale();
    float[] gate = new float[4];
    for (int g = 0; g < 4; g++) {
      gate[g] =
          norm && !(cifg && g == 0)
              ? l.quantization(op.intermediates().get(g)).scale()
              : (float) Math.pow(2, -12);
    }
    ByteBuffer out = ByteBuffer.allocate(160).order(ByteOrder.LITTLE_ENDIAN);
    for (int g = 0; g < 4; g++) {
      factor(out, scaleOf(INPUT_WEIGHTS + g) * in / gate[g]);
    }
    for (int g = 0; g < 4; g++) {
      factor(out, scaleOf(RECURRENT_WEIGHTS + g) * state / gate[g]);
    }
    for (int g = 0; g < 4; g++) {
      int weights = PEEPHOLE_WEIGHTS + (g == 3 ? 2 : g);
      boolean there = peephole && g != 2 && op.hasInput(weights);
      factor(out, there ? (float) (cellScale * scaleOf(weights) / gate[g]) : 0);
    }
    for (int g = 0; g < 4; g++) {
      factor(out, norm ? scaleOf(NORM_WEIGHTS + g) : 0);
    }
    for (int g = 0; g < 4; g++) {
      out.putInt(norm ? Math.max(1, (int) (10000 * scaleOf(NORM_WEIGHTS + g))) : 1);
    }
    factor(out, projection ? scaleOf(PROJECTION_WEIGHTS) * hidden / state : 0);
    factor(out, (float) (Math.pow(2, -15) / hidden * Math.pow(2, -15)));
    return out.flip();
  }

  /** A factor as mantissa and shift. */
  static void factor(ByteBuffer out, double factor) {
    if (!(factor > 0)) {
      out.putInt(0).putInt(0);
      return;
    }
    int shift = Math.getExponent(factor) + 1;
    long mantissa = Math.round(Math.scalb(factor, 31 - shift));
    if (mantissa == 1L << 31) {
      mantissa /= 2;
      shift++;
    }
    out.putInt(shift < -31 ? 0 : (int) mantissa).putInt(shift < -31 ? 0 : shift);
  }
}
