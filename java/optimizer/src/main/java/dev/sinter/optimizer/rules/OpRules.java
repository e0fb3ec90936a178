// The table of the rules for all kinds of ops.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.rules;

import static dev.sinter.graph.ElementType.INT16;
import static dev.sinter.graph.ElementType.INT8;
import static dev.sinter.optimizer.rules.OpRule.Scales.AS_INPUT;
import static dev.sinter.optimizer.rules.OpRule.Scales.AS_OUTPUT;
import static dev.sinter.optimizer.rules.OpRule.Scales.FIXED;
import static dev.sinter.optimizer.rules.OpRule.Scales.FREE;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.tflite.TfliteOps;
import dev.sinter.optimizer.decision.Affine;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The rules by op, after TensorFlow Lite's 8-bit quantization specification and what its kernels
 * check when a model is loaded.
 */
public final class OpRules {
  private static final Set<ElementType> BOTH = Set.of(INT8, INT16);
  private static final Set<ElementType> BYTES = Set.of(INT8);
  private static final Set<Integer> NONE = Set.of();
  private static final Map<String, OpRule> RULES = new LinkedHashMap<>();
  private static final Map<String, List<Integer>> OTHERS = new HashMap<>();

  static {
    // Ops with weights: which bits kernels take, by the type of what comes in.
    weighted("CONV_2D", 1, 2, 0, Set.of(8, 4), false, Set.of(8, 4), true);
    weighted("DEPTHWISE_CONV_2D", 1, 2, 3, Set.of(8), false, Set.of(8), false);
    weighted("TRANSPOSE_CONV", 1, 3, 0, Set.of(8), false, Set.of(8), false);
    weighted("FULLY_CONNECTED", 1, 2, 0, Set.of(8, 4, 2), true, Set.of(8, 4), true);
    weighted("BATCH_MATMUL", 1, -1, -1, Set.of(8), false, Set.of(8, 4), false);
    put(
        new OpRule(
            "EMBEDDING_LOOKUP",
            "EMBEDDING_LOOKUP",
            1,
            -1,
            0,
            FREE,
            Set.of(),
            null,
            null,
            Set.of(8, 4),
            true,
            Set.of(8, 4),
            false,
            true));
    // Recurrent layers: several matrices, all of one type; which of them there are differs.
    recurrent("UNIDIRECTIONAL_SEQUENCE_LSTM", 2, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 16);
    recurrent(
        "BIDIRECTIONAL_SEQUENCE_LSTM",
        2,
        1,
        3,
        4,
        5,
        6,
        7,
        8,
        9,
        10,
        11,
        16,
        18,
        19,
        20,
        21,
        22,
        23,
        24,
        25,
        26,
        27,
        28,
        33,
        40,
        41,
        42,
        43,
        44,
        45,
        46,
        47);
    recurrent("SVDF", 1, 2);
    recurrent("RNN", 1, 2);
    recurrent("UNIDIRECTIONAL_SEQUENCE_RNN", 1, 2);
    // TensorFlow Lite 2.21's hybrid kernel may end the process where it writes both ways into one.
    recurrent("BIDIRECTIONAL_SEQUENCE_RNN", 1, 2, 5, 6, 10, 11);
    for (String op : new String[] {"ADD", "SUB", "MUL", "DIV", "MEAN", "SUM"}) {
      activation(op, FREE, BOTH, true);
    }
    for (String op :
        new String[] {"RSQRT", "SQRT", "GELU", "RELU", "RELU6", "LEAKY_RELU", "EXP", "LOG"}) {
      activation(op, FREE, BOTH, true);
    }
    for (String op :
        new String[] {
          "HARD_SWISH", "SQUARED_DIFFERENCE", "PRELU", "ELU", "RELU_N1_TO_1", "RELU_0_TO_1"
        }) {
      activation(op, FREE, BYTES, true);
    }
    for (String op : new String[] {"EQUAL", "NOT_EQUAL"}) {
      activation(op, FREE, BOTH, true);
    }
    for (String op :
        new String[] {"LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL", "ARG_MAX", "ARG_MIN"}) {
      activation(op, FREE, BYTES, false);
    }
    for (String op :
        new String[] {
          "RESHAPE",
          "SQUEEZE",
          "EXPAND_DIMS",
          "TRANSPOSE",
          "SLICE",
          "STRIDED_SLICE",
          "SPLIT",
          "SPLIT_V",
          "PAD",
          "MIRROR_PAD",
          "UNPACK",
          "GATHER",
          "GATHER_ND",
          "BROADCAST_TO",
          "MAX_POOL_2D",
          "AVERAGE_POOL_2D",
          "RESIZE_BILINEAR",
          "RESIZE_NEAREST_NEIGHBOR",
          "REDUCE_MIN",
          "REDUCE_MAX",
          "SPACE_TO_BATCH_ND",
          "BATCH_TO_SPACE_ND"
        }) {
      activation(op, AS_INPUT, BOTH, true);
    }
    for (String op : new String[] {"SPACE_TO_DEPTH", "DEPTH_TO_SPACE", "TILE"}) {
      activation(op, AS_INPUT, BYTES, true);
    }
    for (String op :
        new String[] {
          "CONCATENATION", "PACK", "PADV2", "MAXIMUM", "MINIMUM", "SELECT", "SELECT_V2"
        }) {
      activation(op, AS_OUTPUT, BOTH, true);
    }
    activation("DYNAMIC_UPDATE_SLICE", AS_OUTPUT, BYTES, true);
    Affine sigmoid16 = new Affine(INT16, 1f / 32768, 0);
    fixed("SOFTMAX", new Affine(INT8, 1f / 256, -128), sigmoid16);
    fixed("LOGISTIC", new Affine(INT8, 1f / 256, -128), sigmoid16);
    fixed("TANH", new Affine(INT8, 1f / 128, 0), sigmoid16);
    fixed("L2_NORMALIZATION", new Affine(INT8, 1f / 128, 0), null);
    fixed("LOG_SOFTMAX", new Affine(INT8, 16f / 256, 127), null);
  }

