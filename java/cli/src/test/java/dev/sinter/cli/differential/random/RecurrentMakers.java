// Random models of recurrent layers, float, integer and hybrid; their state is kept from run to
// run.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.random;

import static dev.sinter.graph.ElementType.FLOAT32;
import static dev.sinter.graph.ElementType.INT16;
import static dev.sinter.graph.ElementType.INT32;
import static dev.sinter.graph.ElementType.INT8;
import static dev.sinter.graph.ElementType.UINT8;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.GraphBuilder.Result;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.tflite.TfliteOps;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** LSTM, SVDF and plain recurrent layers. */
final class RecurrentMakers {
  private static final float Q12 = 1f / 4096;

  /** Errors of floats add up over the steps. */
  private static final double TOLERANCE = 1e-4;

  private enum Kind {
    FLOAT,
    INTEGER,
    /** int8 weights for float activations. */
    HYBRID,
    /** The same, stored as uint8: an older way to write int8, bit for bit. */
    UNSIGNED;

    boolean isHybrid() {
      return this == HYBRID || this == UNSIGNED;
    }

    private Kind any(Sketch s) {
      return this == HYBRID && s.oneIn(4) ? UNSIGNED : this;
    }
  }

  private RecurrentMakers() {}

  static void addTo(List<Maker> to) {
    to.add(
        Maker.of("UNIDIRECTIONAL_SEQUENCE_LSTM", FLOAT32, s -> lstm(s, Kind.FLOAT))
            .within(TOLERANCE));
    to.add(Maker.of("UNIDIRECTIONAL_SEQUENCE_LSTM", INT8, s -> lstm(s, Kind.INTEGER)));
    to.add(hybrid("UNIDIRECTIONAL_SEQUENCE_LSTM", s -> lstm(s, Kind.HYBRID)));
    to.add(Maker.of("SVDF", FLOAT32, s -> svdf(s, Kind.FLOAT)).within(TOLERANCE));
    to.add(Maker.of("SVDF", INT8, s -> svdf(s, Kind.INTEGER)));
    to.add(hybrid("SVDF", s -> svdf(s, Kind.HYBRID)));
    to.add(Maker.of("RNN", FLOAT32, s -> rnn(s, Kind.FLOAT, false)).within(TOLERANCE));
    to.add(hybrid("RNN", s -> rnn(s, Kind.HYBRID, false)));
    to.add(
        Maker.of("UNIDIRECTIONAL_SEQUENCE_RNN", FLOAT32, s -> rnn(s, Kind.FLOAT, true))
            .within(TOLERANCE));
    to.add(hybrid("UNIDIRECTIONAL_SEQUENCE_RNN", s -> rnn(s, Kind.HYBRID, true)));
    to.add(
        Maker.of("BIDIRECTIONAL_SEQUENCE_LSTM", FLOAT32, s -> bothLstms(s, Kind.FLOAT))
            .within(TOLERANCE));
    to.add(hybrid("BIDIRECTIONAL_SEQUENCE_LSTM", s -> bothLstms(s, Kind.HYBRID)));
    to.add(
        Maker.of("BIDIRECTIONAL_SEQUENCE_RNN", FLOAT32, s -> bothRnns(s, Kind.FLOAT))
            .within(TOLERANCE));
    to.add(hybrid("BIDIRECTIONAL_SEQUENCE_RNN", s -> bothRnns(s, Kind.HYBRID)));
  }

  private static Maker hybrid(String op, java.util.function.Consumer<Sketch> body) {
    return Maker.of(op, FLOAT32, body).in(Maker.Family.HYBRID).within(TOLERANCE).rounding();
  }

  private static Quantization q(double scale, int zero) {
    return Quantization.perTensor((float) scale, zero);
  }

  private static Value bytes(Sketch s, Kind kind, double scale, int... dims) {
    return s.constant(
        kind == Kind.UNSIGNED ? UINT8 : INT8,
        s.whole(INT8, 127, Sketch.count(dims)),
        q(s.spread(scale), 0),
        dims);
  }

  /** Weights of a product over k; in int8 such that results of inputs around 1 are around 1. */
  private static Value weights(Sketch s, Kind kind, int n, int k, double size) {
    return kind == Kind.FLOAT
        ? s.floats(size / Math.sqrt(k), n, k)
        : bytes(s, kind, size / 60 / Math.sqrt(k), n, k);
  }

  private static Value bias(Sketch s, Kind kind, int n, int bound) {
    return kind == Kind.INTEGER
        ? s.constant(INT32, s.whole(INT32, bound, n), q(1e-4, 0), n)
        : s.floats(0.6, n);
  }

