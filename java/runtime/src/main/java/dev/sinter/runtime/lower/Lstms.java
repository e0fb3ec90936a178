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

/**
 * Lowers UNIDIRECTIONAL_SEQUENCE_LSTM, LSTM, which is one step of it, and
 * BIDIRECTIONAL_SEQUENCE_LSTM, which is two of them.
 */
final class Lstms {
  private static final int TANH = 4;
  private static final String BIDIRECTIONAL = "BIDIRECTIONAL_SEQUENCE_LSTM";

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

  // A bidirectional layer: the weights of the backward direction, both states of each, then a
  // second input and its weights.
  private static final int BACKWARD = 17;
  private static final int BOTH_STATES = 35;
  private static final int SECOND_INPUT = 39;
  private static final int SECOND_WEIGHTS = 40;
  private static final int BOTH_INPUTS = 48;

  private final Lowering l;
  private final int index;
  private final Op op;
  private final OpKind.Foreign kind;
  private final Recurrent.Form form;
  private final boolean integer;
  private final boolean bidirectional;
  private final boolean backward;
  private final int dynamic;
  private final boolean cifg;
  private final boolean peephole;
  private final boolean norm;
  private final boolean projection;
  private final int cell;
  private final int output;
  private final int width;

  private Lstms(Lowering l, int index, Op op, OpKind.Foreign kind, boolean backward) {
    this.l = l;
    this.index = index;
    this.op = op;
    this.kind = kind;
    this.backward = backward;
    bidirectional = kind.name().equals(BIDIRECTIONAL);
    int inputs = op.inputs().size();
    if (bidirectional ? inputs != BOTH_INPUTS : inputs != 20 && inputs != 24) {
      throw l.unsupported(index, "an LSTM with " + inputs + " inputs");
    }
    form = Recurrent.form(l, index, op.input(0), tensor(INPUT_WEIGHTS + 3));
    integer = form == Recurrent.Form.INTEGER;
    dynamic = Recurrent.dynamic(form, kind);
    if (integer && bidirectional) {
      throw l.unsupported(index, "a bidirectional LSTM of integers");
    }
    cifg = !has(INPUT_WEIGHTS);
    peephole = has(PEEPHOLE_WEIGHTS + 2);
    norm = has(NORM_WEIGHTS + 1);
    projection = has(PROJECTION_WEIGHTS);
    width = l.shape(tensor(INPUT_WEIGHTS + 3)).dim(1);
    cell = l.shape(tensor(INPUT_WEIGHTS + 3)).dim(0);
    Shape recurrent = l.shape(tensor(RECURRENT_WEIGHTS + 3));
    if (recurrent.rank() != 2) {
      throw l.unsupported(index, "a diagonal of recurrent weights");
    }
    output = recurrent.dim(1);
  }

  static void lower(Lowering l, int index, Op op, OpKind.Foreign kind) {
    if (!kind.name().equals(BIDIRECTIONAL)) {
      Lstms one = new Lstms(l, index, op, kind, false);
      one.lower(l.value(op.input(0)), null, () -> l.define(op.output(0)));
      return;
    }
    Lstms forward = new Lstms(l, index, op, kind, false);
    Lstms back = new Lstms(l, index, op, kind, true);
    Value first = l.value(op.input(0));
    Value second = op.hasInput(SECOND_INPUT) ? l.value(op.input(SECOND_INPUT)) : null;
    boolean crossed = op.hasInput(SECOND_WEIGHTS + 1);
    if (crossed && second == null) {
      throw l.unsupported(index, "weights for a second input that is not there");
    }
    Shape in = l.shape(op.input(0));
    if (second != null
        && (l.shape(op.input(SECOND_INPUT)).rank() != 3
            || !l.tensor(op.input(SECOND_INPUT)).type().equals(ElementType.FLOAT32))) {
      throw l.unsupported(index, "a second input of shape " + l.shape(op.input(SECOND_INPUT)));
    }
    Recurrent.Halves halves = new Recurrent.Halves(l, index, op, kind, in.elements(0, 2));
    long total = 4L * (forward.output + back.output);
    Value ahead = halves.place(false, 4L * forward.output);
    forward.lower(first, crossed ? second : null, () -> ahead);
    // A second input without weights of its own is what the backward direction reads.
    Value behind = halves.place(true, 4L * back.output);
    back.lower(crossed || second == null ? first : second, crossed ? second : null, () -> behind);
    halves.put(ahead, 4L * forward.output, total);
    halves.put(behind, 4L * back.output, total);
  }

