// Random models of ops that work element by element.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.random;

import static dev.sinter.graph.ElementType.BOOL;
import static dev.sinter.graph.ElementType.FLOAT32;
import static dev.sinter.graph.ElementType.INT16;
import static dev.sinter.graph.ElementType.INT32;
import static dev.sinter.graph.ElementType.INT64;
import static dev.sinter.graph.ElementType.INT8;
import static dev.sinter.graph.ElementType.UINT8;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.OpKind.Activate;
import dev.sinter.graph.OpKind.Binary;
import dev.sinter.graph.OpKind.Unary;
import dev.sinter.graph.Quantization;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Functions of one and of two tensors, casts, choices. */
final class PointwiseMakers {
  private PointwiseMakers() {}

  static void addTo(List<Maker> to) {
    binaries(to);
    unaries(to);
    activations(to);
    for (ElementType t : new ElementType[] {FLOAT32, INT8, UINT8, INT16, INT32, INT64, BOOL}) {
      Maker.each(to, "CAST", PointwiseMakers::cast, t);
      Maker.each(to, "SELECT_V2", s -> select(s, false), t);
      Maker.each(to, "SELECT", s -> select(s, true), t);
    }
    Maker.each(to, "QUANTIZE", PointwiseMakers::quantize, FLOAT32, INT8, UINT8, INT16);
    Maker.each(to, "DEQUANTIZE", PointwiseMakers::dequantize, INT8, UINT8, INT16);
    Maker.each(to, "ADD_N", PointwiseMakers::addN, FLOAT32, INT32);
  }

  private static void binaries(List<Maker> to) {
    to.add(Maker.of("ADD powers", INT16, s -> powers(s, Binary.Function.ADD)));
    to.add(Maker.of("SUB powers", INT16, s -> powers(s, Binary.Function.SUB)));
    for (Binary.Function f : Binary.Function.values()) {
      ElementType[] types =
          switch (f) {
            case ADD, SUB, MUL, MAXIMUM, MINIMUM ->
                new ElementType[] {FLOAT32, INT8, UINT8, INT16, INT32, INT64};
            case DIV -> new ElementType[] {FLOAT32, INT32, INT8, UINT8, INT16};
            case POW -> new ElementType[] {FLOAT32, INT32};
            case SQUARED_DIFFERENCE -> new ElementType[] {FLOAT32, INT32, INT8};
            case FLOOR_DIV -> new ElementType[] {FLOAT32, INT32, INT8, INT16};
            case FLOOR_MOD -> new ElementType[] {FLOAT32, INT32, INT64, INT8, INT16};
            case ATAN2 -> new ElementType[] {FLOAT32};
            case BITWISE_XOR, RIGHT_SHIFT -> new ElementType[] {INT8, UINT8, INT16, INT32};
            case LESS, LESS_EQUAL, GREATER, GREATER_EQUAL ->
                new ElementType[] {FLOAT32, INT8, UINT8, INT16, INT32, INT64};
            case EQUAL, NOT_EQUAL ->
                new ElementType[] {FLOAT32, INT8, UINT8, INT16, INT32, INT64, BOOL};
            case LOGICAL_AND, LOGICAL_OR -> new ElementType[] {BOOL};
          };
      for (ElementType t : types) {
        Maker m = Maker.of(f.name(), t, s -> binary(s, f));
        to.add(f == Binary.Function.POW ? m.within(1e-4) : m);
      }
    }
  }

  /** Sums of int16 whose scales are powers of two: one operand is in the result's scale. */
  private static void powers(Sketch s, Binary.Function f) {
    float result = (float) Math.scalb(1.0, -s.between(4, 14));
    float finer = (float) (result * Math.scalb(1.0, -s.below(9)));
    int[][] dims = shapes(s, 4);
    if (f == Binary.Function.ADD) {
      dims[1] = dims[0]; // TFLite does not broadcast this one
    }
    boolean first = s.coin();
    Value x = s.input(s.type, Quantization.perTensor(first ? finer : result, 0), dims[0]);
    Value y = s.input(s.type, Quantization.perTensor(first ? result : finer, 0), dims[1]);
    s.done(x.binary(f, y, s.activation()).quantized(result, 0));
  }

