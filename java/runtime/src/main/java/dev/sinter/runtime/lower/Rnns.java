// Plain recurrent layers: one product of all inputs with the input weights, then the recurrent
// steps.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * Lowers UNIDIRECTIONAL_SEQUENCE_RNN, RNN, which is one step of it, and BIDIRECTIONAL_SEQUENCE_RNN,
 * which is two of them.
 */
final class Rnns {
  private static final int TANH = 4;

  // A bidirectional layer's second input and its weights.
  private static final int SECOND_INPUT = 9;
  private static final int SECOND_WEIGHTS = 10;
  private static final int BOTH_INPUTS = 12;

  private final Lowering l;
  private final int index;
  private final Op op;
  private final OpKind.Foreign kind;
  private final boolean backward;
  private final boolean bidirectional;
  private final Recurrent.Form form;
  private final int weights;
  private final int recurrent;
  private final int bias;
  private final int state;
  private final int units;

  /**
   * One direction.
   *
   * @param first the input that holds its input weights; recurrent weights, bias and state follow
   */
  private Rnns(Lowering l, int index, Op op, OpKind.Foreign kind, int first, boolean backward) {
    this.l = l;
    this.index = index;
    this.op = op;
    this.kind = kind;
    this.backward = backward;
    bidirectional = kind.name().equals("BIDIRECTIONAL_SEQUENCE_RNN");
    weights = op.input(first);
    recurrent = op.input(first + 1);
    bias = op.input(first + 2);
    state = op.input(first + 3);
    form = Recurrent.form(l, index, op.input(0), weights);
    if (form == Recurrent.Form.INTEGER) {
      throw l.unsupported(index, "a plain recurrent layer of integers");
    }
    units = l.shape(weights).dim(0);
    Shape square = l.shape(recurrent);
    if (square.rank() != 2
        || square.dim(0) != units
        || square.dim(1) != units
        || l.shape(bias).elements() != units
        || Recurrent.form(l, index, op.input(0), recurrent) != form
        || l.tensor(bias).type() != ElementType.FLOAT32
        || !l.isConstant(recurrent)
        || !l.isConstant(bias)) {
      throw l.unsupported(index, "recurrent weights " + square + " for " + units + " units");
    }
  }

  static void lower(Lowering l, int index, Op op, OpKind.Foreign kind) {
    boolean both = kind.name().equals("BIDIRECTIONAL_SEQUENCE_RNN");
    boolean sequence = !kind.name().equals("RNN");
    Shape in = l.shape(op.input(0));
    if (in.rank() != (sequence ? 3 : 2) || (both && op.inputs().size() != BOTH_INPUTS)) {
      throw l.unsupported(index, op.inputs().size() + " inputs, the first of shape " + in);
    }
    boolean timeMajor = !sequence || kind.number("time_major") != 0;
    int steps = sequence ? in.dim(timeMajor ? 0 : 1) : 1;
    int batch = sequence ? in.dim(timeMajor ? 1 : 0) : in.dim(0);
    Rnns forward = new Rnns(l, index, op, kind, 1, false);
    Value first = l.value(op.input(0));
    if (!both) {
      forward.lower(steps, batch, timeMajor, first, null, l.define(op.output(0)));
      return;
    }
    Rnns back = new Rnns(l, index, op, kind, 5, true);
    Value second = op.hasInput(SECOND_INPUT) ? l.value(op.input(SECOND_INPUT)) : null;
    boolean crossed = op.hasInput(SECOND_WEIGHTS);
    if ((second == null && crossed)
        || (second != null && l.tensor(op.input(SECOND_INPUT)).type() != ElementType.FLOAT32)) {
      throw l.unsupported(index, "a second input that is not there, or not in float");
    }
    Recurrent.Halves halves = new Recurrent.Halves(l, index, op, kind, (long) steps * batch);
    long total = 4L * (forward.units + back.units);
    Value ahead = halves.place(false, 4L * forward.units);
    forward.lower(steps, batch, timeMajor, first, crossed ? second : null, ahead);
    // A second input without weights of its own is what the backward direction reads; TFLite's
    // kernel forgets it where examples come first.
    Value behind = halves.place(true, 4L * back.units);
    back.lower(
        steps,
        batch,
        timeMajor,
        crossed || second == null || !timeMajor ? first : second,
        crossed ? second : null,
        behind);
    halves.put(ahead, 4L * forward.units, total);
    halves.put(behind, 4L * back.units, total);
  }

