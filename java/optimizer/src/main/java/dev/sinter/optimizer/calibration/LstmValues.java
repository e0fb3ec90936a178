// The cells of a float LSTM, its gates before their norms, and what it projects.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.calibration;

import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Subgraph;
import dev.sinter.optimizer.rules.StaticLstm;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** A layer of {@link StaticLstm}'s form, step by step. */
final class LstmValues extends Beside {
  private static final int INPUT = 0;
  private static final int FORGET = 1;
  private static final int CELL = 2;
  private static final int OUTPUT = 3;

  private final Subgraph g;
  private final int index;
  private final int steps;
  private final int batch;
  private final int width;
  private final int cells;
  private final int outputs;
  private final boolean timeMajor;
  private final float cellClip;
  private final float projectionClip;
  private final float[][] weights = new float[4][];
  private final float[][] recurrent = new float[4][];
  private final float[][] peephole = new float[4][];
  private final float[][] norm = new float[4][];
  private final float[][] bias = new float[4][];
  private final float[] projection;
  private final float[] projectionBias;
  private final float[] c;
  private final float[] h;

  LstmValues(Subgraph g, int index) {
    super(g.ops().get(index).input(0));
    this.g = g;
    this.index = index;
    Op op = g.ops().get(index);
    OpKind.Foreign kind = (OpKind.Foreign) op.kind();
    Shape in = g.tensor(op.input(0)).shape();
    timeMajor = kind.number("time_major") != 0;
    cellClip = real(kind, "cell_clip");
    projectionClip = real(kind, "proj_clip");
    steps = in.dim(timeMajor ? 0 : 1);
    batch = in.dim(timeMajor ? 1 : 0);
    width = in.dim(2);
    cells = g.tensor(op.input(2)).shape().dim(0);
    outputs = g.tensor(op.input(6)).shape().dim(1);
    for (int gate = 0; gate < 4; gate++) {
      weights[gate] = floats(g, op, 1 + gate);
      recurrent[gate] = floats(g, op, 5 + gate);
      bias[gate] = floats(g, op, StaticLstm.BIAS + gate);
      norm[gate] = floats(g, op, StaticLstm.NORM + gate);
    }
    peephole[INPUT] = floats(g, op, StaticLstm.PEEPHOLE);
    peephole[FORGET] = floats(g, op, StaticLstm.PEEPHOLE + 1);
    peephole[OUTPUT] = floats(g, op, StaticLstm.PEEPHOLE + 2);
    projection = floats(g, op, StaticLstm.PROJECTION);
    projectionBias = floats(g, op, StaticLstm.PROJECTION + 1);
    c = new float[batch * cells];
    h = new float[batch * outputs];
  }

  private static float real(OpKind.Foreign kind, String attribute) {
    return kind.attributes().get(attribute) instanceof Number n ? n.floatValue() : 0;
  }

  @Override
  void reset() {
    Arrays.fill(c, 0);
    Arrays.fill(h, 0);
  }

  @Override
  Map<Integer, float[]> run(float[] x) {
    float[] allCells = new float[steps * batch * cells];
    float[] allHidden = new float[allCells.length];
    float[][] allGates = new float[4][allCells.length];
    float[][] gates = new float[4][cells];
    for (int t = 0; t < steps; t++) {
      for (int b = 0; b < batch; b++) {
        int row = timeMajor ? t * batch + b : b * steps + t;
        for (int gate : new int[] {INPUT, FORGET, CELL}) {
          gate(gate, x, row, b, gates[gate], allGates[gate]);
        }
        for (int i = 0; i < cells; i++) {
          float forget = sigmoid(gates[FORGET][i]);
          float in = weights[INPUT] == null ? 1 - forget : sigmoid(gates[INPUT][i]);
          float now = forget * c[b * cells + i] + in * (float) Math.tanh(gates[CELL][i]);
          c[b * cells + i] = clipped(now, cellClip);
        }
        gate(OUTPUT, x, row, b, gates[OUTPUT], allGates[OUTPUT]);
        for (int i = 0; i < cells; i++) {
          float now = c[b * cells + i];
          allCells[row * cells + i] = now;
          allHidden[row * cells + i] = sigmoid(gates[OUTPUT][i]) * (float) Math.tanh(now);
        }
        project(allHidden, row, b);
      }
    }
    Map<Integer, float[]> out = new HashMap<>();
    for (int value : StaticLstm.observed(g, index)) {
      int which = value - StaticLstm.inside(g, index, 0);
      out.put(
          value, which < 0 ? allCells : which == StaticLstm.HIDDEN ? allHidden : allGates[which]);
    }
    return out;
  }

  /** A gate before its activation; what it was before its norm is kept, too. */
  private void gate(int gate, float[] x, int row, int b, float[] to, float[] before) {
    if (weights[gate] == null) {
      return;
    }
    double mean = 0;
    for (int i = 0; i < cells; i++) {
      float sum = norm[gate] == null ? bias[gate][i] : 0;
      for (int k = 0; k < width; k++) {
        sum += weights[gate][i * width + k] * x[row * width + k];
      }
      for (int k = 0; k < outputs; k++) {
        sum += recurrent[gate][i * outputs + k] * h[b * outputs + k];
      }
      if (peephole[gate] != null) {
        sum += peephole[gate][i] * c[b * cells + i];
      }
      to[i] = sum;
      before[row * cells + i] = sum;
      mean += sum / cells;
    }
    if (norm[gate] == null) {
      return;
    }
    double variance = 1e-8;
    for (int i = 0; i < cells; i++) {
      variance += (to[i] - mean) * (to[i] - mean) / cells;
    }
    for (int i = 0; i < cells; i++) {
      to[i] = (float) ((to[i] - mean) / Math.sqrt(variance)) * norm[gate][i] + bias[gate][i];
    }
  }

  private void project(float[] hidden, int row, int b) {
    for (int o = 0; o < outputs; o++) {
      if (projection == null) {
        h[b * outputs + o] = hidden[row * cells + o];
        continue;
      }
      float sum = projectionBias == null ? 0 : projectionBias[o];
      for (int k = 0; k < cells; k++) {
        sum += projection[o * cells + k] * hidden[row * cells + k];
      }
      h[b * outputs + o] = clipped(sum, projectionClip);
    }
  }

  private static float clipped(float value, float clip) {
    return clip > 0 ? Math.max(-clip, Math.min(clip, value)) : value;
  }

  private static float sigmoid(float x) {
    return (float) (1 / (1 + Math.exp(-x)));
  }
}