  /** Shapes that broadcast to each other. */
  private static int[][] shapes(Sketch s, int mostRank) {
    int[] a = s.dimsOrEmpty(0, mostRank);
    int[] c = a.clone();
    switch (s.below(4)) {
      case 0 -> {}
      case 1 -> {
        for (int d = 0; d < c.length; d++) {
          c[d] = s.coin() ? 1 : c[d];
        }
      }
      case 2 -> c = Arrays.copyOfRange(c, s.below(c.length + 1), c.length);
      default -> {
        for (int d = 0; d < c.length; d++) {
          if (s.oneIn(3)) {
            c[d] = 1;
          } else if (s.oneIn(3)) {
            a[d] = 1;
          }
        }
        c = Arrays.copyOfRange(c, s.below(c.length + 1), c.length);
      }
    }
    return s.coin() ? new int[][] {c, a} : new int[][] {a, c};
  }

  private static void binary(Sketch s, Binary.Function f) {
    boolean scaled =
        List.of(Binary.Function.ADD, Binary.Function.SUB, Binary.Function.MUL).contains(f);
    boolean plain =
        List.of(
                Binary.Function.FLOOR_DIV,
                Binary.Function.FLOOR_MOD,
                Binary.Function.BITWISE_XOR,
                Binary.Function.RIGHT_SHIFT)
            .contains(f);
    boolean squares = f == Binary.Function.SQUARED_DIFFERENCE;
    boolean divides =
        List.of(Binary.Function.DIV, Binary.Function.FLOOR_DIV, Binary.Function.FLOOR_MOD)
            .contains(f);
    // Beyond four dimensions TFLite broadcasts in some of these only.
    boolean deep = s.type == FLOAT32 && (scaled || f == Binary.Function.DIV);
    int[][] dims = shapes(s, deep ? 6 : 4);
    if (f == Binary.Function.ATAN2) {
      dims[1] = dims[0]; // TFLite broadcasts neither
    }
    Quantization q = plain ? Quantization.NONE : s.quantization(s.type);
    boolean quotient = f == Binary.Function.DIV;
    boolean own = scaled || squares || quotient;
    // Comparisons are of real values, the larger and the smaller one of stored numbers.
    Quantization other = own || (!plain && s.oneIn(3)) ? s.quantization(s.type) : q;
    Value x = binaryInput(s, f, q, false, dims[0]);
    Value y = binaryInput(s, f, other, divides, dims[1]);
    Activation activation =
        (scaled || f == Binary.Function.DIV) && s.type != INT64 ? s.activation() : Activation.NONE;
    if (s.type == INT32 && f == Binary.Function.DIV) {
      activation = Activation.NONE;
    }
    Value z = x.binary(f, y, activation);
    if (own && s.isQuantized()) {
      z.quantized(
          (float)
              (quotient
                  ? Sketch.scale(x) / Sketch.scale(y) * Math.exp(s.gauss() - 1)
                  : f == Binary.Function.MUL || squares
                      ? Sketch.scale(x) * Sketch.scale(y) * Math.exp(4 + s.gauss())
                      : Math.max(Sketch.scale(x), Sketch.scale(y))
                          * Math.exp(0.3 + 0.7 * s.gauss())),
          s.zero(s.type));
    } else if (plain && s.isQuantized()) {
      // Stored numbers; the builder wants a scale where TFLite does not care for one.
      z.quantized(1, 0);
    }
    s.done(z);
  }

  private static Value binaryInput(
      Sketch s, Binary.Function f, Quantization q, boolean divisor, int... dims) {
    if (f == Binary.Function.POW) {
      return s.type == INT32 ? s.ranged(INT32, q, 0, 5, dims) : s.ranged(FLOAT32, q, 0.1, 4, dims);
    } else if (f == Binary.Function.RIGHT_SHIFT) {
      return s.ranged(s.type, q, 0, s.type.bits() - 1, dims);
    } else if (divisor && s.type == FLOAT32) {
      return s.coin() ? s.ranged(s.type, q, -9, -0.25, dims) : s.ranged(s.type, q, 0.25, 9, dims);
    } else if (divisor && q.isQuantized()) {
      // Neither the number that stands for 0 nor a stored 0, which TFLite 2.21 looks for.
      double zero = q.zeroPoint();
      double high = s.type == INT8 ? 127 : s.type == UINT8 ? 255 : 32767;
      double low = s.type == INT8 ? -128 : s.type == UINT8 ? 0 : -32768;
      double most = Math.max(zero, 0);
      double least = Math.min(zero, 0);
      return most < high && (least <= low || s.coin())
          ? s.ranged(s.type, q, most + 1, high, dims)
          : least > low
              ? s.ranged(s.type, q, low, least - 1, dims)
              : s.ranged(s.type, q, 1, zero - 1, dims);
    } else if (divisor) {
      return s.coin() ? s.ranged(s.type, q, -9, -1, dims) : s.ranged(s.type, q, 1, 9, dims);
    }
    return s.input(s.type, q, dims);
  }

