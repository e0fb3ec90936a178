// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import static dev.sinter.runtime.NormModels.DEPTH;
import static dev.sinter.runtime.NormModels.ROWS;
import static dev.sinter.runtime.NormModels.mul;
import static dev.sinter.runtime.NormModels.ops;
import static dev.sinter.runtime.NormModels.run;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A tensor times its logistic function is one step, unless somebody else reads the latter. */
final class SiluTest {
  private static Graph graph(boolean shown, boolean reversed) {
    GraphBuilder b = Graph.builder("silu");
    GraphBuilder.Value x = b.input("x", ElementType.FLOAT32, ROWS, DEPTH);
    GraphBuilder.Value gate = x.activate(OpKind.Activate.Function.LOGISTIC);
    GraphBuilder.Value y = reversed ? mul(gate, x) : mul(x, gate);
    if (shown) {
      gate.output("gate");
    }
    return y.output("y").build();
  }

  @Test
  void isOneStep() {
    for (boolean reversed : new boolean[] {false, true}) {
      assertEquals(List.of("unary"), ops(graph(false, reversed)));
      assertEquals(List.of("unary", "binary"), ops(graph(true, reversed)));
      assertArrayEquals(run(graph(true, reversed)), run(graph(false, reversed)), 1e-6f);
    }
  }

  @Test
  void bytesAreOneTable() {
    for (ElementType type : List.of(ElementType.INT8, ElementType.UINT8)) {
      GraphBuilder b = Graph.builder("silu");
      Quantization q = Quantization.perTensor(0.1f, 3);
      GraphBuilder.Value x = b.input("x", type, q, ROWS, DEPTH);
      GraphBuilder.Value gate = x.activate(OpKind.Activate.Function.LOGISTIC);
      int zero = type == ElementType.INT8 ? -128 : 0;
      GraphBuilder.Value y =
          x.binary(OpKind.Binary.Function.MUL, gate.quantized(1f / 256, zero), Activation.NONE);
      Graph graph = y.quantized(0.05f, 5).output("y").build();
      assertEquals(List.of("lookup"), ops(graph));
    }
  }

  @Test
  void anotherTensorIsNone() {
    GraphBuilder b = Graph.builder("gated");
    GraphBuilder.Value x = b.input("x", ElementType.FLOAT32, ROWS, DEPTH);
    GraphBuilder.Value z = b.input("z", ElementType.FLOAT32, ROWS, DEPTH);
    Graph graph = mul(z, x.activate(OpKind.Activate.Function.LOGISTIC)).output("y").build();
    assertEquals(List.of("unary", "binary"), ops(graph));
  }
}
