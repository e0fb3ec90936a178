// Fully connected layers and 1x1 convolutions with weights that are zero in whole blocks.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Constant;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Padding;
import dev.sinter.graph.Quantization;
import java.util.Random;

/** Makes the same layer with its weights stored sparse or dense. */
final class SparseModels {
  private static final int BLOCK = 4;

  private SparseModels() {}

  /** Returns int8 weights [rows][columns] of which a fraction of the 4x4 blocks is zero. */
  static byte[] blocks(int rows, int columns, double zero, long seed) {
    Random random = new Random(seed);
    byte[] w = new byte[rows * columns];
    for (int r = 0; r < rows; r += BLOCK) {
      for (int c = 0; c < columns; c += BLOCK) {
        if (random.nextDouble() < zero) {
          continue;
        }
        for (int i = 0; i < BLOCK * BLOCK; i++) {
          w[(r + i / BLOCK) * columns + c + i % BLOCK] =
              (byte) (1 + random.nextInt(127) - (random.nextBoolean() ? 128 : 0));
        }
      }
    }
    return w;
  }

  /**
   * A fully connected layer; the weights are stored with TFLite's sparsity and a DENSIFY, or dense.
   */
  static Graph fullyConnected(
      int batch, int units, int depth, double zero, boolean sparse, long seed) {
    GraphBuilder b = Graph.builder("fully-connected-" + (sparse ? "sparse" : "dense"));
    Value x = b.input("x", ElementType.INT8, Quantization.perTensor(0.02f, 3), batch, depth);
    Constant.Dense values = GraphBuilder.dense(blocks(units, depth, zero, seed), units, depth);
    Quantization q = Quantization.perTensor(0.01f, 0);
    Value w = sparse ? b.sparse("w", values, q, BLOCK, BLOCK) : b.constant("w", values, q);
    Value bias =
        b.int32("bias", bias(units, seed), Quantization.perTensor(0.02f * 0.01f, 0), units);
    return x.fullyConnected(w, bias, Activation.NONE)
        .quantized(scale(depth, zero), -5)
        .output("y")
        .build();
  }

  /** A 1x1 convolution, one scale per channel. */
  static Graph conv(int size, int channels, int out, double zero, boolean sparse, long seed) {
    GraphBuilder b = Graph.builder("conv-" + (sparse ? "sparse" : "dense"));
    Value x =
        b.input("x", ElementType.INT8, Quantization.perTensor(0.02f, -7), 1, size, size, channels);
    Constant.Dense values =
        GraphBuilder.dense(blocks(out, channels, zero, seed), out, 1, 1, channels);
    float[] scales = new float[out];
    float[] biasScales = new float[out];
    for (int i = 0; i < out; i++) {
      scales[i] = 0.01f * (1 + i % 7);
      biasScales[i] = scales[i] * 0.02f;
    }
    Quantization q = Quantization.perAxis(0, scales);
    Value w = sparse ? b.sparse("w", values, q, BLOCK, 1, 1, BLOCK) : b.constant("w", values, q);
    Value bias = b.int32("bias", bias(out, seed), Quantization.perAxis(0, biasScales), out);
    OpKind.Conv kind = new OpKind.Conv(Padding.SAME, 1, 1, 1, 1, Activation.RELU6);
    return x.conv2d(w, bias, kind).quantized(4 * scale(channels, zero), -128).output("y").build();
  }

  private static float scale(int depth, double zero) {
    return (float) (0.02 * 0.01 * 5400 * Math.sqrt(depth * (1 - zero)) / 60);
  }

  private static int[] bias(int count, long seed) {
    Random random = new Random(seed + 1);
    int[] values = new int[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextInt(20000) - 10000;
    }
    return values;
  }
}
