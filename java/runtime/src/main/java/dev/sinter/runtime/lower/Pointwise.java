// Lowers functions of one and of two tensors, element by element.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;
import java.util.function.IntUnaryOperator;

/** To the native ops `binary` and `unary`. */
final class Pointwise {
  private Pointwise() {}

  /** The number of a function in native/src/kernels/binary/op.h. */
  private static int number(OpKind.Binary.Function function) {
    return switch (function) {
      case ADD -> 0;
      case SUB -> 1;
      case MUL -> 2;
      case DIV -> 3;
      case MAXIMUM -> 4;
      case MINIMUM -> 5;
      case POW -> 6;
      case SQUARED_DIFFERENCE -> 7;
      case FLOOR_DIV -> 8;
      case FLOOR_MOD -> 9;
      case ATAN2 -> 10;
      case BITWISE_XOR -> 11;
      case RIGHT_SHIFT -> 12;
      case LESS -> 13;
      case LESS_EQUAL -> 14;
      case GREATER -> 15;
      case GREATER_EQUAL -> 16;
      case EQUAL -> 17;
      case NOT_EQUAL -> 18;
      case LOGICAL_AND -> 19;
      case LOGICAL_OR -> 20;
    };
  }

  private static final int DIV = 3;
  private static final int SQUARED_DIFFERENCE = 7;
  private static final int EQUAL = 17;
  private static final int PRELU = 21;
  private static final int POWERS = 22; // added to 0 for ADD, 1 for SUB

  static void binary(Lowering l, int index, Op op, OpKind.Binary binary) {
    int a = op.input(0);
    int b = op.input(1);
    int output = l.outputTensor(index);
    String type = l.type(index, a);
    String result = l.type(index, output);
    boolean compares = result.equals("bool");
    boolean small = isSmall(type);
    if (!type.equals(l.type(index, b)) || !(compares || result.equals(type))) {
      throw l.unsupported(index, "the mix of types");
    }
    int function = number(binary.function());
    boolean scaled = small && !compares && (function <= DIV || function == SQUARED_DIFFERENCE);
    boolean quantized = l.quantization(output).isQuantized() && l.quantization(a).isQuantized();
    if (scaled && !quantized) {
      throw l.unsupported(index, type + " without a scale");
    }
    if (scaled && type.equals("s16") && function <= 1 && binary.powerScales()) {
      function = powers(l, index, function, a, b, output);
    }
    // The stored numbers are compared where TFLite does so (the order of int16), or where its
    // arithmetic comes to the same.
    boolean stored = type.equals("s16") && function < EQUAL;
    boolean ordered =
        compares
            && small
            && !stored
            && l.quantization(a).isQuantized()
            && !comparesStored(l, type, a, b);
    Step step =
        step(l, index, binary.function().name(), function, type, result, a, b, output)
            .set("a_scale", compares && !ordered ? 0f : l.scale(a))
            .set("b_scale", compares && !ordered ? 0f : l.scale(b));
    clamp(l, step, binary.function(), l.activation(index, binary.activation()), type, a, b, output);
    finish(l, step, a, b, output);
  }

  /** PRELU: slopes that spread over the input. */
  static void prelu(Lowering l, int index, Op op) {
    int in = op.input(0);
    int slopes = op.input(1);
    int output = l.outputTensor(index);
    String type = l.type(index, in);
    if (!(type.equals("f32") || type.equals("s8") || type.equals("u8"))
        || !type.equals(l.type(index, slopes))
        || !type.equals(l.type(index, output))) {
      throw l.unsupported(index, "this mix of types");
    }
    for (int t : new int[] {in, slopes, output}) {
      l.requireQuantized(index, t);
    }
    Step step = step(l, index, "PRELU", PRELU, type, type, in, slopes, output);
    Numbers.clampBuiltin(
        step, l.activation(index, Activation.NONE), l.quantization(output)); // none but absorbed
    finish(l, step, in, slopes, output);
  }

  private static boolean isSmall(String type) {
    return type.equals("s8") || type.equals("u8") || type.equals("s16");
  }