  /** Where an input of one direction, counted as a layer of one direction counts, really is. */
  private int place(int input) {
    if (!bidirectional) {
      return input;
    }
    if (input == OUTPUT_STATE || input == CELL_STATE) {
      return BOTH_STATES + (backward ? 2 : 0) + input - OUTPUT_STATE;
    }
    return backward && input > 0 ? input + BACKWARD : input;
  }

  private boolean has(int input) {
    return (!bidirectional || input < NORM_WEIGHTS) && op.hasInput(place(input));
  }

  private int tensor(int input) {
    return op.input(place(input));
  }

  private int gates() {
    return cifg ? 3 : 4;
  }

  private float real(String attribute) {
    return kind.attributes().get(attribute) instanceof Number n ? n.floatValue() : 0f;
  }

  private void lower(Value source, Value second, Supplier<Value> out) {
    boolean sequence = !kind.name().equals("LSTM");
    Shape in = l.shape(op.input(0));
    if (in.rank() != (sequence ? 3 : 2) || (!backward && in.dim(-1) != width)) {
      throw l.unsupported(index, "an input of shape " + in);
    }
    if (!sequence && real("kernel_type") != 0) {
      throw l.unsupported(index, "the basic LSTM kernel");
    }
    boolean timeMajor = !sequence || kind.number("time_major") != 0;
    int steps = sequence ? in.dim(timeMajor ? 0 : 1) : 1;
    int batch = sequence ? in.dim(timeMajor ? 1 : 0) : in.dim(0);
    int activation = (int) real("fused_activation_function");
    if (activation < 0 || activation > TANH) {
      throw l.unsupported(index, "activation " + activation);
    }
    checkTypes();
    int rows = Math.multiplyExact(steps, batch);
    if (source.bytes() != (integer ? 1L : 4L) * rows * width) {
      throw l.unsupported(index, "an input of " + source.bytes() + " bytes");
    }
    int n = Math.multiplyExact(gates(), cell);
    Value products =
        product(
            source,
            rows,
            n,
            width,
            weights(INPUT_WEIGHTS),
            norm ? null : concatenated(BIAS, 0, 1, 2, 3));
    if (second != null) {
      List<Integer> crossed = new ArrayList<>();
      for (int g = 0; g < 4; g++) {
        int input = SECOND_WEIGHTS + (backward ? 4 : 0) + g;
        if (op.hasInput(input)) {
          crossed.add(op.input(input));
        }
      }
      int k = l.shape(crossed.get(0)).dim(1);
      if (crossed.size() != gates() || second.bytes() != 4L * rows * k) {
        throw l.unsupported(index, "a second input of " + second.bytes() + " bytes");
      }
      Value others = product(second, rows, n, k, crossed, null);
      Value sum = l.temporary(kind.label() + " gates", 4L * rows * n);
      l.add(Recurrent.sum(index, kind.label() + " inputs", (long) rows * n, products, others, sum));
      products = sum;
    }
    Value state = l.state(index, tensor(OUTPUT_STATE));
    Value cells = l.state(index, tensor(CELL_STATE));
    checkSize(OUTPUT_STATE, (long) batch * output);
    checkSize(CELL_STATE, (long) batch * cell);
    ByteBuffer factors = integer ? factors() : null;
    l.add(
        recurrent(steps, batch, timeMajor, integer ? TANH : activation)
            .slot(products)
            .slot(state)
            .slot(cells)
            .weights(Arrays.asList("lstm", backward, op.inputs(), factors), sources(factors))
            .slot(state)
            .slot(cells)
            .slot(out.get())
            .work((double) rows * (n + (projection ? cell : 0)) * output));
  }

