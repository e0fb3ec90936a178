// Tables whose rows are gathered become tables of embeddings.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.passes;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphEditor;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Tensor;
import dev.sinter.graph.tflite.TfliteOps;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Writes GATHER of rows of a constant float matrix as EMBEDDING_LOOKUP, with a RESHAPE on either
 * side where indices are no vector. The result is the same; but a gathered table has one scale of 8
 * bits for all rows, where one of embeddings may have 4 bits and scales by row or by block.
 *
 * <p>Indices must be int32 with at most one free dimension.
 */
public final class LookupTables implements GraphPass {
  /** Makes one. */
  public LookupTables() {}

  @Override
  public String name() {
    return "embedding_lookup";
  }

  @Override
  public Result apply(Graph graph) {
    List<String> done = new ArrayList<>();
    Graph g = graph;
    for (int i = 0; i < g.ops().size(); i++) {
      if (isTable(g, g.ops().get(i))) {
        done.add("'" + g.tensor(g.ops().get(i).input(0)).name() + "'");
        g = replace(g, i);
      }
    }
    return new Result(g, done);
  }

  private static boolean isTable(Graph g, Op op) {
    if (!(op.kind() instanceof OpKind.Foreign f)
        || !f.name().equals("GATHER")
        || f.number("axis") != 0
        || f.number("batch_dims") != 0) {
      return false;
    }
    Tensor table = g.tensor(op.input(0));
    Tensor ids = g.tensor(op.input(1));
    int free = 0;
    for (int d : ids.signature().toArray()) {
      free += d < 0 ? 1 : 0;
    }
    return table.isConstant()
        && table.type() == ElementType.FLOAT32
        && table.sparsity() == null
        && table.shape().rank() == 2
        && ids.type() == ElementType.INT32
        && ids.shape().rank() > 0
        && free <= 1;
  }

  private static Graph replace(Graph g, int index) {
    Op gather = g.ops().get(index);
    Tensor ids = g.tensor(gather.input(1));
    Tensor out = g.tensor(gather.output(0));
    int count = Math.toIntExact(ids.shape().elements());
    int width = g.tensor(gather.input(0)).shape().dim(1);
    GraphEditor e = g.edit();
    OpKind lookup = TfliteOps.builtin("EMBEDDING_LOOKUP", 1, Map.of());
    if (ids.shape().rank() == 1) {
      e.replaceOp(
          index,
          Op.of(lookup, List.of(gather.input(1), gather.input(0)), List.of(gather.output(0))));
      return e.build();
    }
    boolean free = ids.hasSignature() && !ids.signature().isKnown();
    int flat = e.addTensor(between(out.name() + "/indices", ElementType.INT32, free, count));
    int rows = e.addTensor(between(out.name() + "/rows", ElementType.FLOAT32, free, count, width));
    int[] shape = ids.signature().concat(Shape.of(width)).toArray();
    e.removeOp(index);
    e.insertOp(index, e.reshape(out.name() + "/shape", rows, gather.output(0), shape));
    e.insertOp(index, Op.of(lookup, List.of(flat, gather.input(0)), List.of(rows)));
    e.insertOp(index, e.reshape(out.name() + "/vector", gather.input(1), flat, -1));
    return e.build();
  }

  private static Tensor between(String name, ElementType type, boolean free, int... dims) {
    Tensor t = Tensor.of(name, type, Shape.of(dims));
    return free ? t.withSignature(Shape.of(dims).withDim(0, -1)) : t;
  }
}
