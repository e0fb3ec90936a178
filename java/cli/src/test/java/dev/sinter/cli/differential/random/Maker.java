// One op in one type: how random models of it are made and judged.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.random;

import dev.sinter.cli.peer.TflitePeer;
import dev.sinter.graph.ElementType;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * A row of the table of what is tested.
 *
 * @param op the op, in TFLite's words
 * @param family the type family it is counted in
 * @param type type of its data
 * @param oracle the kernels whose results are the definition
 * @param tolerance of floats, relative to the largest
 * @param rounds whether a last bit of a float may decide a rounding to one of 255 steps on the way
 * @param body makes the op in a sketch
 */
record Maker(
    String op,
    Family family,
    ElementType type,
    TflitePeer.Kernels oracle,
    double tolerance,
    boolean rounds,
    Consumer<Sketch> body) {
  /** Float tolerance of whole models against TFLite, as docs/numerics.md has it. */
  static final double TOLERANCE = 2e-5;

  /** Type families; 10,000 models of one are a full run. */
  enum Family {
    F32,
    S8,
    U8,
    S16,
    HYBRID,
    INT;

    static Family of(ElementType type) {
      return switch (type) {
        case FLOAT32, FLOAT16 -> F32;
        case INT8, INT4 -> S8;
        case UINT8 -> U8;
        case INT16 -> S16;
        default -> INT;
      };
    }
  }

  static Maker of(String op, ElementType type, Consumer<Sketch> body) {
    return new Maker(op, Family.of(type), type, TflitePeer.Kernels.XNNPACK, TOLERANCE, false, body);
  }

  static void each(List<Maker> to, String op, Consumer<Sketch> body, ElementType... types) {
    for (ElementType type : types) {
      to.add(of(op, type, body));
    }
  }

  Maker in(Family other) {
    return new Maker(op, other, type, oracle, tolerance, rounds, body);
  }

  Maker within(double floats) {
    return new Maker(op, family, type, oracle, floats, rounds, body);
  }

  /**
   * For states that are quantized anew in each step: where one step of a rounding falls the other
   * way, a model counts as equal within 2 %, and few models may do so.
   */
  Maker rounding() {
    return new Maker(op, family, type, oracle, tolerance, true, body);
  }

  /** For what the delegate gets wrong: TFLite's own kernels are the definition. */
  Maker builtin() {
    return new Maker(op, family, type, TflitePeer.Kernels.BUILTIN, tolerance, rounds, body);
  }

  String name() {
    String t = family == Family.HYBRID ? "hybrid" : type.name().toLowerCase(Locale.ROOT);
    return op + " " + t;
  }

  /** Makes one model of it. */
  Sketch make(Draw draw) {
    Sketch sketch = new Sketch(name(), type, draw);
    body.accept(sketch);
    return sketch;
  }
}