  /** What an input contributes to the gates of all steps. */
  private Value product(
      Value source, int rows, int n, int k, List<Integer> weights, Supplier<ByteBuffer> bias) {
    int zeroPoint = integer ? l.zeroPoint(op.input(0)) : 0;
    for (int t : weights) {
      Shape shape = l.shape(t);
      if (shape.rank() != 2 || shape.dim(0) != cell || shape.dim(1) != k || !l.isConstant(t)) {
        throw l.unsupported(index, "weights '" + l.tensor(t).name() + "' of shape " + shape);
      }
    }
    Value products = l.temporary(op.kind().label() + " gates", 4L * rows * n);
    ByteBuffer scales = form == Recurrent.Form.HYBRID ? Recurrent.scales(l, index, weights) : null;
    l.add(
        Recurrent.product(index, kind.label() + " inputs", form, rows, n, k, zeroPoint, dynamic)
            .slot(source)
            .weights(
                Arrays.asList("lstm input", weights, bias == null, op.inputs()),
                Recurrent.sources(form, Recurrent.joined(l, weights), bias, scales))
            .slot(products)
            .work((double) rows * n * k));
    return products;
  }

  /** The tensors of the gates that are there. */
  private List<Integer> weights(int first) {
    List<Integer> tensors = new ArrayList<>();
    for (int gate = 0; gate < 4; gate++) {
      if (has(first + gate)) {
        tensors.add(tensor(first + gate));
      }
    }
    return tensors;
  }

  private Step recurrent(int steps, int batch, boolean timeMajor, int activation) {
    String[] types =
        switch (form) {
          case INTEGER -> new String[] {"s32", "s8", "s16", "s8", "s8", "s16", "s8"};
          case FLOAT -> new String[] {"f32", "f32", "f32", "f32", "f32", "f32", "f32"};
          case HYBRID -> new String[] {"f32", "f32", "f32", "s8", "f32", "f32", "f32"};
        };
    String label =
        kind.label() + " " + steps + " steps, " + cell + " cells, " + output + " outputs";
    float cellClip = real("cell_clip");
    float projectionClip = real("proj_clip");
    int cellShift = 0;
    if (integer) {
      cellShift = log2(l.scale(tensor(CELL_STATE)));
      cellClip = whole(cellClip / l.scale(tensor(CELL_STATE)), 32767);
      projectionClip = whole(projectionClip / l.scale(op.output(0)), 127);
    }
    return new Step("lstm", index, label, types)
        .set("steps", steps)
        .set("batch", batch)
        .set("cell", cell)
        .set("output", output)
        .set("time_major", timeMajor ? 1 : 0)
        .set("backward", backward ? 1 : 0)
        .set("dynamic", dynamic)
        .set("cifg", cifg ? 1 : 0)
        .set("peephole", peephole ? 1 : 0)
        .set("layer_norm", norm ? 1 : 0)
        .set("projection", projection ? 1 : 0)
        .set("activation", activation)
        .set("cell_clip", cellClip)
        .set("projection_clip", projectionClip)
        .set("cell_shift", cellShift)
        .set("state_zero_point", integer ? l.zeroPoint(tensor(OUTPUT_STATE)) : 0)
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
    if (l.shape(tensor(input)).elements() != elements) {
      throw l.unsupported(index, "a state of shape " + l.shape(tensor(input)));
    }
  }

