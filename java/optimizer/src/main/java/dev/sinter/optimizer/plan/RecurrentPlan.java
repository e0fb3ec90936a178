// Scales of what layers with a state keep to themselves.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.plan;

import dev.sinter.graph.Constant;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Op;
import dev.sinter.graph.Subgraph;
import dev.sinter.optimizer.calibration.Range;
import dev.sinter.optimizer.calibration.Ranges;
import dev.sinter.optimizer.decision.Affine;
import dev.sinter.optimizer.decision.OpDecision;
import dev.sinter.optimizer.decision.RecurrentForms;
import dev.sinter.optimizer.rules.StaticLstm;
import dev.sinter.optimizer.rules.StaticRecurrent;
import dev.sinter.optimizer.rules.StaticSvdf;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** States, values inside, and constants of 16 bits of {@link StaticRecurrent}'s layers. */
final class RecurrentPlan {
  /** What gates without a layer norm count in; of a gate that is not there, too. */
  private static final Affine GATE = new Affine(ElementType.INT16, 1f / 4096, 0);

  private final Subgraph g;
  private final int subgraph;
  private final Ranges ranges;

  RecurrentPlan(Subgraph g, int subgraph, Ranges ranges) {
    this.g = g;
    this.subgraph = subgraph;
    this.ranges = ranges;
  }

  private static List<Integer> observed(Subgraph g, int index) {
    Op op = g.ops().get(index);
    return StaticLstm.is(op) ? StaticLstm.observed(g, index) : List.of(op.input(StaticSvdf.MEMORY));
  }

  /** What keeps a layer from having scales; null if nothing does. */
  String lacking(int index) {
    for (int value : observed(g, index)) {
      if (ranges.of(subgraph, value, 16) == null) {
        return "no calibration for its '" + StaticLstm.name(g, value) + "'";
      }
    }
    Op op = g.ops().get(index);
    for (int slot = 1; slot < op.inputs().size(); slot++) {
      if (op.hasInput(slot)
          && g.isConstant(op.input(slot))
          && WeightMaker.range(g.constant(op.input(slot))) == null) {
        return "its constant '"
            + g.tensor(op.input(slot)).name()
            + "' holds numbers that are not finite";
      }
    }
    return null;
  }

  /** Scales by position, for the layer alone. */
  Map<Integer, Affine> scales(int index, Affine output) {
    Op op = g.ops().get(index);
    Map<Integer, Affine> out = new TreeMap<>();
    for (int slot = 1; slot < op.inputs().size(); slot++) {
      if (StaticRecurrent.isWide(op, slot) && op.hasInput(slot)) {
        Range r = WeightMaker.range(g.constant(op.input(slot)));
        out.put(
            slot,
            StaticSvdf.is(op)
                ? StaticSvdf.time(r.low(), r.high())
                : Affine.of(ElementType.INT16, r.low(), r.high(), true));
      }
    }
    if (StaticSvdf.is(op)) {
      out.put(StaticSvdf.MEMORY, wide(op.input(StaticSvdf.MEMORY)));
      return out;
    }
    Range cells = ranges.of(subgraph, op.input(StaticLstm.CELL_STATE), 16);
    out.put(StaticLstm.OUTPUT_STATE, output);
    out.put(StaticLstm.CELL_STATE, StaticLstm.cells(cells.low(), cells.high()));
    for (int gate = 0; gate < 4 && StaticLstm.hasNorm(op); gate++) {
      boolean there = op.hasInput(1 + gate);
      out.put(StaticLstm.INSIDE + gate, there ? wide(StaticLstm.inside(g, index, gate)) : GATE);
    }
    if (StaticLstm.hasProjection(op)) {
      Range r = ranges.of(subgraph, StaticLstm.inside(g, index, StaticLstm.HIDDEN), 8);
      out.put(
          StaticLstm.INSIDE + StaticLstm.HIDDEN,
          Affine.of(ElementType.INT8, r.low(), r.high(), false));
    }
    return out;
  }

  private Affine wide(int value) {
    Range r = ranges.of(subgraph, value, 16);
    return Affine.of(ElementType.INT16, r.low(), r.high(), true);
  }

  /** Which bias leaves 32 bits in its unit; null if none does. */
  String noRoom(OpDecision d, Affine input) {
    Op op = g.ops().get(d.op());
    for (int slot = 1; slot < op.inputs().size(); slot++) {
      float[] unit = op.hasInput(slot) ? RecurrentForms.biasUnit(g, op, d, slot, input) : null;
      if (unit == null) {
        continue;
      }
      Constant.Dense bias = g.constant(op.input(slot));
      Range r = WeightMaker.range(bias);
      double most = Math.max(-r.low(), r.high()) / ((double) unit[0] * unit[1]);
      if (most > Integer.MAX_VALUE) {
        return "its bias '"
            + g.tensor(op.input(slot)).name()
            + "' does not fit 32 bits beside such small weights; dynamic and weight-only recipes leave it float";
      }
    }
    return null;
  }
}
