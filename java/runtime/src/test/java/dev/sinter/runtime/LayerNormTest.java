// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import static dev.sinter.runtime.NormModels.DEPTH;
import static dev.sinter.runtime.NormModels.ROWS;
import static dev.sinter.runtime.NormModels.binary;
import static dev.sinter.runtime.NormModels.floats;
import static dev.sinter.runtime.NormModels.mul;
import static dev.sinter.runtime.NormModels.ops;
import static dev.sinter.runtime.NormModels.run;
import static dev.sinter.runtime.NormModels.unary;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.OpKind;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Layer normalization is one step, unless somebody else reads what stands between. */
final class LayerNormTest {
  /** How a converter spells it. */
  enum Spelling {
    FOLDED,
    CENTERED,
    SQUARED_PRODUCT,
    SQUARE
  }

  private static GraphBuilder.Value sub(GraphBuilder.Value a, GraphBuilder.Value b) {
    return binary(OpKind.Binary.Function.SUB, a, b);
  }

  /**
   * The network.
   *
   * @param shown whether the factor 1 / deviation is an output, too, so that it must be computed
   */
  private static Graph graph(Spelling spelling, boolean shown) {
    GraphBuilder b = Graph.builder("norm");
    GraphBuilder.Value x = b.input("x", ElementType.FLOAT32, 1, ROWS, DEPTH);
    GraphBuilder.Value gamma = b.floats("gamma", floats(DEPTH, 1), DEPTH);
    GraphBuilder.Value beta = b.floats("beta", floats(DEPTH, 2), DEPTH);
    GraphBuilder.Value epsilon = b.floats("epsilon", new float[] {1e-3f});
    GraphBuilder.Value mean = x.mean(true, -1);
    GraphBuilder.Value difference = spelling == Spelling.FOLDED ? null : sub(x, mean);
    GraphBuilder.Value squares =
        switch (spelling) {
          case FOLDED, CENTERED -> binary(OpKind.Binary.Function.SQUARED_DIFFERENCE, x, mean);
          case SQUARED_PRODUCT -> mul(difference, difference);
          case SQUARE -> unary(OpKind.Unary.Function.SQUARE, difference);
        };
    GraphBuilder.Value r =
        unary(
            OpKind.Unary.Function.RSQRT,
            binary(OpKind.Binary.Function.ADD, squares.mean(true, 2), epsilon));
    GraphBuilder.Value y;
    if (spelling == Spelling.FOLDED) {
      GraphBuilder.Value factor = mul(r, gamma);
      y = mul(x, factor).add(sub(beta, mul(mean, factor)), Activation.NONE);
    } else {
      y = mul(mul(difference, r), gamma).add(beta, Activation.NONE);
    }
    if (shown) {
      r.output("r");
    }
    return y.output("y").build();
  }

  @ParameterizedTest
  @EnumSource
  void isOneStep(Spelling spelling) {
    assertEquals(List.of("layer_norm"), ops(graph(spelling, false)));
    assertEquals(false, ops(graph(spelling, true)).contains("layer_norm"));
    assertArrayEquals(run(graph(spelling, true)), run(graph(spelling, false)), 1e-5f);
  }

  @Test
  void anotherAxisIsNone() {
    GraphBuilder b = Graph.builder("other axis");
    GraphBuilder.Value x = b.input("x", ElementType.FLOAT32, 1, DEPTH, DEPTH);
    GraphBuilder.Value columns = b.floats("columns", floats(DEPTH, 1), DEPTH);
    GraphBuilder.Value mean = x.mean(true, 1);
    GraphBuilder.Value squares = binary(OpKind.Binary.Function.SQUARED_DIFFERENCE, x, mean);
    GraphBuilder.Value sum =
        binary(
            OpKind.Binary.Function.ADD,
            squares.mean(true, 1),
            b.floats("epsilon", new float[] {1e-3f}));
    GraphBuilder.Value factor = mul(unary(OpKind.Unary.Function.RSQRT, sum), columns);
    Graph graph =
        mul(x, factor).add(sub(columns, mul(mean, factor)), Activation.NONE).output("y").build();
    assertEquals(false, ops(graph).contains("layer_norm"));
  }
}
