// A random model being made: shapes, scales, constants, inputs, out of one source of decisions.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.random;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Constant;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.GraphBuilder.Result;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Storage;
import dev.sinter.graph.Strings;
import dev.sinter.graph.tflite.TfliteOps;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** What generators draw from. Choice 0 is always the simplest. */
final class Sketch {
  /** What an input is filled with. */
  record Fill(double low, double high, boolean whole) {}

  final ElementType type;
  final GraphBuilder b;
  private final Draw draw;
  private final Random values;
  private final List<Fill> fills = new ArrayList<>();
  private final GraphBuilder model; // of the main subgraph
  private int names;

  Sketch(String name, ElementType type, Draw draw) {
    this(name, type, draw, null);
  }

  private Sketch(String name, ElementType type, Draw draw, GraphBuilder model) {
    this.type = type;
    this.draw = draw;
    b = Graph.builder(name);
    this.model = model == null ? b : model;
    values = new Random(draw.below(1 << 16));
  }

  /** A sketch of another subgraph of the same model, by the same decisions. */
  Sketch inner() {
    return new Sketch("inner", type, draw, model);
  }

  /** Takes a finished subgraph into the model; gives its index. */
  int add(Sketch inner) {
    return model.add(inner.b.subgraph("inner"));
  }

  List<Fill> fills() {
    return fills;
  }

  // ---- decisions

  int below(int n) {
    return draw.below(n);
  }

  int between(int low, int high) {
    return low + draw.below(high - low + 1);
  }

  boolean coin() {
    return draw.below(2) == 1;
  }

  boolean oneIn(int n) {
    return draw.below(n) == n - 1;
  }

  @SafeVarargs
  final <T> T pick(T... of) {
    return of[draw.below(of.length)];
  }

  /** Of a normal distribution around 0. */
  double gauss() {
    int c = draw.below(1 << 12);
    return c == 0 ? 0 : new Random(c).nextGaussian();
  }

  float spread(double middle) {
    return (float) (middle * Math.exp(0.4 * gauss()));
  }

  /** Mostly small, sometimes larger: tails of every length, and a few full vectors. */
  int size(int usual) {
    return oneIn(6) ? between(1, 4 * usual) : between(1, usual);
  }

  /** A shape of some rank; last dimensions are longer. */
  int[] dims(int leastRank, int mostRank) {
    int[] dims = new int[between(leastRank, mostRank)];
    int usual = dims.length > 4 ? 3 : 6;
    for (int d = 0; d < dims.length; d++) {
      dims[d] = d == dims.length - 1 ? size(dims.length > 4 ? 8 : 20) : between(1, usual);
    }
    return dims;
  }

  /** The same, and now and then with a dimension of 0. */
  int[] dimsOrEmpty(int leastRank, int mostRank) {
    int[] dims = dims(leastRank, mostRank);
    if (dims.length > 0 && oneIn(40)) {
      dims[below(dims.length)] = 0;
    }
    return dims;
  }

  int[] order(int rank) {
    List<Integer> order = new ArrayList<>();
    for (int d = 0; d < rank; d++) {
      order.add(d);
    }
    Collections.shuffle(order, new Random(below(1000)));
    return order.stream().mapToInt(i -> i).toArray();
  }

  /** Some axes, at least one where the rank allows, in any order, some of them negative. */
  int[] axes(int rank) {
    List<Integer> chosen = new ArrayList<>();
    int must = rank == 0 ? 0 : below(rank);
    for (int d = 0; d < rank; d++) {
      if (d == must || oneIn(3)) {
        chosen.add(oneIn(4) ? d - rank : d);
      }
    }
    return chosen.stream().mapToInt(i -> i).toArray();
  }

  int axis(int rank) {
    int axis = below(rank);
    return oneIn(3) ? axis - rank : axis;
  }

  Activation activation() {
    return pick(
        Activation.NONE,
        Activation.NONE,
        Activation.RELU,
        Activation.RELU6,
        Activation.RELU_N1_TO_1);
  }

  // ---- quantization

  static boolean isQuantized(ElementType type) {
    return type == ElementType.INT8 || type == ElementType.UINT8 || type == ElementType.INT16;
  }

  boolean isQuantized() {
    return isQuantized(type);
  }

  float scale() {
    return (float) Math.exp(-5 + 1.2 * gauss());
  }

  int zero(ElementType of) {
    return switch (of) {
      case INT8 -> oneIn(4) ? pick(0, -128, 127) : below(256) - 128;
      case UINT8 -> oneIn(4) ? pick(128, 0, 255) : below(256);
      default -> 0;
    };
  }

  Quantization quantization(ElementType of) {
    return isQuantized(of) ? Quantization.perTensor(scale(), zero(of)) : Quantization.NONE;
  }

  static Quantization of(Value v) {
    return v.tensor().quantization();
  }

  static float scale(Value v) {
    return of(v).scale();
  }

  // ---- inputs

  String name(String stem) {
    return stem + names++;
  }

  /** An input of values within bounds. */
  Value ranged(ElementType of, Quantization q, double low, double high, int... dims) {
    return input(of, q, new Fill(low, high, false), dims);
  }

