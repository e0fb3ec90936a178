// Random models with branches, loops, calls and variables around small random bodies.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.random;

import static dev.sinter.graph.ElementType.BOOL;
import static dev.sinter.graph.ElementType.FLOAT32;
import static dev.sinter.graph.ElementType.INT32;
import static dev.sinter.graph.ElementType.INT64;
import static dev.sinter.graph.ElementType.INT8;
import static dev.sinter.graph.ElementType.RESOURCE;
import static dev.sinter.graph.ElementType.STRING;

import dev.sinter.graph.Activation;
import dev.sinter.graph.GraphBuilder.Result;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.OpKind.Binary.Function;
import dev.sinter.graph.OpKind.Control;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.tflite.TfliteOps;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** What runs in pieces. */
final class ControlMakers {
  private ControlMakers() {}

  static void addTo(List<Maker> to) {
    Maker.each(to, "IF", ControlMakers::branches, FLOAT32, INT8, INT32, STRING);
    Maker.each(to, "WHILE", s -> loop(s, scalar(s), false), FLOAT32, INT8, INT32);
    Maker.each(to, "WHILE counted", s -> loop(s, s.int32Scalar(s.below(6)), false), FLOAT32, INT8);
    Maker.each(to, "WHILE growing", s -> loop(s, scalar(s), true), FLOAT32, INT8, INT32);
    Maker.each(to, "WHILE variable", ControlMakers::counter, FLOAT32, INT32);
    // The delegate ends the process over some reads of float variables.
    to.add(Maker.of("CALL_ONCE", FLOAT32, ControlMakers::once).builtin());
    to.add(Maker.of("CALL_ONCE", INT32, ControlMakers::once));
    Maker.each(to, "STABLEHLO_COMPOSITE", ControlMakers::composite, FLOAT32, INT8, INT32);
    Maker.each(to, "chosen rows", ControlMakers::rows, FLOAT32, INT32, INT8);
    Maker.each(to, "range", ControlMakers::range, FLOAT32, INT32);
    Maker.each(to, "unique", ControlMakers::unique, FLOAT32, INT32);
  }

  // ---- bodies

  private static Value[] arguments(Sketch s, Value... like) {
    return Arrays.stream(like)
        .map(v -> s.input(v.tensor().type(), Sketch.of(v), v.shape().toArray()))
        .toArray(Value[]::new);
  }

  private static Result result(Value like) {
    return new Result(like.tensor().type(), Sketch.of(like), like.shape());
  }

  private static Value[] control(
      Sketch s, Control.Form form, List<Integer> to, Value[] in, Value... like) {
    List<Result> results = Arrays.stream(like).map(ControlMakers::result).toList();
    String name = form == Control.Form.COMPOSITE ? "test.small" : "";
    return s.ops(new Control(form, to, name), results, in).toArray(Value[]::new);
  }

  private static Value[] with(Value first, Value... others) {
    List<Value> all = new ArrayList<>(List.of(first));
    all.addAll(List.of(others));
    return all.toArray(Value[]::new);
  }

  /** A few steps; the result has the shape and quantization of the first argument. */
  private static Value steps(Sketch s, Value[] in) {
    Value x = in[0];
    for (int n = s.below(4); n > 0; n--) {
      Value y = s.oneIn(3) ? s.constant(s.type, Sketch.of(x), x.shape().toArray()) : s.pick(in);
      x = step(s, x, y);
    }
    return x;
  }

  private static Value step(Sketch s, Value x, Value y) {
    if (s.type == STRING) {
      int[] dims = x.shape().toArray();
      return x.reshape(Sketch.count(dims)).reshape(dims);
    }
    Quantization q = Sketch.of(x);
    Value z =
        switch (s.below(s.type == INT8 ? 3 : 5)) {
          case 0 -> x.add(y, Activation.NONE);
          case 1 -> x.binary(Function.MAXIMUM, y, Activation.NONE);
          case 2 -> x.binary(Function.MINIMUM, y, Activation.NONE);
          case 3 -> x.binary(Function.SUB, y, Activation.NONE);
          default -> x.unary(s.coin() ? OpKind.Unary.Function.ABS : OpKind.Unary.Function.NEG);
        };
    return q.isQuantized() ? z.quantized(q.scale(), (int) q.zeroPoint()) : z;
  }

