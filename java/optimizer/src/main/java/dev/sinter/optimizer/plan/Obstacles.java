// Why a rule cannot be followed for an op.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.plan;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import dev.sinter.optimizer.decision.Mode;
import dev.sinter.optimizer.recipe.OpConfig;
import dev.sinter.optimizer.recipe.Rule;
import dev.sinter.optimizer.recipe.TensorConfig;
import dev.sinter.optimizer.recipe.WeightAlgorithms;
import dev.sinter.optimizer.rules.OpRule;
import dev.sinter.optimizer.rules.OpRules;
import dev.sinter.optimizer.rules.StaticLstm;
import dev.sinter.optimizer.rules.StaticRecurrent;
import dev.sinter.optimizer.rules.StaticSvdf;
import dev.sinter.optimizer.rules.WeightLayout;
import dev.sinter.optimizer.weights.WeightSpec.Granularity;

/** Looks at ops with rules in hand. */
final class Obstacles {
  private Obstacles() {}

  /** Null if nothing stands in the way. */
  static String of(Subgraph g, int index, Rule rule) {
    Op op = g.ops().get(index);
    OpConfig config = rule.config();
    Mode mode = config.mode();
    if (mode == null) {
      return "integer weights, computed in float, without explicit_dequantize: no runtime can";
    }
    OpRule r = OpRules.of(g, op);
    if (r == null) {
      return other(op);
    }
    if (rule.isForAll() && !r.standard()) {
      return "not among the ops that * means; name it to have it quantized";
    }
    if (mode == Mode.STATIC) {
      return fixed(g, op, r, rule);
    }
    if (isTable(g, op, config)) {
      return null;
    }
    if (r.weights() < 0) {
      return "has no weights";
    }
    for (int slot : OpRules.otherWeights(op)) {
      if (op.hasInput(slot) && !isFloatConstant(g, op.input(slot))) {
        return "its weights '" + g.tensor(op.input(slot)).name() + "' are no constant floats";
      }
    }
    String weights = weights(g, op, r, rule, mode);
    if (weights != null) {
      return weights;
    }
    if (mode == Mode.DYNAMIC && !r.name().equals("EMBEDDING_LOOKUP")) {
      int data = r.weights() == 1 && r.bias() == 3 ? 2 : 0;
      Tensor x = op.hasInput(data) ? g.tensor(op.input(data)) : null;
      if (x == null || x.type() != ElementType.FLOAT32) {
        return "its input is " + (x == null ? "missing" : x.type()) + ", no float";
      }
    }
    return null;
  }

  private static boolean isFloatConstant(Subgraph g, int t) {
    return g.isConstant(t) && g.tensor(t).type() == ElementType.FLOAT32;
  }

  private static String other(Op op) {
    if (op.kind() instanceof OpKind.Control c) {
      return c.form() == OpKind.Control.Form.COMPOSITE
          ? "the ops inside are quantized one by one"
          : "runs other subgraphs, whose ops are quantized one by one";
    }
    if (op.kind() instanceof OpKind.Quantize || op.kind() instanceof OpKind.Dequantize) {
      return "converts already";
    }
    return "computes in float alone";
  }

  /** Whether rows of a constant table are looked up, which may be of 8 bits with one scale. */
  static boolean isTable(Subgraph g, Op op, OpConfig config) {
    return op.kind().label().equals("GATHER")
        && config.mode() != Mode.STATIC
        && config.weights() != null
        && !config.weights().isFloat()
        && config.weights().bits() == 8
        && g.isConstant(op.input(0))
        && g.tensor(op.input(0)).type() == ElementType.FLOAT32
        && g.tensor(op.input(0)).shape().elements() >= Math.max(1024, config.minWeightElements());
  }

  private static String fixed(Subgraph g, Op op, OpRule r, Rule rule) {
    OpConfig config = rule.config();
    ElementType type = config.activations().bits() == 16 ? ElementType.INT16 : ElementType.INT8;
    if (StaticRecurrent.is(op)) {
      String obstacle =
          type != ElementType.INT8
              ? "has no kernel for activations of " + type
              : StaticLstm.is(op) ? StaticLstm.obstacle(g, op) : StaticSvdf.obstacle(g, op);
      return obstacle != null ? obstacle : weights(g, op, r, rule, Mode.STATIC);
    }
    if (!OpRules.otherWeights(op).isEmpty()) {
      return "keeps a state, and TensorFlow Lite has no kernel for it in integers throughout; dynamic and weight-only"
          + " recipes take its weights";
    }
    if (!r.activations().contains(type)) {
      return "has no kernel for activations of " + type;
    }
    if (type == ElementType.INT16 && mixesBatches(g, op)) {
      return "TensorFlow Lite 2.21 mixes up the batches of such a product in INT16";
    }
    if (OpRules.weighs(g, op, type)) {
      String weights = weights(g, op, r, rule, Mode.STATIC);
      if (weights != null) {
        return weights;
      }
      if (r.bias() >= 0 && op.hasInput(r.bias())) {
        int bias = op.input(r.bias());
        if (!g.isConstant(bias)) {
          return "its bias '" + g.tensor(bias).name() + "' is computed while running";
        }
        if (g.tensor(bias).type() != ElementType.FLOAT32) {
          return "its bias is " + g.tensor(bias).type() + " already";
        }
      }
    }
    boolean any = false;
    for (int slot = 0; slot < op.inputs().size(); slot++) {
      int t = op.input(slot);
      if (t < 0 || slot == r.bias() || (slot == r.weights() && OpRules.weighs(g, op, type))) {
        continue;
      }
      Tensor x = g.tensor(t);
      if (x.quantization().isQuantized() && x.type() != ElementType.FLOAT32) {
        return "its input '" + x.name() + "' is " + x.type() + " already";
      }
      if (x.isVariable()) {
        return "its input '" + x.name() + "' is a state";
      }
      any |= x.type() == ElementType.FLOAT32;
    }
    for (int t : op.outputs()) {
      if (t >= 0
          && g.tensor(t).quantization().isQuantized()
          && g.tensor(t).type() != ElementType.FLOAT32) {
        return "its result '" + g.tensor(t).name() + "' is " + g.tensor(t).type() + " already";
      }
    }
    return any ? null : "no floats go in";
  }