  private void lower(
      int steps, int batch, boolean timeMajor, Value source, Value second, Value out) {
    int activation = kind.number("fused_activation_function");
    if (activation < 0 || activation > TANH) {
      throw l.unsupported(index, "activation " + activation);
    }
    if (l.shape(state).elements() != (long) batch * units) {
      throw l.unsupported(index, "a state of shape " + l.shape(state));
    }
    int rows = Math.multiplyExact(steps, batch);
    Value products = product(source, rows, weights, true);
    if (second != null) {
      Value others = product(second, rows, op.input(SECOND_WEIGHTS + (backward ? 1 : 0)), false);
      Value sum = l.temporary(kind.label() + " sums", 4L * rows * units);
      l.add(
          Recurrent.sum(
              index, kind.label() + " inputs", (long) rows * units, products, others, sum));
      products = sum;
    }
    boolean hybrid = form == Recurrent.Form.HYBRID;
    ByteBuffer scales = hybrid ? Recurrent.scales(l, index, List.of(recurrent)) : null;
    Value kept = l.state(index, state);
    // TFLite's kernel runs the whole of a hybrid sequence once for each of its steps where both
    // directions are asked for and time comes first; the states go on from one pass to the next.
    int passes = hybrid && bidirectional && timeMajor ? steps : 1;
    for (int pass = 0; pass < passes; pass++) {
      l.add(
          new Step(
                  "rnn",
                  index,
                  kind.label() + " " + steps + " steps, " + units + " units",
                  "f32",
                  "f32",
                  hybrid ? "s8" : "f32",
                  "f32",
                  "f32")
              .set("steps", steps)
              .set("batch", batch)
              .set("units", units)
              .set("time_major", timeMajor ? 1 : 0)
              .set("backward", backward ? 1 : 0)
              .set("activation", activation)
              .set("dynamic", Recurrent.dynamic(form, kind))
              .slot(products)
              .slot(kept)
              .weights(
                  Arrays.asList("rnn", recurrent),
                  Arrays.asList(
                      () -> l.constant(recurrent), scales == null ? null : scales::duplicate))
              .slot(kept)
              .slot(out)
              .work((double) rows * units * units));
    }
  }

  /** What an input contributes to all steps. */
  private Value product(Value source, int rows, int matrix, boolean withBias) {
    Shape shape = l.shape(matrix);
    if (shape.rank() != 2
        || shape.dim(0) != units
        || source.bytes() != 4L * rows * shape.dim(1)
        || !l.isConstant(matrix)
        || Recurrent.form(l, index, op.input(0), matrix) != form) {
      throw l.unsupported(index, "weights of shape " + shape);
    }
    int k = shape.dim(1);
    Value products = l.temporary(kind.label() + " sums", 4L * rows * units);
    boolean hybrid = form == Recurrent.Form.HYBRID;
    l.add(
        Recurrent.product(
                index,
                kind.label() + " inputs",
                form,
                rows,
                units,
                k,
                0,
                Recurrent.dynamic(form, kind))
            .slot(source)
            .weights(
                Arrays.asList("rnn input", matrix, withBias ? bias : -1),
                Recurrent.sources(
                    form,
                    () -> l.constant(matrix),
                    withBias ? () -> l.constant(bias) : null,
                    hybrid ? Recurrent.scales(l, index, List.of(matrix)) : null))
            .slot(products)
            .work((double) rows * units * k));
    return products;
  }
}