  private static Value[] data(Sketch s) {
    int[] dims = s.dims(1, 3);
    Quantization q = s.quantization(s.type);
    Value[] in = new Value[s.between(1, 3)];
    for (int i = 0; i < in.length; i++) {
      in[i] = s.input(s.type, q, dims);
    }
    return in;
  }

  // ---- models

  private static void branches(Sketch s) {
    Value condition = s.input(BOOL, Quantization.NONE, new Sketch.Fill(0, 1, true));
    Value[] in = data(s);
    Value[] out = choice(s, condition, in, 2, s.between(1, 2));
    s.done(step(s, out[0], in[0]));
    s.done(Arrays.copyOfRange(out, 1, out.length));
  }

  /** The condition comes along as the first argument, for branches within branches. */
  private static Value[] choice(Sketch s, Value condition, Value[] in, int depth, int outputs) {
    List<Integer> branches = new ArrayList<>();
    for (int b = 0; b < 2; b++) {
      Sketch body = s.inner();
      Value again = body.input(BOOL, Quantization.NONE);
      Value[] arguments = arguments(body, in);
      Value[] out = new Value[outputs];
      for (int i = 0; i < outputs; i++) {
        out[i] = steps(body, arguments);
      }
      if (depth > 0 && s.oneIn(4)) {
        out[0] = step(body, out[0], choice(body, again, arguments, depth - 1, 1)[0]);
      }
      body.done(out);
      branches.add(s.add(body));
    }
    Value[] all = with(condition, in);
    return control(s, Control.Form.IF, branches, with(condition, all), like(in[0], outputs));
  }

  private static Value[] like(Value x, int count) {
    Value[] like = new Value[count];
    Arrays.fill(like, x);
    return like;
  }

  private static Value scalar(Sketch s) {
    return s.input(INT32, Quantization.NONE, new Sketch.Fill(0, 6, true));
  }

  /** while (i < n) { i++; the others by a few steps }; often no round at all. */
  private static void loop(Sketch s, Value i, boolean grows) {
    Value[] in = data(s);
    Value[] all = with(i, in);
    Value[] out = control(s, Control.Form.WHILE, around(s, all, grows, 1), all, all);
    s.done(out);
    if (!grows) {
      s.done(step(s, out[1], in[0]));
    }
  }

  private static List<Integer> around(Sketch s, Value[] all, boolean grows, int depth) {
    Sketch condition = s.inner();
    Value[] c = arguments(condition, all);
    condition.done(
        c[0].binary(Function.LESS, condition.int32Scalar(s.between(0, 5)), Activation.NONE));
    Sketch body = s.inner();
    Value[] b = arguments(body, all);
    Value[] data = Arrays.copyOfRange(b, 1, b.length);
    Value[] next = new Value[b.length];
    next[0] = b[0].add(body.int32Scalar(s.between(1, 2)), Activation.NONE);
    for (int k = 1; k < b.length; k++) {
      next[k] =
          grows && k == 1
              ? b[1].concat(0, body.constant(s.type, Sketch.of(b[1]), b[1].shape().toArray()))
              : grows ? b[k] : steps(body, data);
      if (k > 1 && next[k] == b[1]) {
        next[k] = b[k]; // TFLite has overwritten the earlier variable by then
      }
    }
    if (!grows && depth > 0 && s.oneIn(4)) {
      Value[] inner = with(body.int32Scalar(s.below(5)), Arrays.copyOfRange(next, 1, next.length));
      next =
          with(
              next[0],
              Arrays.copyOfRange(
                  control(
                      body,
                      Control.Form.WHILE,
                      around(body, inner, false, depth - 1),
                      inner,
                      inner),
                  1,
                  inner.length));
    } else if (!grows && data.length > 1 && s.oneIn(3)) {
      next[1] = b[2]; // handed on as another one
    }
    body.done(next);
    return List.of(s.add(condition), s.add(body));
  }

  private static Value handle(Sketch s) {
    return s.ops(
            TfliteOps.builtin("VAR_HANDLE", 1, Map.of("shared_name", "v", "container", "c")),
            List.of(new Result(RESOURCE, Quantization.NONE, Shape.SCALAR)))
        .get(0);
  }

  private static Value read(Sketch s, Value like) {
    return s.ops(TfliteOps.builtin("READ_VARIABLE", 1, Map.of()), List.of(result(like)), handle(s))
        .get(0);
  }

  private static void assign(Sketch s, Value value) {
    s.ops(TfliteOps.builtin("ASSIGN_VARIABLE", 1, Map.of()), List.of(), handle(s), value);
  }

