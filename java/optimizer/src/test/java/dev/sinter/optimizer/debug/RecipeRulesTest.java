// The rules that the debugger proposes do in a recipe what it measured.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.Op;
import dev.sinter.optimizer.Optimizer;
import dev.sinter.optimizer.recipe.Recipe;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecipeRulesTest {
  /** Static int8 with one scale for all weights of a layer: what a wide channel ruins. */
  private static final String TENSORWISE =
      """
      {"regex": ".*", "operation": "*", "algorithm_key": "min_max_uniform_quantize", "op_config": {
        "activation_tensor_config": {"num_bits": 8, "symmetric": false, "granularity": "TENSORWISE"},
        "weight_tensor_config": {"num_bits": 8, "symmetric": true, "granularity": "TENSORWISE"},
        "compute_precision": "INTEGER"}}""";

  private static Graph quantize(Graph model, List<String> rules) {
    return Optimizer.of(model)
        .recipe(Recipe.parse("test", "[" + String.join(",", rules) + "]"))
        .examples(Chain.examples(64))
        .run()
        .graph();
  }

  @Test
  void theLayerStaysFloatAndTheModelIsMended() {
    Chain chain = new Chain(7);
    chain.widen(2, 5, 100);
    chain.bias[2][5] = -1e4f;
    Graph model = chain.floats();
    Debugger debugger = new Debugger(DebugOptions.DEFAULT.withTimingRuns(0));
    DebugReport broken =
        debugger.debug(model, quantize(model, List.of(TENSORWISE)), Chain.examples(16));
    Remedy first = broken.ranking().get(0);
    assertTrue(first.names().contains("layer2"), first::toString);
    List<String> rules = new ArrayList<>(List.of(TENSORWISE));
    rules.addAll(ReportJson.rules(first));
    Graph mended = quantize(model, rules);
    long floats =
        mended.ops().stream()
            .filter(op -> StructureMatch.label(op).equals("FULLY_CONNECTED"))
            .filter(op -> isFloat(mended, op))
            .count();
    assertEquals(first.scopes().size(), floats);
    DebugReport after = debugger.debug(model, mended, Chain.examples(16));
    assertTrue(after.outputNoise() < 0.1 * broken.outputNoise());
    // What was measured on the compressed model is what the recipe gives.
    assertEquals(first.noise(), after.outputNoise(), 0.3 * first.noise());
  }

  private static boolean isFloat(Graph g, Op op) {
    return g.tensor(op.input(1)).type() == ElementType.FLOAT32;
  }
}
