// The families of types that products come in: which constants each takes and how its sums become
// results.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.HalfFloat;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * A family is named by the type of its activations: f32, s8, u8, s16 (with int8 weights), each with
 * a result of the same type; {@link #DYNAMIC} for float activations that int8 weights meet.
 */
final class ProductTypes {
  // The contract's numbers for how sums become int16 (native/src/kernels/gemm/packing_s16.h).
  private static final int FIXED_64 = 0;
  private static final int FIXED_32 = 1;
  private static final int DOUBLE_64 = 2;
  private static final int UPWARD_32 = 3;

  // The same for who quantizes activations (native/src/kernels/gemm/dynamic.h).
  static final int DELEGATE = 0;
  private static final int SYMMETRIC = 1;
  private static final int ASYMMETRIC = 2;
  private static final int SYMMETRIC_FOLDED = 3;
  private static final int ASYMMETRIC_FOLDED = 4;

  // Activations that stay floats, by weights that are stored as integers.
  private static final int WEIGHT_ONLY = 5;

  /** Float activations that are quantized on the way, int8 weights. */
  static final String DYNAMIC = "dynamic";

  /** The same by int4 weights that stay two to a byte: fully connected layers. */
  static final String DYNAMIC4 = "dynamic4";

  // Float products whose weights are widened on the way; the type they are stored in follows.
  private static final String STORED = "stored ";

  private ProductTypes() {}

  /** The types of activations, weights and result. */
  static String[] of(String type) {
    if (type.equals(DYNAMIC)) {
      return new String[] {"f32", "s8", "f32"};
    }
    if (type.equals(DYNAMIC4)) {
      return new String[] {"f32", "s4", "f32"};
    }
    if (type.startsWith(STORED)) {
      return new String[] {"f32", type.substring(STORED.length()), "f32"};
    }
    return new String[] {type, type.equals("s16") ? "s8" : type, type};
  }

  /**
   * The family of a product that becomes a gemm, whose rows also take weights of four bits and
   * float weights as they are stored.
   *
   * @param type what {@link #check} says
   */
  static String matrix(Lowering l, Op op, String type, int outputs) {
    if (type.equals(DYNAMIC)
        && l.tensor(op.input(1)).type() == ElementType.INT4
        && op.kind() instanceof OpKind.FullyConnected) {
      return DYNAMIC4;
    }
    StoredWeights stored =
        type.equals("f32") ? StoredWeights.behind(l, op.input(1), outputs) : null;
    return stored == null ? type : STORED + stored.typeName();
  }

  /** The family of a product's tensors; fails where they do not fit together. */
  static String check(Lowering l, int index, Op op, Activation activation, int output) {
    String type = l.type(index, op.input(0));
    if (!Numbers.isClamp(activation)) {
      throw l.unsupported(index, "the fused activation " + activation);
    }
    if (!l.isConstant(op.input(1)) || (op.hasInput(2) && !l.isConstant(op.input(2)))) {
      throw l.unsupported(index, "weights or bias that are computed at run time");
    }
    ElementType stored = l.tensor(op.input(1)).type();
    boolean transposed = op.kind() instanceof OpKind.TransposeConv;
    String weights = !transposed && isPacked(stored) ? "s8" : l.type(index, op.input(1));
    if (type.equals("f32") && weights.equals("s8") && l.type(index, output).equals("f32")) {
      return checkDynamic(l, index, op, stored);
    }
    String out = l.type(index, output);
    if (!List.of("f32", "s8", "u8", "s16").contains(type)
        || !weights.equals(of(type)[1])
        || !out.equals(type)) {
      throw l.unsupported(index, "the mix of types " + type + " x " + weights + " -> " + out);
    }
    if (!type.equals("f32")) {
      l.requireQuantized(index, op.input(0));
      l.requireQuantized(index, output);
      checkWeights(l, index, op, type);
      checkPacked(l, index, op, stored);
      String bias = op.hasInput(2) ? l.type(index, op.input(2)) : "s32";
      if (!bias.equals("s32") && !(type.equals("s16") && bias.equals("s64"))) {
        throw l.unsupported(index, "a bias of type " + bias);
      }
    }
    if (type.equals("s16") && (l.zeroPoint(op.input(0)) != 0 || l.zeroPoint(output) != 0)) {
      throw l.unsupported(index, "int16 with a zero point");
    }
    return type;
  }

  private static String checkDynamic(Lowering l, int index, Op op, ElementType stored) {
    checkWeights(l, index, op, DYNAMIC);
    if (op.hasInput(2) && !l.type(index, op.input(2)).equals("f32")) {
      throw l.unsupported(index, "a bias of type " + l.type(index, op.input(2)));
    }
    checkPacked(l, index, op, stored);
    return DYNAMIC;
  }

  /**
   * Who quantizes the activations of {@link #DYNAMIC}, by the contract's number: TFLite's delegate,
   * or its own kernels without a zero point or with one; those of convolutions without groups
   * multiply the scales of both sides first.
   */
  static int dynamic(Lowering l, Op op, String type, int groups) {
    if (type.startsWith(STORED)) {
      return type.equals(STORED + "f16") ? 0 : WEIGHT_ONLY;
    }
    if (!type.equals(DYNAMIC) && !type.equals(DYNAMIC4)) {
      return 0;
    }
    boolean int4 = l.tensor(op.input(1)).type() == ElementType.INT4;
    boolean oneScale = l.quantization(op.input(1)).count() < 2;
    if (block(l, op) > 0) {
      return DELEGATE;
    }
    if (op.kind() instanceof OpKind.FullyConnected) {
      return int4 && oneScale ? SYMMETRIC : DELEGATE;
    }
    if (!(op.kind() instanceof OpKind.Conv)) {
      return ASYMMETRIC;
    }
    if (op.hasInput(2) && !int4) {
      return DELEGATE;
    }
    if (groups > 1) {
      return ASYMMETRIC;
    }
    return oneScale ? SYMMETRIC_FOLDED : ASYMMETRIC_FOLDED;
  }

  /** Whether several weights share a byte; rows that unpack them are int8's. */
  private static boolean isPacked(ElementType weights) {
    return weights == ElementType.INT4 || weights == ElementType.INT2;
  }

  /** TFLite stores rows of such weights without gaps and takes only those that end with a byte. */
  private static void checkPacked(Lowering l, int index, Op op, ElementType stored) {
    if (!isPacked(stored)) {
      return;
    }
    boolean connected = op.kind() instanceof OpKind.FullyConnected;
    if (stored == ElementType.INT2 && !connected) {
      throw l.unsupported(index, "a convolution by int2 weights; TensorFlow Lite has none either");
    }
    int perByte = stored == ElementType.INT2 ? 4 : 2;
    if (connected && l.shape(op.input(1)).dim(1) % perByte != 0) {
      throw l.unsupported(
          index,
          "a number of inputs that is no multiple of "
              + perByte
              + ", by weights of "
              + stored
              + " that fill their bytes row by row");
    }
  }

  private static void checkWeights(Lowering l, int index, Op op, String type) {
    Quantization q = l.quantization(op.input(1));
    if (block(l, op) > 0 && type.equals(DYNAMIC) && op.kind() instanceof OpKind.FullyConnected) {
      checkBlocks(l, index, op, (Quantization.Blockwise) q.details());
      return;
    }
    if (!q.isQuantized() || q.details() != null) {
      throw l.unsupported(index, "weights without scales, or with scales by block");
    }
    boolean one = type.equals("u8") && q.isPerTensor();
    for (long zeroPoint : q.zeroPoints()) {
      if (one ? zeroPoint < 0 || zeroPoint > 255 : zeroPoint != 0) {
        throw l.unsupported(index, "weights with zero point " + zeroPoint);
      }
    }
  }

  /** How many inputs share a scale; 0 where all inputs of an output do. */
  static int block(Lowering l, Op op) {
    return l.quantization(op.input(1)).details() instanceof Quantization.Blockwise b
        ? b.blockSize()
        : 0;
  }

  /** The same for a family that {@link #matrix} has named. */
  static int block(Lowering l, Op op, String type, int outputs) {
    return type.startsWith(STORED)
        ? StoredWeights.behind(l, op.input(1), outputs).block()
        : block(l, op);
  }

  private static void checkBlocks(Lowering l, int index, Op op, Quantization.Blockwise blocks) {
    Shape weights = l.shape(op.input(1));
    int size = blocks.blockSize();
    boolean fits =
        blocks.scales() >= 0
            && l.isConstant(blocks.scales())
            && l.tensor(blocks.scales()).type() == ElementType.FLOAT16
            && weights.dim(1) % size == 0
            && l.shape(blocks.scales()).elements() * size == weights.elements();
    if (!fits) {
      throw l.unsupported(index, "scales by block that are not a FLOAT16 tensor of one per block");
    }
  }

  /**
   * Scales by block as TFLite's delegate has them: half precision, cut to bfloat16. It divides them
   * by 16 and multiplies the weights by 16, which cancels.
   */
  private static ByteBuffer blockHalves(Lowering l, Quantization.Blockwise blocks) {
    ByteBuffer halves = l.constant(blocks.scales()).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer cut = ByteBuffer.allocate(halves.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < halves.remaining(); i += 2) {
      short half = halves.getShort(halves.position() + i);
      // A bfloat16 keeps the seven bits behind the first that is set; a normal half has ten.
      int digits = (half & 0x3ff) | ((half & 0x7c00) == 0 ? 0 : 0x400);
      int lost = Math.max(0, 24 - Integer.numberOfLeadingZeros(digits));
      cut.putShort((short) (half & (-1 << lost)));
    }
    return cut.flip();
  }

  /** The same as floats. */
  private static ByteBuffer blockScales(Lowering l, Quantization.Blockwise blocks) {
    ByteBuffer halves = l.constant(blocks.scales()).order(ByteOrder.LITTLE_ENDIAN);
    float[] scales = new float[halves.remaining() / 2];
    for (int i = 0; i < scales.length; i++) {
      int bits = Float.floatToRawIntBits(HalfFloat.toFloat(halves.getShort(2 * i)));
      scales[i] = Float.intBitsToFloat(bits & 0xffff0000);
    }
    return Numbers.floats(scales);
  }

  /** Only unsigned weights have a zero point. */
  static int weightZeroPoint(Lowering l, Op op, String type) {
    return type.equals("u8") ? l.zeroPoint(op.input(1)) : 0;
  }

  private static boolean hasBias(Lowering l, Op op, ElementType type) {
    return op.hasInput(2) && l.tensor(op.input(2)).type() == type;
  }

  /**
   * How TFLite makes int16 of a convolution's sums: kernels for a bias of 64 bits are plain ones,
   * those for 32 bits its matrix library's, but for groups.
   */
  static int convolution(Lowering l, Op op, String type, int groups) {
    if (isFixed8(l, op, type)) {
      return groups > 1 ? FIXED_32 : UPWARD_32;
    }
    if (!type.equals("s16")) {
      return 0;
    }
    return !hasBias(l, op, ElementType.INT32) ? FIXED_64 : groups > 1 ? FIXED_32 : UPWARD_32;
  }

  /**
   * Whether TFLite's own kernels run a convolution of int8: the delegate declines int4 weights.
   * They make int8 of the sums in fixed point.
   */
  static boolean isFixed8(Lowering l, Op op, String type) {
    return type.equals("s8")
        && l.tensor(op.input(1)).type() == ElementType.INT4
        && !(op.kind() instanceof OpKind.FullyConnected);
  }

  /** The same of a depthwise convolution's. */
  static int depthwise(Lowering l, Op op, String type) {
    if (isFixed8(l, op, type)) {
      return FIXED_32;
    }
    return type.equals("s16") && hasBias(l, op, ElementType.INT32) ? FIXED_32 : 0;
  }

  /** The same of a fully connected layer's: plain kernels multiply doubles. */
  static int fullyConnected(Lowering l, Op op, String type) {
    if (!type.equals("s16")) {
      return 0;
    }
    return hasBias(l, op, ElementType.INT64) ? DOUBLE_64 : UPWARD_32;
  }

  /** Sets the bounds of the result as whoever runs this family in TFLite rounds them. */
  static void clamp(Step step, Activation activation, Quantization q) {
    boolean builtin =
        step.types().get(0).equals("s16")
            || step.params().getOrDefault("requantization", 0).intValue() != 0;
    if (builtin) {
      Numbers.clampBuiltin(step, activation, q);
    } else {
      Numbers.clamp(step, activation, q);
    }
  }

  /** Weights, bias, scales in the order of the native ops' contracts. */
  static List<Supplier<ByteBuffer>> sources(
      Lowering l, Op op, String type, int channels, int output, int input) {
    List<Supplier<ByteBuffer>> sources = new ArrayList<>();
    if (type.startsWith(STORED)) {
      StoredWeights weights = StoredWeights.behind(l, op.input(1), channels);
      sources.add(() -> l.constant(weights.tensor()));
      sources.add(op.hasInput(2) ? () -> l.constant(op.input(2)) : null);
      ByteBuffer scales = weights.scales(l, channels);
      sources.add(scales == null ? null : scales::duplicate);
      return sources;
    }
    if (type.equals(DYNAMIC4)) {
      Quantization weights = l.quantization(op.input(1));
      ByteBuffer scales =
          weights.details() instanceof Quantization.Blockwise blocks
              ? blockHalves(l, blocks)
              : Numbers.floats(Numbers.weightScales(weights, channels));
      sources.add(() -> l.constant(op.input(1)));
      sources.add(op.hasInput(2) ? () -> l.constant(op.input(2)) : null);
      sources.add(scales::duplicate);
      return sources;
    }
    ElementType stored = l.tensor(op.input(1)).type();
    sources.add(
        () ->
            isPacked(stored)
                ? Numbers.unpack(l.constant(op.input(1)), stored, l.shape(op.input(1)).elements())
                : l.constant(op.input(1)));
    sources.add(op.hasInput(2) ? () -> l.constant(op.input(2)) : null);
    if (!type.equals("f32")) {
      Quantization weights = l.quantization(op.input(1));
      ByteBuffer scales =
          type.equals(DYNAMIC)
              ? weights.details() instanceof Quantization.Blockwise blocks
                  ? blockScales(l, blocks)
                  : Numbers.floats(Numbers.weightScales(weights, channels))
              : type.equals("s16") || isFixed8(l, op, type)
                  ? Numbers.doubles(
                      Numbers.effectiveScales(
                          l.scale(input),
                          weights,
                          l.scale(output),
                          channels,
                          op.kind() instanceof OpKind.FullyConnected
                              && !hasBias(l, op, ElementType.INT64)))
                  : Numbers.floats(
                      Numbers.requantizationScales(
                          l.scale(input), weights, l.scale(output), channels));
      sources.add(scales::duplicate);
    }
    return sources;
  }
}