  private static void unaries(List<Maker> to) {
    for (Unary.Function f : Unary.Function.values()) {
      ElementType[] types =
          switch (f) {
            case ABS -> new ElementType[] {FLOAT32, INT8, INT16, INT32};
            case NEG -> new ElementType[] {FLOAT32, INT8, INT16, INT32, INT64};
            case EXP, LOG, RSQRT, SQRT -> new ElementType[] {FLOAT32, INT8, INT16};
            case SIGN -> new ElementType[] {FLOAT32, INT32};
            case ZEROS_LIKE -> new ElementType[] {FLOAT32, INT32, INT64};
            case LOGICAL_NOT -> new ElementType[] {BOOL};
            default -> new ElementType[] {FLOAT32};
          };
      Maker.each(to, f.name(), s -> unary(s, f), types);
    }
  }

  private static void unary(Sketch s, Unary.Function f) {
    int[] dims = s.dimsOrEmpty(0, 6);
    boolean positive =
        f == Unary.Function.LOG || f == Unary.Function.SQRT || f == Unary.Function.RSQRT;
    Value x;
    if (positive && s.type == FLOAT32) {
      x = s.ranged(FLOAT32, Quantization.NONE, 0.01, 9, dims);
    } else if (positive && s.type == INT16) {
      x = s.ranged(INT16, s.quantization(INT16), 0, 32767, dims);
    } else if (positive) {
      x = s.ranged(INT8, Quantization.perTensor(s.scale(), -128), -127, 127, dims);
    } else {
      x = s.input(dims);
    }
    Value y = x.unary(f);
    if (s.isQuantized()) {
      boolean shared = s.type == INT16;
      y.quantized(f == Unary.Function.ABS && shared ? Sketch.scale(x) : s.scale(), s.zero(s.type));
    }
    s.done(y);
  }

  private static void activations(List<Maker> to) {
    for (Activate.Function f : Activate.Function.values()) {
      ElementType[] types =
          switch (f) {
            case RELU, RELU6, LOGISTIC, TANH, LEAKY_RELU ->
                new ElementType[] {FLOAT32, INT8, UINT8, INT16};
            case GELU -> new ElementType[] {FLOAT32, INT8, UINT8, INT16};
            case RELU_N1_TO_1, RELU_0_TO_1, HARD_SWISH, PRELU ->
                new ElementType[] {FLOAT32, INT8, UINT8};
            case ELU -> new ElementType[] {FLOAT32, INT8};
          };
      Maker.each(to, f.name(), s -> activate(s, f), types);
    }
  }

  private static void activate(Sketch s, Activate.Function f) {
    boolean channels = f == Activate.Function.PRELU;
    Value x = channels ? s.image() : s.input(s.dimsOrEmpty(0, 5));
    if (channels) {
      int c = x.shape().dim(3);
      int[] dims =
          s.pick(
              new int[] {1, 1, c},
              new int[] {c},
              new int[] {1},
              new int[] {x.shape().dim(1), x.shape().dim(2), c},
              x.shape().toArray());
      Value y = x.prelu(s.operand(s.quantization(s.type), dims));
      s.done(s.isQuantized() ? y.quantized(s.scale() * 4, s.zero(s.type)) : y);
      return;
    }
    Value y =
        f == Activate.Function.GELU
            ? x.gelu(s.coin())
            : f == Activate.Function.LEAKY_RELU
                ? x.leakyRelu((float) (0.3 + 0.5 * s.gauss()))
                : x.activate(f);
    if (s.isQuantized()) {
      boolean signed = s.type == INT8;
      switch (f) {
        case LOGISTIC -> y.quantized(s.type == INT16 ? 1f / 32768 : 1f / 256, signed ? -128 : 0);
        case TANH ->
            y.quantized(s.type == INT16 ? 1f / 32768 : 1f / 128, s.type == UINT8 ? 128 : 0);
        default -> {
          if (s.coin()) {
            y.quantized(Sketch.scale(x) * s.spread(0.8), s.zero(s.type));
          } else {
            y.quantized(Sketch.scale(x), (int) Sketch.of(x).zeroPoint());
          }
        }
      }
    }
    s.done(y);
  }