  /** The step of a function of two tensors, all but its clamp and its slots. */
  private static Step step(
      Lowering l,
      int index,
      String name,
      int function,
      String type,
      String result,
      int a,
      int b,
      int output) {
    Broadcast shape = Broadcast.of(l.shape(a), l.shape(b), l.shape(output));
    if (shape == null) {
      throw l.unsupported(index, "broadcasting over more than 6 dimensions");
    }
    String label = name + " " + l.shape(a) + ", " + l.shape(b);
    return new Step("binary", index, label, type, type, result)
        .set("function", function)
        .setAll("d", shape.dims())
        .setAll("a_stride", shape.aStrides())
        .setAll("b_stride", shape.bStrides())
        .set("a_scale", l.scale(a))
        .set("a_zero_point", l.zeroPoint(a))
        .set("b_scale", l.scale(b))
        .set("b_zero_point", l.zeroPoint(b))
        .set("out_scale", l.scale(output))
        .set("out_zero_point", l.zeroPoint(output));
  }

  private static void finish(Lowering l, Step step, int a, int b, int output) {
    Value left = l.value(a);
    Value right = l.value(b);
    l.add(
        step.slot(left)
            .slot(right)
            .slot(l.define(output))
            .work((double) l.shape(output).elements()));
  }

  /**
   * Whether TFLite, which compares 256 times the real values as whole numbers, finds what a
   * comparison of the stored ones finds.
   */
  private static boolean comparesStored(Lowering l, String type, int a, int b) {
    return l.scale(a) == l.scale(b)
        && l.zeroPoint(a) == l.zeroPoint(b)
        && Comparisons.keepsApart(type, l.zeroPoint(a), l.scale(a));
  }

  /** The number of an int16 sum or difference; another one where all scales are powers of two. */
  private static int powers(Lowering l, int index, int function, int a, int b, int output) {
    int[] logarithms = new int[3];
    int[] tensors = {a, b, output};
    for (int i = 0; i < 3; i++) {
      // As near to a whole number as TFLite takes for one.
      float logarithm = (float) (Math.log(l.scale(tensors[i])) / Math.log(2));
      logarithms[i] = Math.round(logarithm);
      if (Math.abs(logarithm - logarithms[i]) >= 1e-3f) {
        return function;
      }
    }
    int left = logarithms[2] - logarithms[0];
    int right = logarithms[2] - logarithms[1];
    if (left < 0 || right < 0 || (left != 0 && right != 0)) {
      throw l.unsupported(
          index,
          "int16 with scales that are powers of two, none of the operands in the result's (TFLite"
              + " refuses it, too)");
    }
    return function + POWERS;
  }

  private static void clamp(
      Lowering l,
      Step step,
      OpKind.Binary.Function function,
      Activation activation,
      String type,
      int a,
      int b,
      int output) {
    Quantization q = l.quantization(output);
    if (type.equals("s32") || type.equals("s64") || type.equals("bool")) {
      step.set("out_min", activation == Activation.NONE ? Integer.MIN_VALUE : lowest(activation))
          .set("out_max", activation == Activation.NONE ? Integer.MAX_VALUE : highest(activation))
          .set("act_min", 0f)
          .set("act_max", 0f);
      return;
    }
    boolean delegated = type.equals("s8") || type.equals("u8");
    if (function == OpKind.Binary.Function.ADD || function == OpKind.Binary.Function.SUB) {
      delegated &=
          Elementwise.isDelegated(l.scale(a) / l.scale(output))
              && Elementwise.isDelegated(l.scale(b) / l.scale(output));
    } else if (function == OpKind.Binary.Function.MUL) {
      delegated &= multipliesByFloat(l.scale(a), l.scale(b), l.scale(output));
    } else {
      delegated = false;
    }
    if (delegated) {
      Numbers.clamp(step, activation, q);
    } else {
      Numbers.clampBuiltin(step, activation, q);
    }
  }

  /** Whether XNNPACK takes a product of bytes with these scales; TFLite's own kernel has others. */
  static boolean multipliesByFloat(float a, float b, float out) {
    float ratio = a * b / out;
    return ratio >= 0x1p-16f && ratio < 0x1p8f;
  }

  private static int lowest(Activation activation) {
    return activation == Activation.RELU_N1_TO_1 ? -1 : 0;
  }

  private static int highest(Activation activation) {
    return switch (activation) {
      case RELU6 -> 6;
      case RELU_N1_TO_1 -> 1;
      default -> Integer.MAX_VALUE;
    };
  }