  private static Value vector(Sketch s, Kind kind, int n, double scale, double size) {
    return kind == Kind.INTEGER
        ? s.constant(INT16, s.whole(INT16, 32767, n), q(s.spread(scale), 0), n)
        : s.floats(size, n);
  }

  private static void lstm(Sketch s, Kind wanted) {
    Kind kind = wanted.any(s);
    boolean integer = kind == Kind.INTEGER;
    int steps = s.between(1, 7);
    int batch = s.between(1, 3);
    int width = s.between(1, 30);
    int cell = s.between(1, 40);
    boolean cifg = s.oneIn(3);
    boolean norm = s.oneIn(3);
    boolean projection = s.oneIn(3);
    boolean peephole = s.oneIn(3);
    boolean timeMajor = s.coin();
    // Of floats that are projected to more outputs than there are cells, TFLite overwrites the last
    // ones: with one
    // cell its rows are no multiples of each other.
    int output = projection ? s.between(1, !integer || peephole ? cell : 40) : cell;
    if (integer && peephole && output != cell) {
      timeMajor = false; // TFLite reads the peephole weights of other examples there
    }
    Map<String, Object> options = new HashMap<>();
    options.put("fused_activation_function", 4);
    options.put("time_major", timeMajor);
    if (s.oneIn(3)) {
      options.put("cell_clip", s.spread(0.8));
    }
    if (projection && s.oneIn(3)) {
      options.put("proj_clip", s.spread(0.5));
    }
    if (kind.isHybrid()) {
      options.put("asymmetric_quantize_inputs", s.coin());
    }
    ElementType wide = integer ? INT8 : FLOAT32;
    ElementType small = integer ? INT16 : FLOAT32;
    Quantization state = integer ? q(1.0 / 128, s.between(-30, 30)) : Quantization.NONE;
    int first = timeMajor ? steps : batch;
    int second = timeMajor ? batch : steps;
    Value[] in = new Value[24];
    in[0] =
        integer
            ? s.input(INT8, q(s.spread(0.02), s.between(-60, 60)), first, second, width)
            : s.ranged(FLOAT32, Quantization.NONE, -1, 1, first, second, width);
    for (int g = cifg ? 1 : 0; g < 4; g++) {
      in[1 + g] = weights(s, kind, cell, width, 1);
      in[5 + g] = weights(s, kind, cell, output, 1.5);
      in[12 + g] = bias(s, kind, cell, norm ? 3_000_000 : 8000);
      if (norm) {
        in[20 + g] = vector(s, kind, cell, 3e-5, 0.6);
      }
    }
    for (int p = cifg ? 1 : 0; p < 3 && peephole; p++) {
      in[9 + p] = kind.isHybrid() ? bytes(s, kind, 5e-3, cell) : vector(s, kind, cell, 2e-5, 0.4);
    }
    if (projection) {
      in[16] = weights(s, kind, output, cell, 1);
      in[17] = s.coin() ? bias(s, kind, output, 500) : null;
    }
    in[18] = s.b.variable(s.name("h"), wide, state, batch, output);
    in[19] =
        s.b.variable(
            s.name("c"),
            small,
            integer ? q(1.0 / (1 << s.between(9, 13)), 0) : Quantization.NONE,
            batch,
            cell);
    List<Value> intermediates = new ArrayList<>();
    if (integer) {
      for (int g = 0; g < 4; g++) {
        intermediates.add(s.b.intermediate(s.name("g"), INT16, q(s.spread(Q12), 0)));
      }
      Quantization hidden = projection ? q(s.spread(1.0 / 128), s.between(-30, 30)) : state;
      intermediates.add(s.b.intermediate(s.name("hidden"), INT8, hidden));
    }
    s.done(
        s.b
            .op(
                TfliteOps.builtin("UNIDIRECTIONAL_SEQUENCE_LSTM", 3, options),
                List.of(new Result(wide, state, Shape.of(first, second, output))),
                intermediates,
                Arrays.asList(in))
            .get(0));
  }

