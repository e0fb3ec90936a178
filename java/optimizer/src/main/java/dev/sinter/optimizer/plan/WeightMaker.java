// Quantizes weights, each form of them once.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.plan;

import dev.sinter.graph.Constant;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Op;
import dev.sinter.graph.Storage;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import dev.sinter.optimizer.calibration.Moments;
import dev.sinter.optimizer.calibration.Range;
import dev.sinter.optimizer.decision.Affine;
import dev.sinter.optimizer.decision.Mode;
import dev.sinter.optimizer.decision.WeightDecision;
import dev.sinter.optimizer.recipe.Rule;
import dev.sinter.optimizer.recipe.TensorConfig;
import dev.sinter.optimizer.recipe.WeightAlgorithms;
import dev.sinter.optimizer.rules.OpRule;
import dev.sinter.optimizer.rules.OpRules;
import dev.sinter.optimizer.rules.StaticRecurrent;
import dev.sinter.optimizer.rules.WeightLayout;
import dev.sinter.optimizer.weights.BiasRoom;
import dev.sinter.optimizer.weights.FloatMatrix;
import dev.sinter.optimizer.weights.InputMoments;
import dev.sinter.optimizer.weights.MinMaxQuantizer;
import dev.sinter.optimizer.weights.QuantizedWeights;
import dev.sinter.optimizer.weights.WeightQuantizer;
import dev.sinter.optimizer.weights.WeightSpec;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** Makes decisions on weights. */
final class WeightMaker {
  /** Parameter of a weight-only rule: the type that biases are stored in. */
  private static final String BIAS = "bias";

  private static final double LARGEST_HALF = 65504;

  private final Moments moments;
  private final IdentityHashMap<Storage, Map<Object, QuantizedWeights>> made =
      new IdentityHashMap<>();

  WeightMaker(Moments moments) {
    this.moments = moments;
  }

  /** The range of a constant; null if not all its numbers are finite. */
  static Range range(Constant.Dense constant) {
    ByteBuffer values = constant.values();
    int n = Math.toIntExact(constant.shape().elements());
    double low = 0;
    double high = 0;
    for (int i = 0; i < n; i++) {
      float v = values.getFloat(4 * i);
      if (Float.isNaN(v) || Float.isInfinite(v)) {
        return null;
      }
      low = Math.min(low, v);
      high = Math.max(high, v);
    }
    return new Range(low, high);
  }

  /**
   * Decides on an op's weights.
   *
   * @param input scale of its input if it computes in integers, else null
   * @throws IllegalArgumentException saying why it cannot be, for the op's reason
   */
  WeightDecision make(Subgraph g, int subgraph, int index, Rule rule, Affine input) {
    return make(g, subgraph, index, rule, input, OpRules.of(g, g.ops().get(index)).weights());
  }

  /** The same for further weights of an op, and a bias that the rule wants smaller. */
  List<WeightDecision> others(Subgraph g, int subgraph, int index, Rule rule) {
    Op op = g.ops().get(index);
    List<WeightDecision> out = new ArrayList<>();
    for (int slot : OpRules.otherWeights(op)) {
      boolean wide = rule.config().mode() == Mode.STATIC && StaticRecurrent.isWide(op, slot);
      if (op.hasInput(slot) && !wide) {
        out.add(make(g, subgraph, index, rule, null, slot));
      }
    }
    int bias = OpRules.of(op).bias();
    boolean half = "float16".equals(rule.config().weights().parameters().get(BIAS));
    if (half && rule.config().mode() == Mode.WEIGHT_ONLY && bias >= 0 && op.hasInput(bias)) {
      if (g.isConstant(op.input(bias)) && fitsHalves(g.constant(op.input(bias)))) {
        out.add(WeightDecision.floats(bias, ElementType.FLOAT16));
      }
    }
    return List.copyOf(out);
  }

  private static boolean fitsHalves(Constant.Dense constant) {
    Range range = constant.type() == ElementType.FLOAT32 ? range(constant) : null;
    return range != null && range.low() >= -LARGEST_HALF && range.high() <= LARGEST_HALF;
  }

  private WeightDecision make(
      Subgraph g, int subgraph, int index, Rule rule, Affine input, int slot) {
    Op op = g.ops().get(index);
    OpRule r = OpRules.of(g, op);
    TensorConfig config = rule.config().weights();
    if (config.isFloat()) {
      boolean brain = "bfloat16".equals(config.parameters().get("format"));
      return WeightDecision.floats(slot, brain ? ElementType.BFLOAT16 : ElementType.FLOAT16);
    }
    Tensor w = g.tensor(op.input(slot));
    Constant.Dense values = g.constant(op.input(slot));
    if (range(values) == null) {
      throw new IllegalArgumentException(
          "its weights '" + w.name() + "' hold numbers that are not finite");
    }
    WeightLayout layout = WeightLayout.of(op, slot, w.shape());
    WeightSpec spec = WeightLayout.possible(r, config.spec());
    WeightQuantizer algorithm = WeightAlgorithms.find(rule.algorithm());
    InputMoments known = algorithm.needsInputs() ? moments.of(subgraph, index) : null;
    if (algorithm.needsInputs() && known == null) {
      throw new IllegalArgumentException(
          algorithm.name() + " needs calibration, and there is none for its inputs");
    }
    FloatMatrix matrix = layout.matrix(values.values());
    Object key =
        List.of(
            algorithm.name(), spec, layout.last(), layout.matrices(), known == null ? "" : known);
    QuantizedWeights q =
        made.computeIfAbsent(values.storage(), s -> new HashMap<>())
            .computeIfAbsent(key, k -> algorithm.quantize(matrix, spec, known));
    QuantizedWeights fitted = input == null ? q : biasFits(g, op, r, matrix, q, input);
    QuantizedWeights nearest =
        MinMaxQuantizer.round(matrix, fitted.spec(), fitted.scales(), fitted.zeroPoints());
    boolean rounded = Arrays.equals(nearest.values(), fitted.values());
    return new WeightDecision(
        slot,
        WeightDecision.typeOf(spec.bits()),
        spec,
        algorithm.name(),
        fitted.scales(),
        fitted.zeroPoints(),
        rounded ? null : fitted.values());
  }

  private static QuantizedWeights biasFits(
      Subgraph g, Op op, OpRule r, FloatMatrix matrix, QuantizedWeights q, Affine input) {
    if (r.bias() < 0 || !op.hasInput(r.bias()) || input.type() != ElementType.INT8) {
      return q;
    }
    ByteBuffer stored = g.constant(op.input(r.bias())).values();
    float[] bias = new float[q.outputs()];
    for (int o = 0; o < bias.length; o++) {
      bias[o] = stored.getFloat(4 * o);
      if (Float.isNaN(bias[o]) || Float.isInfinite(bias[o])) {
        throw new IllegalArgumentException(
            "its bias '"
                + g.tensor(op.input(r.bias())).name()
                + "' holds numbers that are not finite");
      }
    }
    return BiasRoom.of(matrix, q, bias, input.scale());
  }
}
