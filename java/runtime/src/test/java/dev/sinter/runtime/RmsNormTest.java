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

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** RMS normalization is one step, unless somebody else reads what stands between. */
final class RmsNormTest {
  /** How a converter spells it. */
  enum Spelling {
    MEAN,
    MEAN_GAMMA,
    GAMMA_FIRST,
    SUM_DIVIDED,
    SUM_MULTIPLIED,
    ROOT_DIVIDES,
    POWER
  }

  private static GraphBuilder.Value number(GraphBuilder b, String name, float value) {
    return b.floats(name, new float[] {value});
  }

  private static GraphBuilder.Value sum(GraphBuilder b, GraphBuilder.Value x) {
    GraphBuilder.Value axis = b.int32("axis", new int[] {-1}, Quantization.NONE, 1);
    return b.op(
        new OpKind.Reduce(OpKind.Reduce.Function.SUM, true),
        ElementType.FLOAT32,
        Quantization.NONE,
        x,
        axis);
  }

  /**
   * The network.
   *
   * @param shown whether the mean square is an output, too, so that it must be computed
   * @param parts what a sum is divided by
   */
  private static Graph graph(Spelling spelling, boolean shown, int parts) {
    GraphBuilder b = Graph.builder("norm");
    GraphBuilder.Value x = b.input("x", ElementType.FLOAT32, 1, ROWS, DEPTH);
    GraphBuilder.Value gamma = b.floats("gamma", floats(DEPTH, 1), DEPTH);
    GraphBuilder.Value squares =
        switch (spelling) {
          case POWER -> binary(OpKind.Binary.Function.POW, x, number(b, "two", 2f));
          case SUM_DIVIDED -> unary(OpKind.Unary.Function.SQUARE, x);
          default -> mul(x, x);
        };
    GraphBuilder.Value mean =
        switch (spelling) {
          case SUM_DIVIDED ->
              binary(OpKind.Binary.Function.DIV, sum(b, squares), number(b, "depth", parts));
          case SUM_MULTIPLIED -> mul(sum(b, squares), number(b, "part", 1f / parts));
          default -> squares.mean(true, 2);
        };
    GraphBuilder.Value more = binary(OpKind.Binary.Function.ADD, mean, number(b, "epsilon", 1e-3f));
    GraphBuilder.Value r =
        unary(
            spelling == Spelling.ROOT_DIVIDES
                ? OpKind.Unary.Function.SQRT
                : OpKind.Unary.Function.RSQRT,
            more);
    GraphBuilder.Value y =
        switch (spelling) {
          case MEAN, POWER -> mul(x, r);
          case GAMMA_FIRST -> mul(x, mul(r, gamma));
          case ROOT_DIVIDES -> mul(binary(OpKind.Binary.Function.DIV, x, r), gamma);
          default -> mul(mul(x, r), gamma);
        };
    if (shown) {
      mean.output("mean square");
    }
    return y.output("y").build();
  }

  @ParameterizedTest
  @EnumSource
  void isOneStep(Spelling spelling) {
    assertEquals(List.of("layer_norm"), ops(graph(spelling, false, DEPTH)));
    assertEquals(false, ops(graph(spelling, true, DEPTH)).contains("layer_norm"));
    assertArrayEquals(run(graph(spelling, true, DEPTH)), run(graph(spelling, false, DEPTH)), 1e-5f);
  }

  @Test
  void aSumInOtherPartsIsNone() {
    for (Spelling spelling : List.of(Spelling.SUM_DIVIDED, Spelling.SUM_MULTIPLIED)) {
      assertEquals(false, ops(graph(spelling, false, DEPTH + 1)).contains("layer_norm"));
    }
  }

  @Test
  void anotherTensorIsNone() {
    GraphBuilder b = Graph.builder("scaled by another's");
    GraphBuilder.Value x = b.input("x", ElementType.FLOAT32, ROWS, DEPTH);
    GraphBuilder.Value z = b.input("z", ElementType.FLOAT32, ROWS, DEPTH);
    GraphBuilder.Value more =
        binary(OpKind.Binary.Function.ADD, mul(x, x).mean(true, -1), number(b, "epsilon", 1e-3f));
    Graph graph = mul(z, unary(OpKind.Unary.Function.RSQRT, more)).output("y").build();
    assertEquals(false, ops(graph).contains("layer_norm"));
  }
}