  /** A transposed left side, and one right side for all its matrices. */
  private static boolean mixesBatches(Subgraph g, Op op) {
    if (!(op.kind() instanceof OpKind.BatchMatMul product) || !product.adjointX()) {
      return false;
    }
    Shape x = g.tensor(op.input(0)).shape();
    Shape y = g.tensor(op.input(1)).shape();
    return x.rank() > 2 && (y.rank() < 3 || y.dim(y.rank() - 3) != x.dim(x.rank() - 3));
  }

  private static String weights(Subgraph g, Op op, OpRule r, Rule rule, Mode mode) {
    OpConfig config = rule.config();
    String algorithm = rule.algorithm();
    int t = op.input(r.weights());
    if (t < 0 || !g.isConstant(t)) {
      return "its weights are computed while running";
    }
    Tensor w = g.tensor(t);
    if (w.type() != ElementType.FLOAT32) {
      return "its weights are " + w.type() + " already";
    }
    if (w.shape().rank() < 1 || w.shape().elements() < 1) {
      return "its weights are of shape " + w.shape();
    }
    if (w.shape().elements() < config.minWeightElements()) {
      return "has fewer than " + config.minWeightElements() + " weights";
    }
    TensorConfig c = config.weights();
    if (c.isFloat() != algorithm.equals("float_casting")) {
      return c.isFloat()
          ? "float weights are made by float_casting, not by " + algorithm
          : "float_casting makes floats: dtype is FLOAT, num_bits 16";
    }
    if (c.isFloat()) {
      return mode != Mode.WEIGHT_ONLY || c.bits() != 16
          ? "float weights have 16 bits, and are expanded: explicit_dequantize"
          : null;
    }
    if (WeightAlgorithms.find(algorithm) == null) {
      return "algorithm " + algorithm + " is not available";
    }
    if (InputChanges.isMeant(algorithm)) {
      String obstacle = InputChanges.obstacle(g, op, rule, mode);
      if (obstacle != null) {
        return obstacle;
      }
    }
    int perByte = r.blocks() && mode != Mode.WEIGHT_ONLY && c.bits() < 8 ? 8 / c.bits() : 1;
    int inputs = WeightLayout.of(op, r.weights(), w.shape()).inputs();
    if (inputs % perByte != 0) {
      return "its rows of "
          + inputs
          + " weights of "
          + c.bits()
          + " bits do not fill bytes, and runtimes differ in how they read such";
    }
    return config.skipChecks() ? null : form(op, r, c, w, mode);
  }

  private static String form(Op op, OpRule r, TensorConfig c, Tensor w, Mode mode) {
    if (mode == Mode.DYNAMIC && op.kind() instanceof OpKind.BatchMatMul && r.weights() == 0) {
      return "its constant is the left side, which kernels for float inputs take in float alone;"
          + " the step turn_products makes it the right one";
    }
    boolean bits =
        switch (mode) {
          case STATIC -> c.bits() == 8 || (c.bits() == 4 && r.static4());
          case DYNAMIC -> r.dynamic().contains(c.bits());
          default -> r.weightOnly().contains(c.bits());
        };
    if (!bits) {
      return "has no kernel for weights of " + c.bits() + " bits, " + mode;
    }
    if (!c.symmetric() && mode != Mode.WEIGHT_ONLY) {
      return "its kernels take symmetric weights alone";
    }
    if (c.granularity() == Granularity.BLOCK) {
      if (mode != Mode.DYNAMIC || !r.blocks() || c.bits() == 8) {
        return "has no kernel for scales by block, " + c.bits() + " bits, " + mode;
      }
      int inputs = WeightLayout.of(op, r.weights(), w.shape()).inputs();
      if (inputs % c.block() != 0) {
        return "its rows of " + inputs + " weights are no multiple of blocks of " + c.block();
      }
    }
    return null;
  }
}
