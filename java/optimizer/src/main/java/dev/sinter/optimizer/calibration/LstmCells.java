// The cells of a float LSTM, which no tensor shows.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.calibration;

import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Subgraph;
import dev.sinter.optimizer.rules.StaticLstm;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * Computes a layer of {@link StaticLstm}'s form beside the model, from what goes into it:
 * calibration wants the range of its cells over all steps, and the model keeps them to itself.
 */
final class LstmCells {
  private final int input;
  private final int steps;
  private final int batch;
  private final int width;
  private final int cells;
  private final boolean timeMajor;
  private final float clip;
  private final float[][] weights = new float[4][];
  private final float[][] recurrent = new float[4][];
  private final float[][] bias = new float[4][];

  private LstmCells(Subgraph g, Op op) {
    OpKind.Foreign kind = (OpKind.Foreign) op.kind();
    input = op.input(0);
    Shape in = g.tensor(input).shape();
    timeMajor = kind.number("time_major") != 0;
    clip = kind.attributes().get("cell_clip") instanceof Number n ? n.floatValue() : 0;
    steps = in.dim(timeMajor ? 0 : 1);
    batch = in.dim(timeMajor ? 1 : 0);
    width = in.dim(2);
    cells = g.tensor(op.input(2)).shape().dim(0);
    for (int gate = 0; gate < 4; gate++) {
      weights[gate] = floats(g, op, 1 + gate);
      recurrent[gate] = floats(g, op, 5 + gate);
      bias[gate] = floats(g, op, 12 + gate);
    }
  }

  private static float[] floats(Subgraph g, Op op, int slot) {
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

  /** The layers of a subgraph by the tensor that is the state of their cells. */
  static Map<Integer, LstmCells> of(Subgraph g) {
    Map<Integer, LstmCells> out = new HashMap<>();
    for (Op op : g.ops()) {
      if (StaticLstm.is(op)
          && StaticLstm.obstacle(g, op) == null
          && g.tensor(op.input(0)).shape().rank() == 3) {
        out.put(op.input(StaticLstm.CELL_STATE), new LstmCells(g, op));
      }
    }
    return out;
  }

  /** The tensor that goes into the layer. */
  int input() {
    return input;
  }

  /**
   * Runs the layer from a state of zeros.
   *
   * @param x what goes in, for all steps
   * @return the cells after each step
   */
  float[] run(float[] x) {
    float[] all = new float[steps * batch * cells];
    float[] gates = new float[4 * cells];
    for (int b = 0; b < batch; b++) {
      float[] c = new float[cells];
      float[] h = new float[cells];
      for (int t = 0; t < steps; t++) {
        int row = timeMajor ? t * batch + b : b * steps + t;
        for (int gate = 0; gate < 4; gate++) {
          for (int i = 0; i < cells && weights[gate] != null; i++) {
            float sum = bias[gate][i];
            for (int k = 0; k < width; k++) {
              sum += weights[gate][i * width + k] * x[row * width + k];
            }
            for (int k = 0; k < cells; k++) {
              sum += recurrent[gate][i * cells + k] * h[k];
            }
            gates[gate * cells + i] = gate == 2 ? (float) Math.tanh(sum) : sigmoid(sum);
          }
        }
        for (int i = 0; i < cells; i++) {
          float forget = gates[cells + i];
          float in = weights[0] == null ? 1 - forget : gates[i];
          float now = forget * c[i] + in * gates[2 * cells + i];
          c[i] = clip > 0 ? Math.max(-clip, Math.min(clip, now)) : now;
          h[i] = gates[3 * cells + i] * (float) Math.tanh(c[i]);
        }
        System.arraycopy(c, 0, all, row * cells, cells);
      }
    }
    return all;
  }

  private static float sigmoid(float x) {
    return (float) (1 / (1 + Math.exp(-x)));
  }
}