  /** The second output counts rounds in a variable that outlives the run. */
  private static void counter(Sketch s) {
    Value i = scalar(s);
    Value x = s.input(s.dims(1, 3));
    start(s, x);
    Value[] all = {i, x};
    Sketch condition = s.inner();
    Value[] c = arguments(condition, all);
    condition.done(
        c[0].binary(Function.LESS, condition.int32Scalar(s.between(0, 5)), Activation.NONE));
    Sketch body = s.inner();
    Value[] b = arguments(body, all);
    Value sum = read(body, x).add(b[1], Activation.NONE);
    assign(body, sum);
    body.done(b[0].add(body.int32Scalar(1), Activation.NONE), steps(body, new Value[] {b[1], sum}));
    s.done(control(s, Control.Form.WHILE, List.of(s.add(condition), s.add(body)), all, all));
    s.done(read(s, x).add(x, Activation.NONE));
  }

  private static void start(Sketch s, Value like) {
    Sketch once = s.inner();
    assign(once, once.constant(s.type, Quantization.NONE, like.shape().toArray()));
    s.ops(new Control(Control.Form.CALL_ONCE, List.of(s.add(once)), ""), List.of());
  }

  private static void once(Sketch s) {
    Value x = s.input(s.dims(1, 3));
    start(s, x);
    Value sum = steps(s, new Value[] {read(s, x), x}).add(x, Activation.NONE);
    assign(s, sum);
    s.done(sum);
  }

  private static void composite(Sketch s) {
    Value[] in = data(s);
    Sketch body = s.inner();
    Value[] b = arguments(body, in);
    body.done(steps(body, b), step(body, b[0], b[b.length - 1]));
    Value[] out = control(s, Control.Form.COMPOSITE, List.of(s.add(body)), in, like(in[0], 2));
    s.done(step(s, out[0], in[0]), out[1]);
  }

  // ---- shapes that depend on values

  /** The rows where something is not zero, and sums over them; there may be none. */
  private static void rows(Sketch s) {
    int count = s.size(6);
    Value mask = s.input(INT32, Quantization.NONE, new Sketch.Fill(0, s.pick(1, 3), true), count);
    Value x = s.input(s.type, s.quantization(s.type), count, s.size(8));
    Value where =
        s.ops(
                TfliteOps.builtin("WHERE", 1, Map.of()),
                List.of(new Result(INT64, Quantization.NONE, Shape.of(1, 1))),
                s.op(
                    "CAST",
                    1,
                    Map.of("in_data_type", INT32.code(), "out_data_type", BOOL.code()),
                    BOOL,
                    Quantization.NONE,
                    mask))
            .get(0);
    Value chosen = s.like("GATHER_ND", 1, Map.of(), x, x, where);
    s.done(chosen, step(s, chosen, chosen));
    if (s.type == FLOAT32 && s.coin()) {
      s.done(chosen.reduce(OpKind.Reduce.Function.SUM, s.coin(), 0));
    }
  }

  private static void range(Sketch s) {
    Value limit = s.input(s.type, Quantization.NONE, new Sketch.Fill(0, 20, true));
    Value start = s.constant(s.type, s.whole(s.type, 0, 1), Quantization.NONE);
    Value delta = s.input(s.type, Quantization.NONE, new Sketch.Fill(1, 4, true));
    Value numbers =
        s.ops(
                TfliteOps.builtin("RANGE", 1, Map.of()),
                List.of(new Result(s.type, Quantization.NONE, Shape.of(1))),
                start,
                limit,
                delta)
            .get(0);
    Value y = numbers.add(delta, Activation.NONE);
    s.done(numbers, y);
    if (s.coin()) {
      s.done(y.expandDims(0).concat(0, y.expandDims(0)));
    }
  }

  private static void unique(Sketch s) {
    int count = s.size(12);
    Value x = s.input(s.type, Quantization.NONE, new Sketch.Fill(-3, 3, true), count);
    List<Value> out =
        s.ops(
            TfliteOps.builtin("UNIQUE", 1, Map.of("idx_out_type", INT32.code())),
            List.of(
                new Result(s.type, Quantization.NONE, Shape.of(count)),
                new Result(INT32, Quantization.NONE, Shape.of(count))),
            x);
    Value doubled = out.get(0).add(out.get(0), Activation.NONE);
    s.done(out.get(0), doubled, s.like("GATHER", 1, Map.of(), doubled, doubled, out.get(1)));
  }
}
