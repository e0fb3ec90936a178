// What became of one op, for people.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer;

import dev.sinter.graph.Graph;
import dev.sinter.graph.Op;
import dev.sinter.graph.Subgraph;
import dev.sinter.optimizer.decision.Affine;
import dev.sinter.optimizer.decision.Decisions;
import dev.sinter.optimizer.decision.Mode;
import dev.sinter.optimizer.decision.OpDecision;
import dev.sinter.optimizer.decision.WeightDecision;
import dev.sinter.optimizer.rules.OpRule;
import dev.sinter.optimizer.rules.OpRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A line of the report.
 *
 * @param subgraph index of the subgraph
 * @param op index in the float model
 * @param kind TensorFlow Lite's name of the op
 * @param output name of its first result
 * @param mode how it computes
 * @param scheme in a few words: types of weights and activations, algorithm
 * @param weightBytes bytes of its weights before; 0 if it has none
 * @param newWeightBytes bytes of its weights and their scales now
 * @param reason why it is as it is
 */
public record LayerReport(
    int subgraph,
    int op,
    String kind,
    String output,
    Mode mode,
    String scheme,
    long weightBytes,
    long newWeightBytes,
    String reason) {
  static List<LayerReport> of(Graph graph, Decisions decisions) {
    List<LayerReport> out = new ArrayList<>();
    for (Decisions.Part part : decisions.subgraphs()) {
      Subgraph g = graph.subgraph(part.subgraph());
      part.ops().forEach(d -> out.add(of(g, part.subgraph(), d)));
    }
    return out;
  }

  private static LayerReport of(Subgraph g, int subgraph, OpDecision d) {
    Op op = g.ops().get(d.op());
    OpRule r = OpRules.of(g, op);
    long before = 0;
    long after = 0;
    List<Integer> slots = new ArrayList<>(OpRules.otherWeights(op));
    if (r != null && r.weights() >= 0) {
      slots.add(r.weights());
    }
    for (int slot : slots) {
      int w = op.hasInput(slot) ? op.input(slot) : -1;
      if (w < 0 || !g.isConstant(w)) {
        continue;
      }
      long elements = g.tensor(w).shape().elements();
      long bytes = g.tensor(w).type().bytes(elements);
      before += bytes;
      WeightDecision weights = d.weights(slot);
      if (weights != null) {
        int scale = weights.spec() != null && weights.spec().block() > 0 ? 2 : 4;
        bytes = weights.type().bytes(elements) + (long) scale * weights.scales().length;
      } else if (d.mode() == Mode.STATIC && r.axis() < 0) {
        Affine own = d.inputs().get(slot); // an operand like others, or one of 16 bits
        bytes = (own == null ? d.activations() : own.type()).bytes(elements);
      }
      after += bytes;
    }
    return new LayerReport(
        subgraph,
        d.op(),
        d.kind(),
        d.output(),
        d.mode(),
        scheme(d, r == null ? -1 : r.bias()),
        before,
        after,
        d.reason());
  }

  private static String scheme(OpDecision d, int bias) {
    if (d.mode() == Mode.FLOAT) {
      return "float";
    }
    StringBuilder out = new StringBuilder(d.mode().name().toLowerCase(Locale.ROOT));
    if (d.activations() != null) {
      out.append(' ').append(d.activations().name().toLowerCase(Locale.ROOT));
    }
    WeightDecision w = d.weights();
    if (w != null) {
      out.append(", weights ").append(w.type().name().toLowerCase(Locale.ROOT));
      if (w.spec() != null) {
        out.append(
            switch (w.spec().granularity()) {
              case TENSOR -> "";
              case CHANNEL -> " by channel";
              case BLOCK -> " by block of " + w.spec().block();
            });
      }
      if (bias >= 0 && d.weights(bias) != null) {
        out.append(", bias ").append(d.weights(bias).type().name().toLowerCase(Locale.ROOT));
      }
    }
    return out.toString();
  }
}
