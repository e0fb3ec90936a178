// Values of two models find each other; models that do not belong together are refused.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.GraphBuilder.Value;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ModelMatchTest {
  private static float[] weights(long seed) {
    Random r = new Random(seed);
    float[] w = new float[64];
    for (int i = 0; i < w.length; i++) {
      w[i] = (float) r.nextGaussian();
    }
    return w;
  }

  /** Three products of the same input, like an attention's, whose order and names differ. */
  private static Graph branches(String prefix, long... seeds) {
    GraphBuilder b = Graph.builder(prefix);
    Value x = b.input(prefix + "x", ElementType.FLOAT32, 1, 8);
    Value[] parts = new Value[3];
    for (int i = 0; i < 3; i++) {
      parts[(int) seeds[i]] =
          x.fullyConnected(
                  b.floats(prefix + "w" + i, weights(seeds[i]), 8, 8), null, Activation.NONE)
              .named(prefix + i);
    }
    return parts[0]
        .add(parts[1], Activation.NONE)
        .binary(dev.sinter.graph.OpKind.Binary.Function.MUL, parts[2], Activation.NONE)
        .output()
        .build();
  }

  @Test
  void branchesAreToldApartByTheirWeights() {
    Graph a = branches("a", 0, 1, 2);
    Graph b = branches("b", 2, 0, 1);
    ModelMatch match = ModelMatch.of(a, b);
    for (int i = 0; i < 3; i++) {
      ModelMatch.Pair p = match.ofReference(a.main().indexOf("a" + i));
      assertNotNull(p);
      assertEquals("b" + (i + 1) % 3, b.tensor(p.compressed()).name());
      assertEquals(ModelMatch.How.STRUCTURE, p.how());
    }
    assertTrue(match.unmatched().isEmpty());
  }

  private static Graph relu(boolean fused) {
    GraphBuilder b = Graph.builder(fused ? "fused" : "apart");
    Value x = b.input("x", ElementType.FLOAT32, 1, 8);
    Value w = b.floats("w", weights(1), 8, 8);
    Value y =
        fused
            ? x.fullyConnected(w, null, Activation.RELU).named("one")
            : x.fullyConnected(w, null, Activation.NONE).named("first").relu().named("second");
    return y.fullyConnected(b.floats("v", weights(2), 8, 8), null, Activation.NONE)
        .named(fused ? "end" : "finish")
        .output()
        .build();
  }

  @Test
  void aFusedActivationIsTheOpBehind() {
    for (boolean fused : new boolean[] {true, false}) {
      Graph a = relu(!fused);
      Graph b = relu(fused);
      ModelMatch match = ModelMatch.of(a, b);
      ModelMatch.Pair p = match.ofCompressed(b.main().indexOf(fused ? "one" : "second"));
      assertNotNull(p);
      assertEquals(fused ? "second" : "one", a.tensor(p.reference()).name());
    }
  }

  @Test
  void modelsThatDoNotBelongTogether() {
    Graph a = branches("a", 0, 1, 2);
    Graph chain = new Chain(1).floats();
    String message =
        assertThrows(IllegalArgumentException.class, () -> ModelMatch.of(a, chain)).getMessage();
    assertTrue(message.contains("do not belong together") && message.contains("[1, 24]"), message);
  }

  @Test
  void everyValueOfAChainHasItsName() {
    Chain chain = new Chain(1);
    ModelMatch match = ModelMatch.of(chain.floats(), chain.int8());
    assertEquals(1 + Chain.LAYERS, match.pairs().size());
    match
        .pairs()
        .forEach(
            p ->
                assertEquals(
                    match.reference().tensor(p.reference()).name(),
                    match.compressed().tensor(p.compressed()).name()));
  }
}
