// Tests of reading recipes and of the precedence of rules.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.recipe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.optimizer.decision.Mode;
import dev.sinter.optimizer.weights.WeightSpec.Granularity;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecipeTest {
  private static final String STATIC =
      "{\"activation_tensor_config\":{\"num_bits\":8,\"symmetric\":false,\"granularity\":\"TENSORWISE\",\"dtype\":\"INT\"},"
          + "\"weight_tensor_config\":{\"num_bits\":8,\"symmetric\":true,\"granularity\":\"CHANNELWISE\",\"dtype\":\"INT\"},"
          + "\"compute_precision\":\"INTEGER\",\"explicit_dequantize\":false,\"skip_checks\":false,\"min_weight_elements\":0}";
  private static final String WEIGHTS =
      "{\"weight_tensor_config\":{\"num_bits\":4,\"symmetric\":true,\"granularity\":\"CHANNELWISE\"},"
          + "\"compute_precision\":\"FLOAT\",\"explicit_dequantize\":true}";

  private static String rule(String regex, String operation, String config) {
    return "{\"regex\":\""
        + regex
        + "\",\"operation\":\""
        + operation
        + "\",\"algorithm_key\":\"min_max_uniform_quantize\",\"op_config\":"
        + config
        + "}";
  }

  private static Recipe parse(String... items) {
    return Recipe.parse("test", "[" + String.join(",", items) + "]");
  }

  private static List<Integer> order(Recipe recipe) {
    return recipe.effective().stream().map(Rule::number).toList();
  }

  @Test
  void readsAnAdvancedRecipeOfAiEdgeQuantizer() {
    Recipe r =
        parse(
            rule(".*", "*", STATIC),
            rule(".*", "FULLY_CONNECTED", WEIGHTS),
            "{\"regex\":\".*\",\"operation\":\"CONV_2D\",\"algorithm_key\":\"no_quantize\"}");
    assertEquals(Mode.STATIC, r.rules().get(0).config().mode());
    assertEquals(Mode.WEIGHT_ONLY, r.rules().get(1).config().mode());
    assertEquals(4, r.rules().get(1).config().weights().bits());
    assertEquals(Rule.NO_QUANTIZE, r.rules().get(2).algorithm());
    assertEquals(List.of(1, 2, 3), order(r));
  }

  @Test
  void readsBlockSizesOfOlderRecipes() {
    String config =
        "{\"weight_tensor_config\":{\"num_bits\":4,\"block_size\":64,\"max_hadamard_size\":0},"
            + "\"compute_precision\":\"INTEGER\"}";
    TensorConfig w = parse(rule(".*", "*", config)).rules().get(0).config().weights();
    assertEquals(Granularity.BLOCK, w.granularity());
    assertEquals(64, w.block());
    assertEquals(0L, w.parameters().get("max_hadamard_size"));
  }

  /** As AI Edge Quantizer's manager of recipes orders them. */
  @Test
  void ordersRulesByExpression() {
    // A rule for all takes the place of every rule of its expression.
    assertEquals(
        List.of(3, 2),
        order(
            parse(rule("a", "CONV_2D", STATIC), rule("b", "*", STATIC), rule("a", "*", WEIGHTS))));
    // The same operation again: in the same place.
    assertEquals(
        List.of(3, 2),
        order(
            parse(
                rule("a", "CONV_2D", STATIC),
                rule("a", "ADD", STATIC),
                rule("a", "CONV_2D", WEIGHTS))));
  }

  @Test
  void readsConditionsStepsAndCalibration() {
    Recipe r =
        Recipe.parse(
            "test",
            "[{\"calibration\":{\"method\":\"mse\"}},{\"step\":\"bias_correction\",\"rows\":3},"
                + rule(".*", "*", STATIC)
                    .replaceFirst("}$", ",\"where\":{\"last\":1,\"min_elements\":9}}")
                + "]");
    assertEquals("mse", r.calibration().get("method"));
    assertEquals(
        new Recipe.Step("bias_correction", java.util.Map.of("rows", 3L)), r.steps().get(0));
    assertEquals(new Rule.Where(9, Long.MAX_VALUE, 0, 1, -1, null), r.rules().get(0).where());
  }

  @Test
  void everyNamedRecipeCanBeHad() {
    for (String name : NamedRecipes.names()) {
      assertTrue(Recipe.named(name).effective().size() >= 1, name);
    }
    for (String part : List.of("tf_lite_embedder", "tf_lite_per_layer_embedder")) {
      Recipe tables = Recipe.named("gemma4_mixed48_b32:" + part);
      assertEquals("EMBEDDING_LOOKUP", tables.rules().get(0).operation());
      assertEquals(32, tables.rules().get(0).config().weights().block());
    }
    Recipe layers = Recipe.named("gemma4_mixed48_hr:tf_lite_prefill_decode");
    assertEquals(List.of(1, 2), order(layers));
    assertEquals("DECOMPOSED_HADAMARD_ROTATION", layers.rules().get(0).algorithm());
    assertEquals(8, layers.rules().get(1).config().weights().bits());
    assertEquals(List.of(1, 2, 3), order(Recipe.named("gemma4_mixed48")));
    // As there, the second of two rules for all replaces the first.
    assertEquals(List.of(2), order(Recipe.named("dynamic_wi4_afp32_hadamard")));
    RecipeException e = assertThrows(RecipeException.class, () -> Recipe.named("static"));
    assertTrue(e.getMessage().contains("static_wi8_ai8"), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}|a list",
        "[1]|rule 1",
        "[{\"operation\":\"*\"}]|'regex' is missing",
        "[{\"regex\":\".*\",\"operation\":\"CONV_3\",\"algorithm_key\":\"no_quantize\"}]|no operation 'CONV_3'",
        "[{\"regex\":\".*\",\"operation\":\"*\",\"algorithm_key\":\"magic\",\"op_config\":{}}]|no algorithm 'magic'",
        "[{\"regex\":\".*\",\"operation\":\"*\",\"algorithm_key\":\"min_max_uniform_quantize\"}]|'op_config' is missing",
        "[{\"regex\":\"(\",\"operation\":\"*\",\"algorithm_key\":\"no_quantize\"}]|rule 1 (regex '('",
        "[{\"regex\":\"a\",\"regex\":\"b\",\"operation\":\"*\"}]|no JSON",
        "[{\"regex\":\".*\",\"operation\":\"*\",\"algorithm_key\":\"no_quantize\",\"where\":{\"size\":1}}]|no field 'size'",
        "[|no JSON"
      })
  void namesWhatIsWrong(String json, String message) {
    RecipeException e = assertThrows(RecipeException.class, () -> Recipe.parse("test", json));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"compute_precision\":\"INTEGER\"}|'weight_tensor_config' is missing",
        "{\"weight_tensor_config\":{}}|'num_bits' is missing",
        "{\"weight_tensor_config\":{\"num_bits\":\"8\"}}|no whole number",
        "{\"weight_tensor_config\":{\"num_bits\":900}}|num_bits 900",
        "{\"weight_tensor_config\":{\"num_bits\":8,\"granularity\":\"BLOCKWISE_7\"}}|BLOCKWISE_7",
        "{\"weight_tensor_config\":{\"num_bits\":8},\"compute_precision\":\"INTEGER\",\"explicit_dequantize\":true}|contradict",
        "{\"weight_tensor_config\":{\"num_bits\":8},\"activation_tensor_config\":{\"num_bits\":8}}|not INTEGER",
        "{\"weight_tensor_config\":{\"num_bits\":8},\"activation_tensor_config\":{\"num_bits\":16,\"symmetric\":false},\"compute_precision\":\"INTEGER\"}|zero point 0",
        "{\"weight_tensor_config\":{\"num_bits\":8},\"skip_checks\":\"yes\"}|neither true nor false",
        "{\"weight_tensor_config\":{\"num_bits\":8},\"speed\":1}|no field 'speed'"
      })
  void namesTheRuleThatIsWrong(String config, String message) {
    String json = rule(".*", "CONV_2D", config);
    RecipeException e =
        assertThrows(
            RecipeException.class,
            () ->
                parse(
                    "{\"regex\":\"x\",\"operation\":\"*\",\"algorithm_key\":\"no_quantize\"}",
                    json));
    assertTrue(e.getMessage().contains("rule 2 (regex '.*', operation CONV_2D)"), e.getMessage());
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }
}
