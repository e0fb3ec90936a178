// Which shapes a model that leaves some open can sensibly be run with.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.data;

import dev.sinter.graph.Graph;
import dev.sinter.graph.Op;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Shapes for inputs whose size the file leaves open. The file's own shape has ones there, which
 * does not do for a vector with one number for each axis of another tensor: TFLite then reads
 * beyond its end, and what it makes of that differs from run to run.
 */
public final class InputShapes {
  private InputShapes() {}

  /**
   * Looks for inputs that need another shape than the file's.
   *
   * @param graph the model
   * @return a shape for each input of the main subgraph, or nothing if the file's shapes do
   */
  public static List<Shape> of(Graph graph) {
    List<Shape> shapes = new ArrayList<>();
    boolean other = false;
    for (int tensor : graph.inputs()) {
      Tensor t = graph.tensor(tensor);
      Shape shape = perAxis(graph.main(), tensor, t);
      other |= shape != null;
      shapes.add(shape == null ? t.shape() : shape);
    }
    return other && shapes.stream().allMatch(Shape::isKnown) ? shapes : List.of();
  }

  /**
   * The same with more rows: inputs whose first dimension is 1, or open, get so many.
   *
   * @param graph the model
   * @param batch the first dimension
   * @return a shape for each input of the main subgraph, or nothing if the file's shapes do
   */
  public static List<Shape> of(Graph graph, int batch) {
    List<Shape> shapes = of(graph);
    if (batch == 1) {
      return shapes;
    }
    List<Shape> batched = new ArrayList<>();
    for (int i = 0; i < graph.inputs().size(); i++) {
      Tensor t = graph.tensor(graph.inputs().get(i));
      int[] dims = (shapes.isEmpty() ? t.shape() : shapes.get(i)).toArray();
      if (dims.length > 0 && (dims[0] == 1 || t.signature().dim(0) < 0)) {
        dims[0] = batch;
      }
      batched.add(Shape.of(dims));
    }
    return batched;
  }

  /** The shape of an input with a row for each axis of the tensor it is about, else null. */
  private static Shape perAxis(Subgraph main, int tensor, Tensor t) {
    boolean open = t.signature().rank() > 0 && t.signature().dim(0) < 0;
    if (!open || t.type().isFloat()) {
      return null;
    }
    for (int consumer : main.consumers(tensor)) {
      Op op = main.ops().get(consumer);
      boolean describes =
          op.inputs().indexOf(tensor) > 0
              && switch (op.kind().label()) {
                case "SLICE", "STRIDED_SLICE", "TILE", "PAD", "PADV2", "MIRROR_PAD", "TRANSPOSE" ->
                    true;
                default -> false;
              };
      if (describes) {
        int[] dims = t.shape().toArray();
        dims[0] = main.tensor(op.input(0)).shape().rank();
        return Shape.of(dims);
      }
    }
    return null;
  }
}
