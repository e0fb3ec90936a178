// Products whose constant side is the left one are written with it on the right.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.passes;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphEditor;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Storage;
import dev.sinter.graph.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * W Y = (Y' W')': the flags that say how the sides of a BATCH_MATMUL lie change places, and a
 * TRANSPOSE follows. The result is the same; but kernels for float inputs take integers as the
 * right side alone.
 */
public final class TurnProducts implements GraphPass {
  /** Makes one. */
  public TurnProducts() {}

  @Override
  public String name() {
    return "turn_products";
  }

  @Override
  public Result apply(Graph graph) {
    List<String> done = new ArrayList<>();
    Graph g = graph;
    for (int i = 0; i < g.ops().size(); i++) {
      if (isMeant(g, g.ops().get(i))) {
        done.add("'" + g.tensor(g.ops().get(i).output(0)).name() + "'");
        g = turned(g, i);
      }
    }
    return new Result(g, done);
  }

  private static boolean isMeant(Graph g, Op op) {
    return op.kind() instanceof OpKind.BatchMatMul
        && op.inputs().size() == 2
        && g.main().isConstant(op.input(0))
        && !g.main().isConstant(op.input(1))
        && g.tensor(op.input(0)).type() == ElementType.FLOAT32
        && g.tensor(op.input(1)).type() == ElementType.FLOAT32
        && g.tensor(op.output(0)).shape().rank() >= 2;
  }

  private static Graph turned(Graph g, int index) {
    Op op = g.ops().get(index);
    OpKind.BatchMatMul kind = (OpKind.BatchMatMul) op.kind();
    Tensor out = g.tensor(op.output(0));
    int rank = out.shape().rank();
    ByteBuffer order = ByteBuffer.allocate(4 * rank).order(ByteOrder.LITTLE_ENDIAN);
    for (int d = 0; d < rank; d++) {
      order.putInt(d < rank - 2 ? d : 2 * rank - 3 - d);
    }
    GraphEditor e = g.edit();
    Tensor turned = Tensor.of(out.name() + "/turned", ElementType.FLOAT32, swapped(out.shape()));
    int product =
        e.addTensor(out.hasSignature() ? turned.withSignature(swapped(out.signature())) : turned);
    int permutation =
        e.addTensor(
            Tensor.of(out.name() + "/order", ElementType.INT32, Shape.of(rank))
                .withStorage(Storage.wrap(order.flip())));
    OpKind flags =
        new OpKind.BatchMatMul(!kind.adjointY(), !kind.adjointX(), kind.asymmetricInputs());
    e.replaceOp(index, Op.of(flags, List.of(op.input(1), op.input(0)), List.of(product)));
    e.insertOp(
        index + 1,
        Op.of(
            new OpKind.Move(OpKind.Move.Movement.TRANSPOSE, List.of()),
            List.of(product, permutation),
            List.of(op.output(0))));
    return e.build();
  }

  private static Shape swapped(Shape shape) {
    int rank = shape.rank();
    return shape.withDim(rank - 2, shape.dim(rank - 1)).withDim(rank - 1, shape.dim(rank - 2));
  }
}