  /**
   * A product whose constant side is the left one: kernels for float inputs have no bytes there.
   */
  private static final OpRule CONSTANT_LEFT =
      new OpRule(
          "BATCH_MATMUL",
          "BATCH_MATMUL",
          0,
          -1,
          -1,
          FREE,
          BOTH,
          null,
          null,
          NONE,
          false,
          Set.of(8, 4),
          false,
          true);

  private OpRules() {}

  private static void put(OpRule rule) {
    RULES.put(rule.name(), rule);
  }

  private static void recurrent(String name, int weights, int... others) {
    OTHERS.put(name, IntStream.of(others).boxed().toList());
    put(
        new OpRule(
            name,
            name,
            weights,
            -1,
            -1,
            FREE,
            Set.of(),
            null,
            null,
            name.equals("BIDIRECTIONAL_SEQUENCE_RNN") ? NONE : Set.of(8),
            false,
            Set.of(8, 4),
            false,
            true));
  }

  /**
   * Finds further weights of an op, which go the way of the first.
   *
   * @param op the op
   * @return positions of inputs; those that the op does not have are among them
   */
  public static List<Integer> otherWeights(Op op) {
    return OTHERS.getOrDefault(TfliteOps.name(op.kind()), List.of());
  }

  private static void weighted(
      String name,
      int weights,
      int bias,
      int axis,
      Set<Integer> dynamic,
      boolean blocks,
      Set<Integer> weightOnly,
      boolean static4) {
    String recipe = name.equals("TRANSPOSE_CONV") ? "CONV_2D_TRANSPOSE" : name;
    put(
        new OpRule(
            name,
            recipe,
            weights,
            bias,
            axis,
            FREE,
            BOTH,
            null,
            null,
            dynamic,
            blocks,
            weightOnly,
            static4,
            true));
  }

  private static void activation(
      String name, OpRule.Scales scales, Set<ElementType> types, boolean standard) {
    put(
        new OpRule(
            name, name, -1, -1, -1, scales, types, null, null, NONE, false, NONE, false, standard));
  }

  private static void fixed(String name, Affine int8, Affine int16) {
    put(
        new OpRule(
            name,
            name,
            -1,
            -1,
            -1,
            FIXED,
            int16 == null ? BYTES : BOTH,
            int8,
            int16,
            NONE,
            false,
            NONE,
            false,
            true));
  }

  /**
   * Finds the rules for an op.
   *
   * @param op the op
   * @return its rules, or null if it computes in float alone
   */
  public static OpRule of(Op op) {
    return RULES.get(TfliteOps.name(op.kind()));
  }

  /**
   * Finds the rules for an op where it matters which of its inputs are constant: of a product the
   * constant side holds the weights, the right one if both are.
   *
   * @param g the op's subgraph
   * @param op the op
   * @return its rules, or null if it computes in float alone
   */
  public static OpRule of(Subgraph g, Op op) {
    return op.kind() instanceof OpKind.BatchMatMul
            && op.inputs().size() == 2
            && isConstant(g, op.input(0))
            && !isConstant(g, op.input(1))
        ? CONSTANT_LEFT
        : of(op);
  }

  private static boolean isConstant(Subgraph g, int tensor) {
    return tensor >= 0 && g.isConstant(tensor);
  }

  /**
   * Tells whether the weights of an op that computes in integers are stored by a decision of their
   * own; if not, they are an operand like others.
   *
   * @param g the op's subgraph
   * @param op the op
   * @param activations INT8 or INT16
   * @return true for layers, and for products with a constant side in INT8: in INT16 both sides
   *     have the same type
   */
  public static boolean weighs(Subgraph g, Op op, ElementType activations) {
    OpRule r = of(g, op);
    if (r == null || r.weights() < 0) {
      return false;
    }
    return r.axis() >= 0
        || !otherWeights(op).isEmpty()
        || (activations == INT8
            && op.kind() instanceof OpKind.BatchMatMul
            && isConstant(g, op.input(r.weights())));
  }

  /**
   * Finds the rules for a kind of op by its name.
   *
   * @param recipeName what recipes or TensorFlow Lite call it
   * @return its rules, or null if there are none
   */
  public static OpRule named(String recipeName) {
    OpRule rule = RULES.get(recipeName);
    if (rule == null) {
      rule =
          RULES.values().stream()
              .filter(r -> r.recipeName().equals(recipeName))
              .findFirst()
              .orElse(null);
    }
    return rule;
  }

  /**
   * Returns what recipes call an op.
   *
   * @param op the op
   * @return the name of its kind
   */
  public static String recipeName(Op op) {
    OpRule rule = of(op);
    return rule == null ? TfliteOps.name(op.kind()) : rule.recipeName();
  }
}