  Value input(ElementType of, Quantization q, Fill fill, int... dims) {
    fills.add(fill);
    return b.input(name("x"), of, q, dims);
  }

  /** An input over the whole range of its type, or moderate where that has no sense. */
  Value input(ElementType of, Quantization q, int... dims) {
    return input(of, q, usual(of), dims);
  }

  private Fill usual(ElementType of) {
    return switch (of) {
      case FLOAT32 -> pick(new Fill(-1, 1, false), new Fill(-8, 8, false), new Fill(-9, 9, true));
      case INT8 -> new Fill(-128, 127, true);
      case UINT8 -> new Fill(0, 255, true);
      case INT16 -> new Fill(-32768, 32767, true);
      case BOOL -> new Fill(0, 1, true);
      default -> pick(new Fill(-9, 9, true), new Fill(-20000, 20000, true));
    };
  }

  Value input(int... dims) {
    return input(type, quantization(type), dims);
  }

  /** An input, or now and then a constant. */
  Value operand(Quantization q, int... dims) {
    return oneIn(4) ? constant(type, q, dims) : input(type, q, dims);
  }

  Value image() {
    return input(between(1, 2), size(12), size(12), size(20));
  }

  // ---- constants

  static int count(int... dims) {
    return Arrays.stream(dims).reduce(1, Math::multiplyExact);
  }

  static ByteBuffer bytes(int count) {
    return ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
  }

  Value constant(ElementType of, ByteBuffer data, Quantization q, int... dims) {
    return b.constant(name("c"), new Constant.Dense(of, Shape.of(dims), Storage.wrap(data)), q);
  }

  /** Random values of the whole range of a type. */
  Value constant(ElementType of, Quantization q, int... dims) {
    return constant(of, data(of, 1, count(dims)), q, dims);
  }

  /** Random values; floats of about a size. */
  ByteBuffer data(ElementType of, double size, int count) {
    if (of == ElementType.STRING) {
      return strings(values, count);
    }
    ByteBuffer out = bytes(Math.toIntExact(of.bytes(count)));
    while (out.hasRemaining()) {
      switch (of) {
        case FLOAT32 -> out.putFloat((float) (size * values.nextGaussian()));
        case INT32 -> out.putInt(values.nextInt(2001) - 1000);
        case INT64 -> out.putLong(values.nextInt(2001) - 1000);
        case INT16 -> out.putShort((short) values.nextInt());
        case BOOL -> out.put((byte) values.nextInt(2));
        default -> out.put((byte) values.nextInt());
      }
    }
    return out.flip();
  }

  /** Words of which each comes more than once. */
  static ByteBuffer strings(Random random, int count) {
    List<byte[]> words = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int word = random.nextInt(Math.max(4, count));
      words.add("x\u00fc".repeat(word).substring(word / 2).getBytes(StandardCharsets.UTF_8));
    }
    return Strings.pack(words);
  }

  /** Whole numbers within a bound, -bound and bound included. */
  ByteBuffer whole(ElementType of, int bound, int count) {
    ByteBuffer out = bytes(Math.toIntExact(of.bytes(count)));
    while (out.hasRemaining()) {
      int v = values.nextInt(2 * bound + 1) - bound;
      switch (of) {
        case INT8, UINT8 -> out.put((byte) v);
        case INT16 -> out.putShort((short) v);
        case INT64 -> out.putLong(v);
        case FLOAT32 -> out.putFloat(v);
        default -> out.putInt(v);
      }
    }
    return out.flip();
  }

  Value floats(double size, int... dims) {
    return constant(
        ElementType.FLOAT32, data(ElementType.FLOAT32, size, count(dims)), Quantization.NONE, dims);
  }

  Value int32(int... list) {
    return b.int32(name("i"), list, Quantization.NONE, list.length);
  }

  Value int32Scalar(int value) {
    return b.int32(name("i"), new int[] {value}, Quantization.NONE);
  }

  /** A list of numbers as int32, or now and then int64. */
  Value ints(int... list) {
    return oneIn(3) ? int64(list) : int32(list);
  }

  Value int64(int... list) {
    ByteBuffer out = bytes(8 * list.length);
    for (int v : list) {
      out.putLong(v);
    }
    return constant(ElementType.INT64, out.flip(), Quantization.NONE, list.length);
  }

  // ---- ops

  /** Marks outputs. */
  void done(Value... outputs) {
    for (Value v : outputs) {
      v.output();
    }
  }

  /** A builtin op by name, with one result of a type and quantization. */
  Value op(
      String op,
      int version,
      Map<String, Object> options,
      ElementType of,
      Quantization q,
      Value... in) {
    return b.op(TfliteOps.builtin(op, version, options), of, q, in);
  }

  /** One whose result is like its first data operand. */
  Value like(String op, int version, Map<String, Object> options, Value x, Value... in) {
    return op(op, version, options, x.tensor().type(), of(x), in);
  }

  List<Value> ops(OpKind kind, List<Result> results, Value... in) {
    return b.op(kind, results, List.of(), Arrays.asList(in));
  }
}
