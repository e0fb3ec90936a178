// Random models of one op that computes element by element, reduces, or moves; the same for a seed.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import java.util.Random;

/** Makes models of one op: what is made depends on the kind and the seed alone. */
final class RandomPieces {
  /** An op family in one type. */
  enum Kind {
    BINARY_F32,
    BINARY_S8,
    BINARY_U8,
    BINARY_S16,
    BINARY_S32,
    BINARY_S64,
    COMPARE_F32,
    COMPARE_S32,
    COMPARE_S64,
    UNARY_F32,
    ACTIVATE_F32,
    TABLE_S8,
    TABLE_U8,
    LEAKY_RELU_S16,
    REDUCE_F32,
    REDUCE_S32,
    TRANSPOSE_F32,
    TRANSPOSE_S8,
    MIRROR_F32,
    SOFTMAX_U8
  }

  private static final OpKind.Binary.Function[] REAL = {
    OpKind.Binary.Function.ADD,
    OpKind.Binary.Function.SUB,
    OpKind.Binary.Function.MUL,
    OpKind.Binary.Function.DIV,
    OpKind.Binary.Function.MAXIMUM,
    OpKind.Binary.Function.MINIMUM,
    OpKind.Binary.Function.SQUARED_DIFFERENCE
  };
  private static final OpKind.Binary.Function[] COMPARE = {
    OpKind.Binary.Function.LESS,
    OpKind.Binary.Function.LESS_EQUAL,
    OpKind.Binary.Function.GREATER,
    OpKind.Binary.Function.GREATER_EQUAL,
    OpKind.Binary.Function.EQUAL,
    OpKind.Binary.Function.NOT_EQUAL
  };
  private static final OpKind.Unary.Function[] UNARY = {
    OpKind.Unary.Function.ABS,
    OpKind.Unary.Function.NEG,
    OpKind.Unary.Function.EXP,
    OpKind.Unary.Function.SQUARE,
    OpKind.Unary.Function.SIN,
    OpKind.Unary.Function.COS,
    OpKind.Unary.Function.FLOOR,
    OpKind.Unary.Function.CEIL,
    OpKind.Unary.Function.ROUND
  };
  private static final OpKind.Activate.Function[] ACTIVATE = {
    OpKind.Activate.Function.LOGISTIC,
    OpKind.Activate.Function.TANH,
    OpKind.Activate.Function.HARD_SWISH,
    OpKind.Activate.Function.ELU,
    OpKind.Activate.Function.GELU
  };

  private final Random random;
  private final GraphBuilder b;

  private RandomPieces(Kind kind, long seed) {
    random = new Random(seed * 41 + kind.name().hashCode());
    b = Graph.builder(kind + "-" + seed);
    random.nextInt();
  }

  static Graph make(Kind kind, long seed) {
    return new RandomPieces(kind, seed).model(kind).output("y").build();
  }

  private Value model(Kind kind) {
    return switch (kind) {
      case BINARY_F32 -> binary(ElementType.FLOAT32, pick(REAL));
      case BINARY_S8 -> binary(ElementType.INT8, REAL[random.nextInt(3)]);
      case BINARY_U8 -> binary(ElementType.UINT8, REAL[random.nextInt(3)]);
      case BINARY_S16 -> binary(ElementType.INT16, REAL[random.nextInt(3)]);
      case BINARY_S32 -> binary(ElementType.INT32, REAL[random.nextInt(3)]);
      case BINARY_S64 -> binary(ElementType.INT64, REAL[random.nextInt(3)]);
      case COMPARE_F32 -> binary(ElementType.FLOAT32, pick(COMPARE));
      case COMPARE_S32 -> binary(ElementType.INT32, pick(COMPARE));
      case COMPARE_S64 -> binary(ElementType.INT64, pick(COMPARE));
      case UNARY_F32 -> input(ElementType.FLOAT32, dims(4)).unary(pick(UNARY));
      case ACTIVATE_F32 -> activate();
      case TABLE_S8 -> table(ElementType.INT8, random.nextInt(3));
      case TABLE_U8 -> table(ElementType.UINT8, random.nextInt(2));
      case LEAKY_RELU_S16 ->
          input(ElementType.INT16, dims(4))
              .leakyRelu(random.nextFloat() * 2 - 0.5f)
              .quantized(scale(), 0);
      case REDUCE_F32 -> reduce(ElementType.FLOAT32);
      case REDUCE_S32 -> reduce(ElementType.INT32);
      case TRANSPOSE_F32 -> transpose(ElementType.FLOAT32);
      case TRANSPOSE_S8 -> transpose(ElementType.INT8);
      case MIRROR_F32 -> mirror();
      case SOFTMAX_U8 ->
          input(ElementType.UINT8, 1 + random.nextInt(4), 1 + random.nextInt(40))
              .softmax()
              .quantized(1 / 256f, 0);
    };
  }

