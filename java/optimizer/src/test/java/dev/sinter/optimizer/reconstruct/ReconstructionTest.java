// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.reconstruct;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Padding;
import dev.sinter.optimizer.RandomNetworks;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.weights.CoordinateDescent;
import dev.sinter.optimizer.weights.Gptq;
import dev.sinter.optimizer.weights.MseSearch;
import dev.sinter.optimizer.weights.QuantizedWeights;
import dev.sinter.optimizer.weights.WeightQuantizer;
import dev.sinter.optimizer.weights.WeightSpec;
import org.junit.jupiter.api.Test;

class ReconstructionTest {
  private static final WeightSpec FOUR = new WeightSpec(4, true, WeightSpec.Granularity.CHANNEL, 0);
  private static final InputSource SOME = InputSource.random(60, 4);
  private final RandomNetworks random = new RandomNetworks(12);

  /** Convolution, depthwise, pointwise without bias, fully connected. */
  private Graph network() {
    GraphBuilder b = Graph.builder("network");
    Value x = b.input("x", ElementType.FLOAT32, 1, 8, 8, 3);
    Value y =
        x.conv2d(
            random.constant(b, "w1", 0.3, 12, 3, 3, 3),
            random.constant(b, "b1", 0.1, 12),
            new OpKind.Conv(Padding.SAME, 1, 1, 1, 1, Activation.RELU));
    y =
        y.depthwise(
            random.constant(b, "w2", 0.4, 1, 3, 3, 12),
            random.constant(b, "b2", 0.1, 12),
            new OpKind.Depthwise(Padding.SAME, 1, 1, 1, 1, 1, Activation.RELU));
    y =
        y.mean(false, 1, 2)
            .fullyConnected(random.constant(b, "w3", 0.4, 20, 12), null, Activation.RELU)
            .fullyConnected(
                random.constant(b, "w4", 0.3, 6, 20),
                random.constant(b, "b4", 0.1, 6),
                Activation.NONE);
    return y.output("y").build();
  }

  private static double error(Graph expected, Graph actual) {
    return RandomNetworks.error(expected, actual, 100);
  }

  private static Reconstruction.Result run(
      Graph g, WeightQuantizer q, boolean refit, boolean correct) {
    return new Reconstruction(
            new Reconstruction.Settings(refit, correct, 0.01, 64),
            (graph, layer) -> new Reconstruction.Choice(q, FOUR),
            (done, of) -> {})
        .run(g, SOME);
  }

  @Test
  void answersComeNearerStepByStep() {
    double[] errors = new double[4];
    for (int trial = 0; trial < 4; trial++) {
      Graph g = network();
      errors[0] += error(g, run(g, new MseSearch(), false, false).graph());
      errors[1] += error(g, run(g, new MseSearch(), false, true).graph());
      errors[2] += error(g, run(g, new Gptq(), false, true).graph());
      errors[3] += error(g, run(g, new CoordinateDescent(), true, true).graph());
    }
    for (int i = 1; i < errors.length; i++) {
      assertTrue(errors[i] < errors[i - 1], i + ": " + errors[i] + " after " + errors[i - 1]);
    }
    assertTrue(errors[3] < 0.25 * errors[0], errors[3] + " of " + errors[0]);
  }

  @Test
  void weightsLieOnTheirGridsAndBiasesAreAdded() {
    Graph g = network();
    Reconstruction.Result result = run(g, new Gptq(), true, true);
    assertEquals(4, result.layers().size());
    for (Reconstruction.Outcome o : result.layers()) {
      QuantizedWeights q = o.weights();
      Layer layer =
          Layer.of(result.graph()).stream()
              .filter(l -> l.op() == o.layer().op())
              .findFirst()
              .orElseThrow();
      for (int i = 0; i < q.values().length; i++) {
        int row = i / q.inputs();
        assertEquals(q.real(row, i % q.inputs()), layer.matrix(result.graph()).values()[i], 0);
      }
      assertNotNull(layer.bias(result.graph()));
      assertTrue(o.reached() >= 0 && o.nearest() > 0);
    }
    Reconstruction.Result again = run(g, new Gptq(), true, true);
    assertEquals(result.graph(), again.graph());
  }

  @Test
  void layersThatStayFloatStay() {
    Graph g = network();
    Reconstruction.Result result =
        new Reconstruction(
                Reconstruction.Settings.DEFAULT,
                (graph, layer) ->
                    layer.op() == 0 ? new Reconstruction.Choice(new Gptq(), FOUR) : null,
                (done, of) -> {})
            .run(g, SOME);
    assertEquals(1, result.layers().size());
    for (Layer layer : Layer.of(g)) {
      if (layer.op() != 0) {
        assertArrayEquals(
            layer.matrix(g).values(), layer.matrix(result.graph()).values(), 0f, "weights");
      }
    }
  }

  @Test
  void sharedWeightsAreRoundedOnce() {
    GraphBuilder b = Graph.builder("shared");
    Value x = b.input("x", ElementType.FLOAT32, 4, 8);
    Value w = random.constant(b, "w", 0.3, 8, 8);
    Value y = x.fullyConnected(w, random.constant(b, "b", 1, 8), Activation.RELU);
    Graph g = y.fullyConnected(w, null, Activation.NONE).output("y").build();
    Reconstruction.Result result = run(g, new Gptq(), true, true);
    assertEquals(1, result.layers().size());
    assertNotNull(result.layers().get(0).note());
    assertEquals(2, Layer.of(result.graph()).size());
  }
}