  private static void svdf(Sketch s, Kind wanted) {
    Kind kind = wanted.any(s);
    boolean integer = kind == Kind.INTEGER;
    int rank = s.between(1, 3);
    int units = s.between(1, 20);
    int filters = rank * units;
    int memory = s.between(1, 10);
    int batch = s.between(1, 3);
    int width = s.between(1, 40);
    Map<String, Object> options = new HashMap<>();
    options.put("rank", rank);
    options.put("fused_activation_function", integer ? 1 : s.between(0, 3));
    if (kind.isHybrid()) {
      options.put("asymmetric_quantize_inputs", s.coin());
    }
    ElementType wide = integer ? INT8 : FLOAT32;
    Value x =
        integer
            ? s.input(INT8, q(s.spread(0.02), s.between(-60, 60)), batch, width)
            : s.ranged(FLOAT32, Quantization.NONE, -1, 1, batch, width);
    Value features = weights(s, kind, filters, width, 1);
    Value time =
        switch (kind) {
          case FLOAT -> s.floats(0.6, filters, memory);
          case HYBRID, UNSIGNED -> bytes(s, kind, 5e-3, filters, memory);
          case INTEGER ->
              s.constant(
                  INT16,
                  s.whole(INT16, 32767, filters * memory),
                  q(s.spread(3e-5), 0),
                  filters,
                  memory);
        };
    Value bias = s.coin() ? bias(s, kind, units, 20_000) : null;
    Value state =
        s.b.variable(
            s.name("state"),
            integer ? INT16 : FLOAT32,
            integer ? q(s.spread(1.0 / 8192), 0) : Quantization.NONE,
            batch,
            memory * filters);
    Quantization out = integer ? q(s.spread(0.02), s.between(-128, 60)) : Quantization.NONE;
    s.done(
        s.b
            .op(
                TfliteOps.builtin("SVDF", 3, options),
                List.of(new Result(wide, out, Shape.of(batch, units))),
                List.of(),
                Arrays.asList(x, features, time, bias, state))
            .get(0));
  }

  private static void rnn(Sketch s, Kind wanted, boolean sequence) {
    Kind kind = wanted.any(s);
    int steps = s.between(1, 6);
    int batch = s.between(1, 3);
    int width = s.between(1, 30);
    int units = s.between(1, 30);
    boolean timeMajor = sequence && s.coin();
    Map<String, Object> options = new HashMap<>();
    options.put("fused_activation_function", s.pick(4, 0, 1, 3));
    if (sequence) {
      options.put("time_major", timeMajor);
    }
    if (kind.isHybrid()) {
      options.put("asymmetric_quantize_inputs", s.coin());
    }
    int[] in =
        !sequence
            ? new int[] {batch, width}
            : timeMajor ? new int[] {steps, batch, width} : new int[] {batch, steps, width};
    int[] out = in.clone();
    out[out.length - 1] = units;
    Value x = s.ranged(FLOAT32, Quantization.NONE, -1, 1, in);
    Value state = s.b.variable(s.name("h"), FLOAT32, Quantization.NONE, batch, units);
    s.done(
        s.b
            .op(
                TfliteOps.builtin(
                    sequence ? "UNIDIRECTIONAL_SEQUENCE_RNN" : "RNN",
                    kind.isHybrid() ? 3 : 1,
                    options),
                List.of(new Result(FLOAT32, Quantization.NONE, Shape.of(out))),
                List.of(),
                List.of(
                    x,
                    weights(s, kind, units, width, 0.6),
                    weights(s, kind, units, units, 0.6),
                    s.floats(0.3, units),
                    state))
            .get(0));
  }

  /** Results of two directions: side by side, or two. */
  private static void both(
      Sketch s,
      String op,
      Map<String, Object> options,
      int[] in,
      int forward,
      int backward,
      List<Value> inputs) {
    // Where examples come first, TFLite's LSTM finds their states by the width of the result: with
    // both directions in one it reads and writes behind them.
    boolean examples = op.endsWith("LSTM") && !(Boolean) options.get("time_major") && in[0] > 1;
    boolean merged = s.coin() && !examples;
    options.put("merge_outputs", merged);
    if (merged && op.endsWith("RNN") && options.containsKey("asymmetric_quantize_inputs")) {
      // Without zero points TFLite's kernel reads beside the array of them, and ends the process.
      options.put("asymmetric_quantize_inputs", true);
    }
    List<Result> results = new ArrayList<>();
    for (int units : merged ? new int[] {forward + backward} : new int[] {forward, backward}) {
      results.add(new Result(FLOAT32, Quantization.NONE, Shape.of(in[0], in[1], units)));
    }
    s.done(
        s.b
            .op(TfliteOps.builtin(op, 3, options), results, List.of(), inputs)
            .toArray(Value[]::new));
  }

  /** What the backward direction or both get beside the input: nothing, or a second input. */
  private enum Second {
    NONE,
    BACKWARD_ONLY,
    CROSSED
  }

