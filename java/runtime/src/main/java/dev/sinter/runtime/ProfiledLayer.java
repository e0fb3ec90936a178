// Layers that rows are measured on, one for each form of weights and activations.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Constant;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Padding;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Storage;
import dev.sinter.runtime.catalogue.Row;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** What recipes make of a layer: its op, types and numbers as the catalogue has them. */
enum ProfiledLayer {
  /** Integers throughout. */
  INT8("gemm", "xnn.gemm", "s8", "s8", "s8"),
  /** Floats. */
  FLOAT("gemm", "f32", "f32", "f32", "f32"),
  /** Floats that are quantized on the way to weights of 8 bits. */
  DYNAMIC8("gemm", "xnn.dynamic8", "f32", "s8", "f32"),
  /** The same with weights of 4 bits. */
  DYNAMIC4("gemm", "xnn.dynamic8", "f32", "s4", "f32"),
  /** Weights of 8 bits that are expanded. */
  STORED8("gemm", "f32.weight_only", "f32", "s8", "f32"),
  /** Weights of 4 bits that are expanded. */
  STORED4("gemm", "f32.weight_only", "f32", "s4", "f32"),
  /** Depthwise layers of integers. */
  DEPTHWISE_INT8("depthwise", "xnn.gemm", "s8", "s8", "s8"),
  /** Depthwise layers of floats. */
  DEPTHWISE_FLOAT("depthwise", "f32", "f32", "f32", "f32"),
  /** Depthwise layers of floats that are quantized on the way. */
  DEPTHWISE_DYNAMIC8("depthwise", "xnn.dynamic8", "f32", "s8", "f32"),
  /** Convolutions of integers. */
  CONV_INT8("conv", "xnn.gemm", "s8", "s8", "s8"),
  /** Convolutions of floats. */
  CONV_FLOAT("conv", "f32", "f32", "f32", "f32"),
  /** Convolutions of floats that are quantized on the way. */
  CONV_DYNAMIC8("conv", "xnn.dynamic8", "f32", "s8", "f32");

  private static final int LEAST = 4096;

  private final String op;
  private final String numerics;
  private final String activations;
  private final String weights;
  private final String results;

  ProfiledLayer(String op, String numerics, String activations, String weights, String results) {
    this.op = op;
    this.numerics = numerics;
    this.activations = activations;
    this.weights = weights;
    this.results = results;
  }

  /** The form that a row is for. */
  static ProfiledLayer of(Row row) {
    for (ProfiledLayer form : values()) {
      if (form.op.equals(row.op().name())
          && form.types().equals(row.types())
          && form.numerics.equals(row.numerics())) {
        return form;
      }
    }
    throw new IllegalArgumentException(row.name() + " is of no form that is measured");
  }

  String op() {
    return op;
  }

  String numerics() {
    return numerics;
  }

  List<String> types() {
    return List.of(activations, weights, results);
  }

  /** Expanded weights are floats from the start where they are few. */
  boolean takes(int[] shape) {
    return !numerics.equals("f32.weight_only") || shape[1] * shape[2] >= LEAST;
  }

  /** Bytes that a packed weight takes. */
  double bytesPerWeight() {
    return switch (weights) {
      case "s4" -> 0.5;
      case "s8", "u8" -> 1;
      case "bf16", "f16", "s16" -> 2;
      default -> 4;
    };
  }

  /** Whether the layer has windows of 3 x 3 over a map. */
  boolean hasWindows() {
    return !op.equals("gemm");
  }

  /**
   * Makes a model of one layer.
   *
   * @param shape rows, outputs, inputs; of layers with windows height and width, channels, stride
   * @param height outputs of the blocks that are zero together, 0 for none
   * @param density share of them that is not zero
   */
  Graph layer(int[] shape, int height, double density) {
    GraphBuilder b = Graph.builder("profile");
    boolean integer = activations.equals("s8");
    ElementType type = integer ? ElementType.INT8 : ElementType.FLOAT32;
    Quantization q = integer ? Quantization.perTensor(0.1f, 0) : Quantization.NONE;
    GraphBuilder.Value y;
    if (op.equals("conv")) {
      GraphBuilder.Value x = b.input("x", type, q, 1, shape[0], shape[0], shape[1]);
      GraphBuilder.Value w = weights(b, new int[] {shape[1], 3, 3, shape[1]}, 0, 0, 1);
      y =
          x.conv2d(
              w, null, new OpKind.Conv(Padding.SAME, shape[2], shape[2], 1, 1, Activation.NONE));
    } else if (op.equals("depthwise")) {
      GraphBuilder.Value x = b.input("x", type, q, 1, shape[0], shape[0], shape[1]);
      GraphBuilder.Value w = weights(b, new int[] {1, 3, 3, shape[1]}, 3, 0, 1);
      y =
          x.depthwise(
              w,
              null,
              new OpKind.Depthwise(Padding.SAME, shape[2], shape[2], 1, 1, 1, Activation.NONE));
    } else {
      GraphBuilder.Value x = b.input("x", type, q, shape[0], shape[2]);
      GraphBuilder.Value w = weights(b, new int[] {shape[1], shape[2]}, 0, height, density);
      boolean stored = numerics.equals("f32.weight_only");
      y = x.fullyConnected(stored ? w.dequantize() : w, null, Activation.NONE);
    }
    return (integer ? y.quantized(0.5f, 0) : y).output("y").build();
  }

  private GraphBuilder.Value weights(
      GraphBuilder b, int[] dims, int axis, int height, double density) {
    int outputs = dims[axis];
    byte[] values = values(outputs, (int) Shape.of(dims).elements() / outputs, height, density);
    if (weights.equals("f32")) {
      float[] floats = new float[values.length];
      for (int i = 0; i < floats.length; i++) {
        floats[i] = values[i] / 100f;
      }
      return b.floats("w", floats, dims);
    }
    float[] scales = new float[outputs];
    Arrays.fill(scales, 0.01f);
    Quantization q =
        activations.equals("s8")
            ? Quantization.perTensor(0.01f, 0)
            : Quantization.perAxis(axis, scales);
    if (weights.equals("s8")) {
      return b.int8("w", values, q, dims);
    }
    byte[] nibbles = new byte[values.length / 2];
    for (int i = 0; i < nibbles.length; i++) {
      nibbles[i] = (byte) ((values[2 * i] & 7) | ((values[2 * i + 1] & 7) << 4));
    }
    Storage storage = Storage.wrap(ByteBuffer.wrap(nibbles));
    return b.constant("w", new Constant.Dense(ElementType.INT4, Shape.of(dims), storage), q);
  }

  private static byte[] values(int n, int k, int height, double density) {
    Random random = new Random(7);
    byte[] weights = new byte[n * k];
    int step = Math.max(1, height);
    for (int row = 0; row < n; row += step) {
      for (int column = 0; column < k; column += 4) {
        if (random.nextDouble() >= density) {
          continue;
        }
        for (int r = row; r < Math.min(n, row + step); r++) {
          for (int c = column; c < Math.min(k, column + 4); c++) {
            weights[r * k + c] = (byte) (random.nextInt(127) + 1);
          }
        }
      }
    }
    return weights;
  }
}
