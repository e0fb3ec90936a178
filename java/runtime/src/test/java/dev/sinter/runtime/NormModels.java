// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import dev.sinter.runtime.lower.Lowering;
import dev.sinter.runtime.lower.Step;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** What the tests of normalizations make their models of and look at: rows of floats. */
final class NormModels {
  static final int ROWS = 5;
  static final int DEPTH = 37;

  private NormModels() {}

  static GraphBuilder.Value binary(
      OpKind.Binary.Function function, GraphBuilder.Value a, GraphBuilder.Value b) {
    return a.owner()
        .op(
            new OpKind.Binary(function, Activation.NONE),
            ElementType.FLOAT32,
            Quantization.NONE,
            a,
            b);
  }

  static GraphBuilder.Value unary(OpKind.Unary.Function function, GraphBuilder.Value a) {
    return a.owner().op(new OpKind.Unary(function), ElementType.FLOAT32, Quantization.NONE, a);
  }

  static GraphBuilder.Value mul(GraphBuilder.Value a, GraphBuilder.Value b) {
    return binary(OpKind.Binary.Function.MUL, a, b);
  }

  static float[] floats(int count, int seed) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  static List<String> ops(Graph graph) {
    return Lowering.lower(graph, Map.of()).steps().stream().map(Step::op).toList();
  }

  static float[] run(Graph graph) {
    try (Model model = Model.load(graph, Options.builder().build());
        Session session = model.newSession()) {
      session.input(0).asFloatBuffer().put(floats(ROWS * DEPTH, 3));
      session.run();
      FloatBuffer y = session.output("y").asFloatBuffer();
      float[] values = new float[y.remaining()];
      y.get(values);
      return values;
    }
  }
}