  private static void cast(Sketch s) {
    ElementType to = s.pick(FLOAT32, INT32, INT64, BOOL, INT8, UINT8, INT16);
    int[] dims = s.dimsOrEmpty(0, 5);
    // What a negative float becomes in an unsigned type is nobody's to say.
    Value x =
        s.type == FLOAT32 && to == UINT8
            ? s.ranged(FLOAT32, Quantization.NONE, 0, 255, dims)
            : s.type == FLOAT32 && (to == INT8 || to == INT16)
                ? s.ranged(FLOAT32, Quantization.NONE, -128, 127, dims)
                : s.input(s.type, Quantization.NONE, dims);
    s.done(
        s.op(
            "CAST",
            1,
            Map.of("in_data_type", s.type.code(), "out_data_type", to.code()),
            to,
            Quantization.NONE,
            x));
  }

  private static void select(Sketch s, boolean first) {
    Quantization q = s.quantization(s.type);
    if (first) {
      int[] dims = s.dims(1, 4);
      // One condition per element, or one per slice of the first dimension.
      int[] chosen = dims.length > 1 && s.oneIn(3) ? new int[] {dims[0]} : dims;
      Value c = s.input(BOOL, Quantization.NONE, chosen);
      Value x = s.operand(q, dims);
      Value y = s.operand(q, dims);
      s.done(s.op("SELECT", 1, Map.of(), s.type, q, c, x, y));
      return;
    }
    int[][] dims = shapes(s, 4);
    int[] third = s.coin() ? dims[0] : dims[1];
    Value c = s.input(BOOL, Quantization.NONE, third);
    Value x = s.input(s.type, q, dims[0]);
    Value y = s.input(s.type, q, dims[1]);
    s.done(s.op("SELECT_V2", 1, Map.of(), s.type, q, c, x, y));
  }

  private static void quantize(Sketch s) {
    int[] dims = s.dimsOrEmpty(0, 4);
    if (s.type == FLOAT32) {
      ElementType to = s.pick(INT8, UINT8, INT16);
      Quantization q = s.quantization(to);
      double reach = q.scale() * (to == INT16 ? 33000 : 300);
      Value x = s.ranged(FLOAT32, Quantization.NONE, -reach, reach, dims);
      s.done(x.quantize(to, q.scale(), (int) q.zeroPoint()));
      return;
    }
    Value x = s.input(dims);
    ElementType to =
        s.type == INT16
            ? s.pick(INT16, INT8, INT32)
            : s.type == INT8 ? s.pick(INT8, UINT8) : s.pick(UINT8, INT8);
    double ratio = Math.exp(s.gauss());
    double width =
        to == INT16 && s.type == INT8 ? 1.0 / 256 : to == INT8 && s.type == INT16 ? 256 : 1;
    s.done(x.quantize(to, (float) (Sketch.scale(x) * ratio * width), s.zero(to)));
  }

  private static void dequantize(Sketch s) {
    s.done(s.input(s.dimsOrEmpty(0, 5)).dequantize());
  }

  private static void addN(Sketch s) {
    int[] dims = s.dims(1, 4);
    Value[] in = new Value[s.between(2, 5)];
    for (int i = 0; i < in.length; i++) {
      in[i] = s.input(s.type, Quantization.NONE, dims);
    }
    // TFLite has no shape rule to infer by here: the result is given the inputs' shape.
    s.done(
        s.ops(
                dev.sinter.graph.tflite.TfliteOps.builtin("ADD_N", 1, Map.of()),
                List.of(
                    new dev.sinter.graph.GraphBuilder.Result(
                        s.type, Quantization.NONE, in[0].shape())),
                in)
            .get(0));
  }
}