  /** A function of real numbers, and where `unary` has it. */
  private static int number(OpKind kind) {
    if (kind instanceof OpKind.Unary unary) {
      return switch (unary.function()) {
        case ABS -> 0;
        case NEG -> 1;
        case SQUARE -> 2;
        case SIGN -> 3;
        case LOGICAL_NOT -> 4;
        case EXP -> 5;
        case LOG -> 6;
        case SQRT -> 7;
        case RSQRT -> 8;
        case SIN -> 9;
        case COS -> 10;
        case FLOOR -> 11;
        case CEIL -> 12;
        case ROUND -> 13;
        case ZEROS_LIKE -> -1;
      };
    }
    OpKind.Activate activate = (OpKind.Activate) kind;
    return switch (activate.function()) {
      case LOGISTIC -> 14;
      case TANH -> 15;
      case HARD_SWISH -> 16;
      case ELU -> 17;
      case GELU -> activate.approximate() ? 19 : 18;
      case LEAKY_RELU -> 20;
      default -> -1;
    };
  }

  /** Functions of one tensor; false for those that others lower. */
  static boolean unary(Lowering l, int index, Op op) {
    int in = op.input(0);
    int out = op.output(0);
    String type = l.type(index, in);
    int function = number(op.kind());
    boolean leaky = function == 20;
    if (function < 0 || !type.equals(l.type(index, out)) || (leaky && !type.equals("s16"))) {
      return false;
    }
    if (byTable(l, index, op, type, function)) {
      return true;
    }
    boolean bytes = type.equals("s8") || type.equals("u8");
    if (bytes && (function == 14 || function == 15 || (function == 17 && type.equals("s8")))) {
      table(l, index, op, type, function);
      return true;
    }
    boolean whole = type.equals("s32") || type.equals("s64");
    boolean known =
        leaky
            ? type.equals("s16")
            : type.equals("f32")
                ? function != 4
                : whole ? function < 4 : type.equals("bool") && function == 4;
    if (!known) {
      return false;
    }
    Shape shape = l.shape(in);
    float alpha = op.kind() instanceof OpKind.Activate a ? a.alpha() : 0f;
    Step step =
        new Step("unary", index, op.kind().label() + " " + shape, type, type)
            .set("function", function)
            .set("count", Math.toIntExact(shape.elements()))
            .set("alpha", alpha)
            .set("in_scale", l.scale(in))
            .set("out_scale", l.scale(out));
    Value source = l.value(in);
    l.add(step.slot(source).slot(l.define(out)).work((double) shape.elements()));
    return true;
  }

  /** A function of floats, by its number in `unary`. */
  static void real(
      Lowering l, int index, String label, int function, Shape shape, Value from, Value to) {
    l.add(
        new Step("unary", index, label, "f32", "f32")
            .set("function", function)
            .set("count", Math.toIntExact(shape.elements()))
            .set("alpha", 0f)
            .set("in_scale", 0f)
            .set("out_scale", 0f)
            .slot(from)
            .slot(to)
            .work((double) shape.elements()));
  }

  /** Functions that TFLite's own kernels run, of 8 or 16 bits; false for others. */
  private static boolean byTable(Lowering l, int index, Op op, String type, int function) {
    int in = op.input(0);
    int out = op.output(0);
    boolean small = isSmall(type);
    if (!small || !l.quantization(in).isQuantized() || !l.quantization(out).isQuantized()) {
      return false;
    }
    boolean wide = type.equals("s16");
    if (wide && (l.zeroPoint(in) != 0 || l.zeroPoint(out) != 0)) {
      throw l.unsupported(index, "int16 with a zero point");
    }
    float inScale = l.scale(in);
    float outScale = l.scale(out);
    int inZero = l.zeroPoint(in);
    int outZero = l.zeroPoint(out);
    boolean unsigned = type.equals("u8");
    Tables.Real real =
        switch (function) {
          case 5 -> unsigned ? null : x -> (float) Math.exp(x);
          case 6 -> unsigned ? null : x -> logarithm(x, outScale * (Numbers.least(type) - outZero));
          case 8 -> wide ? x -> inverseRoot(x, outScale) : null;
          case 18 -> x -> Tables.gelu(x, false);
          case 19 -> x -> Tables.gelu(x, true);
          default -> null;
        };
    ByteBuffer table = null;
    if (real != null) {
      table =
          wide
              ? Tables.lines(inScale, outScale, real)
              : Tables.bytes(type, inScale, inZero, outScale, outZero, real);
    } else if (wide && (function == 14 || function == 15)) {
      if (outScale != 0x1p-15f) {
        throw l.unsupported(index, "int16 with a result's scale other than 1/32768");
      }
      table = function == 14 ? Tables.logistic16(inScale) : Tables.tanh16(inScale);
    } else if (!wide && function == 16) {
      table = Tables.hardSwish(type, inScale, inZero, outScale, outZero);
    } else if (type.equals("s8") && function == 8) {
      table = Tables.rsqrt(inScale, inZero, outScale, outZero);
    } else if (!unsigned && function == 7) {
      IntUnaryOperator root = x -> root(inScale * (x - inZero), outScale) + outZero;
      table = wide ? Tables.words(root) : Tables.bytes(type, root);
    } else if (!unsigned && function == 1) {
      // TFLite negates the stored numbers.
      table = wide ? Tables.words(x -> (short) -x) : Tables.bytes(type, x -> (byte) -x);
    } else if (!unsigned && function == 0) {
      Tables.Factor factor = inScale == outScale ? null : Tables.Factor.of(inScale / outScale);
      IntUnaryOperator absolute =
          x ->
              (factor == null ? Math.abs(x - inZero) : factor.times(Math.abs(x - inZero)))
                  + outZero;
      table = wide ? Tables.words(absolute) : Tables.bytes(type, absolute);
    }
    if (table == null) {
      return false;
    }
    lookup(l, index, op, wide ? "s16" : "u8", table);
    return true;
  }

