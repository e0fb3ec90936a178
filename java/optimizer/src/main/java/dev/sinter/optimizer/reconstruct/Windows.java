// The rows that a layer multiplies with its weights, out of its input.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.reconstruct;

import dev.sinter.graph.OpKind;
import dev.sinter.graph.Padding;
import dev.sinter.graph.Shape;
import java.util.Arrays;

/**
 * Rows of a layer's input: the windows of a convolution, in the order of its weights, what a
 * product multiplies with a row or column of its weights, or the last dimension. Of an input with
 * many rows some are taken, evenly spread, the same for the same shape.
 */
final class Windows {
  private final Layer layer;
  private final int rowsTaken;
  private final int columns;
  private final int[] starts;

  private final int height;
  private final int width;
  private final int channels;
  private final int windowH;
  private final int windowW;
  private final int dilationH;
  private final int dilationW;
  private final int top;
  private final int left;
  private final int strideH;
  private final int strideW;
  private final int outH;
  private final int outW;
  private final int[][] matrices; // of a product: which of the input's meet each of the weights'
  private final int lines; // rows in each of them

  /**
   * Prepares for inputs of a shape.
   *
   * @param layer the layer
   * @param x shape of its input
   * @param most rows taken at most
   */
  Windows(Layer layer, Shape x, int most) {
    this.layer = layer;
    columns = layer.inputs();
    if (layer.kind() instanceof OpKind.Conv || layer.kind() instanceof OpKind.Depthwise) {
      height = x.dim(1);
      width = x.dim(2);
      channels = x.dim(3);
      windowH = layer.shape().dim(1);
      windowW = layer.shape().dim(2);
      Padding padding;
      if (layer.kind() instanceof OpKind.Conv c) {
        padding = c.padding();
        strideH = c.strideH();
        strideW = c.strideW();
        dilationH = c.dilationH();
        dilationW = c.dilationW();
      } else {
        OpKind.Depthwise d = (OpKind.Depthwise) layer.kind();
        padding = d.padding();
        strideH = d.strideH();
        strideW = d.strideW();
        dilationH = d.dilationH();
        dilationW = d.dilationW();
      }
      Padding.Extent down = padding.along(height, windowH, strideH, dilationH);
      Padding.Extent across = padding.along(width, windowW, strideW, dilationW);
      top = down.before();
      left = across.before();
      outH = down.size();
      outW = across.size();
      starts = spread(x.dim(0) * outH * outW, most);
      matrices = null;
      lines = 0;
    } else {
      height = width = windowH = windowW = dilationH = dilationW = 1;
      strideH = strideW = outH = outW = 1;
      top = left = 0;
      channels = columns;
      boolean product = layer.kind() instanceof OpKind.BatchMatMul;
      matrices = product ? meeting(layer, x) : new int[][] {{0}};
      lines =
          product
              ? x.dim(x.rank() - (layer.byColumns() ? 1 : 2))
              : Math.toIntExact(x.elements() / columns);
      starts = spread(Math.multiplyExact(matrices[0].length, lines), most);
    }
    rowsTaken = starts.length;
  }

  /** Matrices of the input by the matrix of the weights that they are multiplied with. */
  private static int[][] meeting(Layer layer, Shape x) {
    int batches = layer.outer(x);
    int[][] met = new int[layer.groups()][batches / layer.groups()];
    int[] count = new int[layer.groups()];
    int rank = Math.max(x.rank(), layer.shape().rank()) - 2;
    int[] at = new int[rank];
    for (int b = 0; b < batches; b++) {
      int group = index(layer.shape(), at);
      met[group][count[group]++] = index(x, at);
      for (int d = rank - 1; d >= 0 && ++at[d] == layer.outer(x, d); d--) {
        at[d] = 0;
      }
    }
    return met;
  }

  /** Which matrix of a shape stands at a place of the result; those of size 1 are repeated. */
  private static int index(Shape shape, int[] at) {
    int index = 0;
    for (int d = 0; d < shape.rank() - 2; d++) {
      int place = at[d + at.length - (shape.rank() - 2)];
      index = index * shape.dim(d) + (shape.dim(d) == 1 ? 0 : place);
    }
    return index;
  }

  private static int[] spread(int count, int most) {
    int taken = Math.min(count, most);
    int[] chosen = new int[taken];
    for (int i = 0; i < taken; i++) {
      chosen[i] = (int) ((i + 0.5) * count / taken);
    }
    return chosen;
  }

  /** Rows per input. */
  int rows() {
    return rowsTaken;
  }

  /** Floats that {@link #take} writes: groups times rows times columns. */
  int size() {
    return layer.groups() * rowsTaken * columns;
  }

  /** Writes [group][row][column]; what a window has outside the input is 0. */
  void take(float[] x, float[] into) {
    if (!(layer.kind() instanceof OpKind.Conv || layer.kind() instanceof OpKind.Depthwise)) {
      boolean across = layer.byColumns();
      for (int g = 0; g < matrices.length; g++) {
        for (int r = 0; r < rowsTaken; r++) {
          int from = matrices[g][starts[r] / lines] * lines * columns;
          int line = starts[r] % lines;
          int to = (g * rowsTaken + r) * columns;
          for (int c = 0; c < columns; c++) {
            into[to + c] = x[from + (across ? c * lines + line : line * columns + c)];
          }
        }
      }
      return;
    }
    Arrays.fill(into, 0, size(), 0);
    int each = channels / layer.groups();
    for (int r = 0; r < rowsTaken; r++) {
      int batch = starts[r] / (outH * outW);
      int y0 = starts[r] / outW % outH * strideH - top;
      int x0 = starts[r] % outW * strideW - left;
      for (int ky = 0; ky < windowH; ky++) {
        int iy = y0 + ky * dilationH;
        if (iy < 0 || iy >= height) {
          continue;
        }
        for (int kx = 0; kx < windowW; kx++) {
          int ix = x0 + kx * dilationW;
          if (ix < 0 || ix >= width) {
            continue;
          }
          int from = ((batch * height + iy) * width + ix) * channels;
          int to = r * columns + (ky * windowW + kx) * each;
          if (each == channels) {
            System.arraycopy(x, from, into, to, channels);
            continue;
          }
          for (int g = 0; g < layer.groups(); g++) {
            for (int c = 0; c < each; c++) {
              into[g * rowsTaken * columns + to + c] = x[from + g * each + c];
            }
          }
        }
      }
    }
  }
}
