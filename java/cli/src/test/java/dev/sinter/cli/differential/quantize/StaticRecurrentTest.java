// Layers with a state in integers throughout, in all their forms, beside TensorFlow Lite and float.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.cli.compare.Verdict;
import dev.sinter.cli.compare.Verifier;
import dev.sinter.cli.differential.BesideTflite;
import dev.sinter.cli.differential.random.RandomModels;
import dev.sinter.cli.peer.GuardedPeer;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Op;
import dev.sinter.graph.tflite.TfliteWriter;
import dev.sinter.optimizer.LayerReport;
import dev.sinter.optimizer.Optimized;
import dev.sinter.optimizer.Optimizer;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.decision.Affine;
import dev.sinter.optimizer.decision.Decisions;
import dev.sinter.optimizer.decision.Mode;
import dev.sinter.optimizer.decision.OpDecision;
import dev.sinter.optimizer.recipe.Recipe;
import dev.sinter.optimizer.rules.StaticLstm;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StaticRecurrentTest {
  /** A seed that makes a layer with a projection and its bias. */
  private static final int LSTM = 25;

  private static final int MODELS = Integer.getInteger("sinter.test.recurrent", 40);

  private static Optimized run(Graph g, String recipe) {
    return Optimizer.of(g).recipe(Recipe.named(recipe)).examples(InputSource.random(12, 1)).run();
  }

  /** What a layer is made of. */
  private static String form(Op op) {
    if (op.inputs().size() == 5) {
      return "svdf";
    }
    return (op.hasInput(1) ? "" : "cifg ")
        + (op.hasInput(11) ? "peephole " : "")
        + (op.hasInput(16) ? "projection " : "")
        + (op.inputs().size() > 21 && op.hasInput(21) ? "norm " : "");
  }

  /** Power of the difference of outputs beside that of the outputs. */
  private static double noise(Graph expected, Graph actual, boolean anew) {
    Noise noise = Noise.of(expected, actual, 12, anew);
    return noise.power() == 0 ? 0 : noise.ratio();
  }

  @ParameterizedTest
  @ValueSource(strings = {"UNIDIRECTIONAL_SEQUENCE_LSTM float32", "SVDF float32"})
  void givesWhatTensorFlowLiteGives(String name) throws IOException {
    Map<String, Integer> counts = new TreeMap<>();
    List<Double> noises = new ArrayList<>();
    try (GuardedPeer.Host host = new GuardedPeer.Host()) {
      Verifier verifier = BesideTflite.verifier(host, 3);
      for (int seed = 1; seed <= MODELS; seed++) {
        Graph g = RandomModels.make(name, seed);
        Optimized o = run(g, "static_wi8_ai8");
        LayerReport layer =
            o.layers().stream().filter(l -> name.startsWith(l.kind())).findFirst().orElseThrow();
        String form = form(g.ops().get(layer.op()));
        if (layer.mode() == Mode.FLOAT) {
          boolean named =
              layer.reason().contains("peephole weights and a projection")
                  || layer.reason().contains("RELU, the only one")
                  || layer.reason().contains("does not fit 32 bits");
          assertTrue(named, seed + ": " + layer.reason());
          counts.merge("left " + form, 1, Integer::sum);
          continue;
        }
        Verdict verdict = verifier.verify(name + seed, TfliteWriter.toBytes(o.graph()));
        assertEquals("equal", verdict.status().label(), form + seed + ": " + verdict.message());
        counts.merge(form, 1, Integer::sum);
        noises.add(noise(g, o.graph(), !form.equals("svdf")));
        Stored.assertMakesTheSame(g, o, "static_wi8_ai8");
      }
    }
    Collections.sort(noises);
    double median = noises.get(noises.size() / 2);
    System.out.println(name + " " + counts + ", noise " + median);
    assertTrue(median < (name.startsWith("SVDF") ? 0.01 : 0.001), noises::toString);
  }

  @Test
  void saysWhatCannotBe() {
    Optimized wide = run(RandomModels.make("SVDF float32", 1), "static_wi8_ai16");
    assertTrue(
        wide.layers().toString().contains("no kernel for activations of INT16"), wide::toString);
    for (String name : new String[] {"RNN float32", "BIDIRECTIONAL_SEQUENCE_LSTM float32"}) {
      String reason = run(RandomModels.make(name, 1), "static_wi8_ai8").layers().toString();
      assertTrue(reason.contains("TensorFlow Lite has no kernel for it in integers"), reason);
    }
  }

  @Test
  void damagedDecisionsAreErrorsThatSayWhere() {
    Graph g = RandomModels.make("UNIDIRECTIONAL_SEQUENCE_LSTM float32", LSTM); // with a projection
    Decisions decisions = run(g, "static_wi8_ai8").decisions();
    OpDecision lstm = decisions.op(0, 0).orElseThrow();
    Map<Integer, Affine> inputs = new TreeMap<>(lstm.inputs());
    assertNotNull(inputs.remove(StaticLstm.INSIDE + StaticLstm.HIDDEN), lstm::toString);
    Decisions damaged =
        decisions.with(
            0,
            new OpDecision(
                lstm.op(),
                lstm.kind(),
                lstm.output(),
                lstm.mode(),
                lstm.activations(),
                inputs,
                lstm.weights(),
                lstm.others(),
                lstm.reason()));
    GraphException e = assertThrows(GraphException.class, () -> damaged.apply(g));
    assertTrue(e.getMessage().contains("nothing is decided on input 28"), e.getMessage());
  }
}