  private void checkTypes() {
    int count = bidirectional ? NORM_WEIGHTS : op.inputs().size();
    for (int i = 0; i < count; i++) {
      if (!has(i)) {
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
          throw l.unsupported(index, "an LSTM without input " + place(i));
        }
        continue;
      }
      if (!isOfType(i, l.tensor(tensor(i)).type())) {
        throw l.unsupported(
            index, "input " + place(i) + " of type " + l.tensor(tensor(i)).type() + " in an LSTM");
      }
      boolean state = i == OUTPUT_STATE || i == CELL_STATE;
      if (i > 0 && !state && !l.isConstant(tensor(i))) {
        throw l.unsupported(
            index, "an LSTM with input " + place(i) + " that is computed at run time");
      }
      if (integer && !isBias(i)) {
        l.requireQuantized(index, tensor(i));
      }
    }
    for (int out : op.outputs()) {
      if (l.tensor(out).type() != (integer ? ElementType.INT8 : ElementType.FLOAT32)) {
        throw l.unsupported(index, "an LSTM's output of type " + l.tensor(out).type());
      }
    }
  }

  private static boolean isBias(int input) {
    return (input >= BIAS && input < PROJECTION_WEIGHTS) || input == PROJECTION_BIAS;
  }

  private boolean isOfType(int input, ElementType type) {
    boolean weights = input > 0 && input <= PROJECTION_WEIGHTS && !isBias(input);
    boolean vector =
        (input >= PEEPHOLE_WEIGHTS && input < BIAS) || input == CELL_STATE || input >= NORM_WEIGHTS;
    return switch (form) {
      case FLOAT -> type == ElementType.FLOAT32;
      case HYBRID -> weights ? Recurrent.isBytes(type) : type == ElementType.FLOAT32;
      case INTEGER ->
          type
              == (vector
                  ? ElementType.INT16
                  : isBias(input) ? ElementType.INT32 : ElementType.INT8);
    };
  }

  /** The constants of some gates one behind the other; those of an absent gate are left out. */
  private Supplier<ByteBuffer> concatenated(int first, int... gates) {
    List<Integer> tensors = new ArrayList<>();
    for (int gate : gates) {
      if (has(first + gate)) {
        tensors.add(tensor(first + gate));
      }
    }
    return Recurrent.joined(l, tensors);
  }

  private List<Supplier<ByteBuffer>> sources(ByteBuffer factors) {
    boolean hybrid = form == Recurrent.Form.HYBRID;
    List<Integer> scaled = new ArrayList<>(weights(RECURRENT_WEIGHTS));
    List<Integer> diagonals = new ArrayList<>();
    for (int i = PEEPHOLE_WEIGHTS; i < BIAS && peephole; i++) {
      if (has(i)) {
        diagonals.add(tensor(i));
      }
    }
    if (projection) {
      scaled.add(tensor(PROJECTION_WEIGHTS));
    }
    ByteBuffer scales = hybrid ? Recurrent.scales(l, index, scaled) : null;
    return Arrays.asList(
        concatenated(RECURRENT_WEIGHTS, 0, 1, 2, 3),
        projection ? concatenated(PROJECTION_WEIGHTS, 0) : null,
        projection && has(PROJECTION_BIAS) ? concatenated(PROJECTION_BIAS, 0) : null,
        !peephole
            ? null
            : hybrid ? Recurrent.widened(l, diagonals) : Recurrent.joined(l, diagonals),
        norm ? concatenated(NORM_WEIGHTS, 0, 1, 2, 3) : null,
        norm ? concatenated(BIAS, 0, 1, 2, 3) : null,
        factors == null ? null : factors::duplicate,
        scales == null ? null : scales::duplicate);
  }

  // ---- the integer form's scales, in the arithmetic of TensorFlow Lite's kernel ----------------

  private float scaleOf(int input) {
    return has(input) ? l.scale(tensor(input)) : 1f;
  }

  /** What the native op calls LstmFactors. */
  private ByteBuffer factors() {
    float in = l.scale(op.input(0));
    float state = l.scale(tensor(OUTPUT_STATE));
    double cellScale = Math.pow(2, log2(l.scale(tensor(CELL_STATE))));
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
      boolean there = peephole && g != 2 && has(weights);
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