  private static float logarithm(float x, float lowest) {
    return x <= 0 ? lowest : (float) Math.log(x);
  }

  /** Cut off, not rounded; 0 for negative numbers, where TFLite stops with an error. */
  private static int root(float x, float scale) {
    return x > 0 ? (int) ((float) Math.sqrt(x) / scale) : 0;
  }

  private static float inverseRoot(float x, float scale) {
    return x <= 0 ? 32767 * scale : 1f / (float) Math.sqrt(x);
  }

  /** A step by way of a table of bytes, of 513 or of 65536 numbers of 16 bits. */
  static void lookup(Lowering l, int index, Op op, String type, ByteBuffer table) {
    String label = op.kind().label() + " " + l.shape(op.input(0));
    lookup(l, index, label, op.input(0), op.output(0), type, table);
  }

  /** The same from one tensor to another. */
  static void lookup(
      Lowering l, int index, String label, int in, int out, String type, ByteBuffer table) {
    Shape shape = l.shape(in);
    Value source = l.value(in);
    l.add(
        new Step("lookup", index, label, type, type, type)
            .set("count", Math.toIntExact(shape.elements()))
            .set("entries", table.remaining() / (type.equals("s16") ? 2 : 1))
            .slot(source)
            .slot(l.literal("table of op " + index, table))
            .slot(l.define(out))
            .work((double) shape.elements()));
  }

  /** A function of 8 bits as XNNPACK makes its table: each entry in floats, rounded once. */
  private static void table(Lowering l, int index, Op op, String type, int function) {
    int in = op.input(0);
    int out = op.output(0);
    l.requireQuantized(index, in);
    l.requireQuantized(index, out);
    lookup(l, index, op, "u8", entries(l, type, function, in, out));
  }

  /** Its entries by the stored byte, of the input's quantization, in the output's. */
  static ByteBuffer entries(Lowering l, String type, int function, int in, int out) {
    float inverse = 1f / l.scale(out);
    int least = Numbers.least(type);
    int greatest = Numbers.greatest(type);
    ByteBuffer table = ByteBuffer.allocate(256);
    for (int i = 0; i < 256; i++) {
      int stored = type.equals("s8") ? (byte) i : i;
      float x = (stored - l.zeroPoint(in)) * l.scale(in);
      // Halves away from zero, as XNNPACK had them until 2026.
      int y = (int) Tables.round(value(function, x) * inverse + l.zeroPoint(out));
      table.put(i, (byte) Math.max(least, Math.min(greatest, y)));
    }
    return table;
  }

  /** The steps of the C library's tanhf, each rounded: its results are a unit off now and then. */
  private static float tanh(float x) {
    float size = Math.abs(x);
    float y;
    if (size >= 22) {
      y = 1;
    } else if (size >= 1) {
      y = 1f - 2f / ((float) Math.expm1(2f * size) + 2f);
    } else {
      float t = (float) Math.expm1(-2f * size);
      y = -t / (t + 2f);
    }
    return Math.copySign(y, x);
  }

  private static float value(int function, float x) {
    return switch (function) {
      case 14 -> {
        double e = Math.exp(Math.max(-100, Math.min(100, x)));
        yield x > 100 ? 1 : x < -100 ? 0 : (float) (e / (1 + e));
      }
      case 15 -> tanh(x);
      default -> x < 0 ? (float) Math.expm1(x) : x;
    };
  }
}