  private static void bothLstms(Sketch s, Kind wanted) {
    Kind kind = wanted.any(s);
    int steps = s.between(1, 6);
    int batch = s.between(1, 3);
    int width = s.between(1, 20);
    boolean timeMajor = s.coin();
    Map<String, Object> options = new HashMap<>();
    options.put("fused_activation_function", 4);
    options.put("time_major", timeMajor);
    if (s.oneIn(3)) {
      options.put("cell_clip", s.spread(0.8));
    }
    if (kind.isHybrid()) {
      options.put("asymmetric_quantize_inputs", s.coin());
    }
    int[] in = timeMajor ? new int[] {steps, batch, width} : new int[] {batch, steps, width};
    Second second = s.pick(Second.NONE, Second.BACKWARD_ONLY, Second.CROSSED);
    // TFLite 2.21 steps through a second input of another width by the width of the first; later
    // versions do not.
    int otherWidth = width;
    boolean cifg = s.oneIn(3);
    boolean peephole = s.oneIn(3);
    boolean projection = s.oneIn(3);
    Value[] inputs = new Value[48];
    inputs[0] = s.ranged(FLOAT32, Quantization.NONE, -1, 1, in);
    if (second != Second.NONE) {
      inputs[39] = s.ranged(FLOAT32, Quantization.NONE, -1, 1, in[0], in[1], otherWidth);
    }
    int[] outputs = new int[2];
    // TFLite checks the weights of one direction against the sizes of the other.
    int cell = s.between(1, 24);
    int output = projection ? s.between(1, 24) : cell;
    for (int d = 0; d < 2; d++) {
      int at = 17 * d;
      outputs[d] = output;
      for (int g = cifg ? 1 : 0; g < 4; g++) {
        inputs[at + 1 + g] = weights(s, kind, cell, width, 1);
        inputs[at + 5 + g] = weights(s, kind, cell, output, 1.5);
        inputs[at + 12 + g] = s.floats(0.6, cell);
        if (second == Second.CROSSED) {
          inputs[40 + 4 * d + g] = weights(s, kind, cell, otherWidth, 1);
        }
      }
      for (int p = cifg ? 1 : 0; p < 3 && peephole; p++) {
        inputs[at + 9 + p] =
            kind.isHybrid() ? bytes(s, kind, 5e-3, cell) : vector(s, kind, cell, 2e-5, 0.4);
      }
      if (projection) {
        inputs[at + 16] = weights(s, kind, output, cell, 1);
        inputs[at + 17] = s.coin() ? s.floats(0.3, output) : null;
      }
      inputs[35 + 2 * d] = s.b.variable(s.name("h"), FLOAT32, Quantization.NONE, batch, output);
      inputs[36 + 2 * d] = s.b.variable(s.name("c"), FLOAT32, Quantization.NONE, batch, cell);
    }
    both(
        s,
        "BIDIRECTIONAL_SEQUENCE_LSTM",
        options,
        in,
        outputs[0],
        outputs[1],
        Arrays.asList(inputs));
  }

  private static void bothRnns(Sketch s, Kind wanted) {
    Kind kind = wanted.any(s);
    int steps = s.between(1, 6);
    int batch = s.between(1, 3);
    int width = s.between(1, 20);
    boolean timeMajor = s.coin();
    Map<String, Object> options = new HashMap<>();
    options.put("fused_activation_function", s.pick(4, 0, 1, 3));
    options.put("time_major", timeMajor);
    if (kind.isHybrid()) {
      options.put("asymmetric_quantize_inputs", s.coin());
    }
    int[] in = timeMajor ? new int[] {steps, batch, width} : new int[] {batch, steps, width};
    Second second = s.pick(Second.NONE, Second.BACKWARD_ONLY, Second.CROSSED);
    Value[] inputs = new Value[12];
    inputs[0] = s.ranged(FLOAT32, Quantization.NONE, -1, 1, in);
    if (second != Second.NONE) {
      inputs[9] = s.ranged(FLOAT32, Quantization.NONE, -1, 1, in);
    }
    int[] outputs = new int[2];
    for (int d = 0; d < 2; d++) {
      int units = s.between(1, 24);
      outputs[d] = units;
      inputs[4 * d + 1] = weights(s, kind, units, width, 0.6);
      inputs[4 * d + 2] = weights(s, kind, units, units, 0.6);
      inputs[4 * d + 3] = s.floats(0.3, units);
      inputs[4 * d + 4] = s.b.variable(s.name("h"), FLOAT32, Quantization.NONE, batch, units);
      if (second == Second.CROSSED) {
        inputs[10 + d] = weights(s, kind, units, width, 0.6);
      }
    }
    both(
        s,
        "BIDIRECTIONAL_SEQUENCE_RNN",
        options,
        in,
        outputs[0],
        outputs[1],
        Arrays.asList(inputs));
  }
}
