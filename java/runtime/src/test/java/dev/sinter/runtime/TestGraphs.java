// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.Quantization;

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

  /** An op that the runtime does not know yet. */
  static Graph withUnsupportedOp() {
    GraphBuilder b = Graph.builder("gelu");
    return b.input("x", ElementType.INT8, Quantization.perTensor(0.1f, 0), 1, 4)
        .gelu(false)
        .quantized(0.1f, 0)
        .output("y")
        .build();
  }
}
