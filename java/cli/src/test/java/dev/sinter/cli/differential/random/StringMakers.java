// Random models of ops on strings and of hash tables.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.random;

import static dev.sinter.graph.ElementType.BOOL;
import static dev.sinter.graph.ElementType.INT32;
import static dev.sinter.graph.ElementType.INT64;
import static dev.sinter.graph.ElementType.RESOURCE;
import static dev.sinter.graph.ElementType.STRING;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.GraphBuilder.Result;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.tflite.TfliteOps;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/** What only strings have; ops that move them are among those that move anything. */
final class StringMakers {
  private StringMakers() {}

  static void addTo(List<Maker> to) {
    Maker.each(to, "GATHER", StringMakers::gather, STRING);
    Maker.each(to, "GATHER_ND", StringMakers::gatherNd, STRING);
    Maker.each(to, "EQUAL", s -> compare(s, "EQUAL"), STRING);
    Maker.each(to, "NOT_EQUAL", s -> compare(s, "NOT_EQUAL"), STRING);
    Maker.each(to, "HASHTABLE_FIND", StringMakers::table, STRING, INT64);
  }

  private static Value indices(Sketch s, int count, int... dims) {
    return s.input(
        s.pick(INT32, INT64), Quantization.NONE, new Sketch.Fill(0, count - 1, true), dims);
  }

  private static void gather(Sketch s) {
    int count = s.size(8);
    Value x = s.operand(Quantization.NONE, count);
    Value at = indices(s, count, s.dims(0, 3));
    s.done(s.like("GATHER", 1, Map.of("axis", s.oneIn(3) ? -1 : 0), x, x, at));
  }

  private static void gatherNd(Sketch s) {
    int[] dims = s.dims(1, 3);
    int least = dims[0];
    int depth = s.between(1, dims.length);
    for (int d = 0; d < depth; d++) {
      least = Math.min(least, dims[d]);
    }
    Value x = s.input(dims);
    Value at = indices(s, least, s.between(1, 3), s.between(1, 3), depth);
    s.done(s.like("GATHER_ND", 1, Map.of(), x, x, at));
  }

  private static void compare(Sketch s, String op) {
    int[] dims = s.dimsOrEmpty(1, 4);
    int[] other = dims.clone();
    for (int d = 0; d < other.length; d++) {
      other[d] = s.oneIn(4) ? 1 : other[d];
    }
    Value x = s.input(dims);
    Value y = s.operand(Quantization.NONE, other);
    s.done(s.op(op, 1, Map.of(), BOOL, Quantization.NONE, x, y));
  }

  /** A table from the type to the other one: made, filled twice, asked, measured. */
  private static void table(Sketch s) {
    ElementType values = s.type == STRING ? INT64 : STRING;
    Map<String, Object> options =
        Map.of(
            "table_id", s.between(1, 9), "key_dtype", s.type.code(), "value_dtype", values.code());
    Value handle =
        s.ops(
                TfliteOps.builtin("HASHTABLE", 1, options),
                List.of(new Result(RESOURCE, Quantization.NONE, Shape.of(1))))
            .get(0);
    int count = s.size(8);
    fill(s, handle, values, count);
    if (s.oneIn(3)) {
      fill(s, handle, values, s.size(4));
    }
    Value keys =
        s.type == STRING
            ? s.input(s.dims(1, 3))
            : s.input(INT64, Quantization.NONE, new Sketch.Fill(0, 2 * count, true), s.dims(1, 3));
    Value missing = constant(s, values, 1);
    Value found =
        s.ops(
                TfliteOps.builtin("HASHTABLE_FIND", 1, Map.of()),
                List.of(new Result(values, Quantization.NONE, keys.shape())),
                handle,
                keys,
                missing)
            .get(0);
    Value size =
        s.ops(
                TfliteOps.builtin("HASHTABLE_SIZE", 1, Map.of()),
                List.of(new Result(INT64, Quantization.NONE, Shape.of(1))),
                handle)
            .get(0);
    s.done(found, size);
  }

  private static void fill(Sketch s, Value handle, ElementType values, int count) {
    s.ops(
        TfliteOps.builtin("HASHTABLE_IMPORT", 1, Map.of()),
        List.of(),
        handle,
        constant(s, s.type, count),
        constant(s, values, count));
  }

  /** Some keys come twice; only the first counts. */
  private static Value constant(Sketch s, ElementType type, int count) {
    ByteBuffer data = type == STRING ? s.data(STRING, 1, count) : Sketch.bytes(8 * count);
    while (type != STRING && data.hasRemaining()) {
      data.putLong(s.below(2 * count));
    }
    return s.constant(type, type == STRING ? data : data.flip(), Quantization.NONE, count);
  }
}