  private <T> T pick(T[] of) {
    return of[random.nextInt(of.length)];
  }

  private float scale() {
    return (float) Math.exp(-5 + random.nextGaussian());
  }

  private int zero(ElementType type) {
    return type == ElementType.INT8
        ? random.nextInt(256) - 128
        : type == ElementType.UINT8 ? random.nextInt(256) : 0;
  }

  private Value input(ElementType type, int... dims) {
    boolean quantized =
        type == ElementType.INT8 || type == ElementType.UINT8 || type == ElementType.INT16;
    String name = "x" + random.nextInt(1_000_000);
    return quantized
        ? b.input(name, type, Quantization.perTensor(scale(), zero(type)), dims)
        : b.input(name, type, dims);
  }

  private int[] dims(int most) {
    int[] dims = new int[1 + random.nextInt(most)];
    for (int d = 0; d < dims.length; d++) {
      dims[d] = 1 + random.nextInt(d == dims.length - 1 ? 19 : 5);
    }
    return dims;
  }

  private Value binary(ElementType type, OpKind.Binary.Function function) {
    int[] a = dims(4);
    int[] c = a.clone();
    int pattern = random.nextInt(4);
    if (pattern == 1) {
      c = new int[] {a[a.length - 1]};
    } else if (pattern == 2) {
      c = new int[] {1};
    } else if (pattern == 3) {
      c[random.nextInt(c.length)] = 1;
    }
    boolean fuses = function == REAL[0] || function == REAL[1] || function == REAL[2];
    Activation activation =
        fuses && random.nextInt(3) == 0 && type != ElementType.INT64
            ? (random.nextBoolean() ? Activation.RELU : Activation.RELU6)
            : Activation.NONE;
    Value y = input(type, a).binary(function, input(type, c), activation);
    boolean quantized =
        type == ElementType.INT8 || type == ElementType.UINT8 || type == ElementType.INT16;
    return quantized ? y.quantized(2 * scale(), zero(type)) : y;
  }

  private Value activate() {
    Value x = input(ElementType.FLOAT32, dims(4));
    OpKind.Activate.Function function = pick(ACTIVATE);
    return function == OpKind.Activate.Function.GELU
        ? x.gelu(random.nextBoolean())
        : x.activate(function);
  }

  private Value table(ElementType type, int function) {
    Value x = input(type, dims(4)).activate(ACTIVATE[function == 2 ? 3 : function]);
    boolean signed = type == ElementType.INT8;
    return function == 0
        ? x.quantized(1 / 256f, signed ? -128 : 0)
        : function == 1
            ? x.quantized(1 / 128f, signed ? 0 : 128)
            : x.quantized(scale(), zero(type));
  }

  private Value reduce(ElementType type) {
    OpKind.Reduce.Function[] functions = {
      OpKind.Reduce.Function.SUM, OpKind.Reduce.Function.MAX, OpKind.Reduce.Function.MIN
    };
    int[] dims = dims(4);
    int axis = random.nextInt(dims.length);
    int other = random.nextInt(dims.length);
    int[] axes = axis == other ? new int[] {axis} : new int[] {axis, other - dims.length};
    return input(type, dims).reduce(pick(functions), random.nextBoolean(), axes);
  }

  private Value transpose(ElementType type) {
    int[] dims = dims(5);
    int[] order = new int[dims.length];
    for (int d = 0; d < order.length; d++) {
      int at = random.nextInt(d + 1);
      order[d] = order[at];
      order[at] = d;
    }
    return input(type, dims).transpose(order);
  }

  private Value mirror() {
    int[] dims = dims(3);
    int[] paddings = new int[2 * dims.length];
    OpKind.Pad.Mode mode =
        random.nextBoolean() ? OpKind.Pad.Mode.REFLECT : OpKind.Pad.Mode.SYMMETRIC;
    for (int i = 0; i < paddings.length; i++) {
      int most = dims[i / 2] - (mode == OpKind.Pad.Mode.REFLECT ? 1 : 0);
      paddings[i] = random.nextInt(most + 1);
    }
    return input(ElementType.FLOAT32, dims).pad(mode, paddings);
  }
}
