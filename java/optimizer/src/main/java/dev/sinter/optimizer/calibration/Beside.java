// Values that layers keep to themselves, computed beside the model.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.calibration;

import dev.sinter.graph.Op;
import dev.sinter.graph.Subgraph;
import dev.sinter.optimizer.rules.StaticLstm;
import dev.sinter.optimizer.rules.StaticSvdf;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/** A layer with a state that is computed from what goes into it: no tensor shows what is inside. */
abstract class Beside {
  private final int input;

  Beside(int input) {
    this.input = input;
  }

  /** The layers of a subgraph by the numbers of the values that they give. */
  static Map<Integer, Beside> of(Subgraph g) {
    Map<Integer, Beside> out = new HashMap<>();
    for (int i = 0; i < g.ops().size(); i++) {
      Op op = g.ops().get(i);
      if (StaticLstm.is(op)
          && StaticLstm.obstacle(g, op) == null
          && g.tensor(op.input(0)).shape().rank() == 3) {
        Beside layer = new LstmValues(g, i);
        StaticLstm.observed(g, i).forEach(t -> out.put(t, layer));
      } else if (StaticSvdf.is(op) && StaticSvdf.obstacle(g, op) == null) {
        out.put(op.input(StaticSvdf.MEMORY), new SvdfFeatures(g, op));
      }
    }
    return out;
  }

  /** A constant's numbers; null if the op has none there. */
  static float[] floats(Subgraph g, Op op, int slot) {
    if (!op.hasInput(slot)) {
      return null;
    }
    ByteBuffer values = g.constant(op.input(slot)).values();
    float[] out = new float[Math.toIntExact(g.tensor(op.input(slot)).shape().elements())];
    for (int i = 0; i < out.length; i++) {
      out[i] = values.getFloat(4 * i);
    }
    return out;
  }

  /** The tensor that goes into the layer. */
  int input() {
    return input;
  }

  /** The same, from a state of zeros if asked for. */
  final Map<Integer, float[]> on(float[] x, boolean anew) {
    if (anew) {
      reset();
    }
    return run(x);
  }

  /** Forgets what earlier examples left. */
  abstract void reset();

  /**
   * Runs the layer on from its state.
   *
   * @param x what goes in, for all steps; more may follow
   * @return values by their number
   */
  abstract Map<Integer, float[]> run(float[] x);
}
