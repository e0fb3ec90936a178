// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.tflite.TfliteOps;
import java.util.List;
import java.util.Map;

/** Small models for tests. */
final class TestGraphs {
  private TestGraphs() {}

  /** y = 3x, as two additions; x is float [1,4]. */
  static Graph additions() {
    GraphBuilder b = Graph.builder("additions");
    GraphBuilder.Value x = b.input("x", ElementType.FLOAT32, 1, 4);
    GraphBuilder.Value twice = x.add(x, Activation.NONE);
    return twice.add(x, Activation.NONE).output("y").build();
  }

  /** An op that the runtime does not know: a file that needs it cannot be run by definition. */
  static Graph withUnsupportedOp() {
    GraphBuilder b = Graph.builder("placeholder");
    GraphBuilder.Value x = b.input("x", ElementType.FLOAT32, 1, 4);
    OpKind kind = TfliteOps.builtin("PLACEHOLDER_FOR_GREATER_OP_CODES", 1, Map.of());
    GraphBuilder.Result result =
        new GraphBuilder.Result(ElementType.FLOAT32, Quantization.NONE, Shape.of(1, 4));
    return b.op(kind, List.of(result), List.of(), List.of(x)).get(0).output("y").build();
  }
}
