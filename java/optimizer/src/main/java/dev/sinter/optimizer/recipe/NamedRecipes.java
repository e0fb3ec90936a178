// Recipes that are known by name.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.recipe;

import dev.sinter.optimizer.recipe.Rule.Where;
import dev.sinter.optimizer.weights.WeightSpec.Granularity;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The recipes that AI Edge Quantizer knows by name, and {@code weight_only_wf16_afp32} and {@code
 * weight_only_wbf16_afp32} for halves of floats.
 */
public final class NamedRecipes {
  private static final String MIN_MAX = "min_max_uniform_quantize";

  private static final String ROTATED = "DECOMPOSED_HADAMARD_ROTATION";
  private static final String LAYERS = "FULLY_CONNECTED";
  private static final String TABLES = "EMBEDDING_LOOKUP";

  private static final Map<String, List<Rule>> ALL = new LinkedHashMap<>();

  /** Without these a transformer loses points that no other network does. */
  private static final Map<String, List<Recipe.Step>> STEPS =
      Map.of(
          "static_wi8_ai8",
          List.of(
              new Recipe.Step("layer_norms", Map.of()),
              new Recipe.Step("bias_correction", Map.of("norms", true))));

  static {
    for (int bits : new int[] {8, 4, 2}) {
      String name = "dynamic_wi" + bits;
      if (bits > 2) {
        put(name + "_afp32", MIN_MAX, dynamic(bits, Granularity.CHANNEL, 0, 0));
      }
      put(name + "c_afp32", MIN_MAX, dynamic(bits, Granularity.CHANNEL, 0, 0));
      put(name + "b32_afp32", MIN_MAX, dynamic(bits, Granularity.BLOCK, 32, 0));
      put(name + "b64_afp32", MIN_MAX, dynamic(bits, Granularity.BLOCK, 64, 0));
      put(name + "c_hr_afp32", ROTATED, dynamic(bits, Granularity.CHANNEL, 0, 0));
    }
    put("dynamic_legacy_wi8_afp32", MIN_MAX, dynamic(8, Granularity.CHANNEL, 0, 1024));
    put("weight_only_wi8_afp32", MIN_MAX, weightOnly(8, true, Map.of()));
    put("weight_only_wi4_afp32", MIN_MAX, weightOnly(4, true, Map.of()));
    put("weight_only_wi8_bias16_afp32", MIN_MAX, weightOnly(8, true, Map.of("bias", "float16")));
    put("static_wi8_ai8", MIN_MAX, fixed(8, 8));
    put("static_wi8_ai16", MIN_MAX, fixed(8, 16));
    put("static_wi4_ai8", MIN_MAX, fixed(4, 8));
    put("static_wi4_ai16", MIN_MAX, fixed(4, 16));
    put("weight_only_wf16_afp32", "float_casting", halves(Map.of()));
    put("weight_only_wbf16_afp32", "float_casting", halves(Map.of("format", "bfloat16")));
    files();
    gemma4("gemma4_mixed48", MIN_MAX, Granularity.CHANNEL, 0);
    gemma4("gemma4_mixed48_hr", ROTATED, Granularity.CHANNEL, 0);
    gemma4("gemma4_mixed48_b32", MIN_MAX, Granularity.BLOCK, 32);
    gemma4("gemma4_mixed48_b64", MIN_MAX, Granularity.BLOCK, 64);
  }

  private NamedRecipes() {}

  /** What AI Edge Quantizer has as files in its folder of recipes. */
  private static void files() {
    put("default_a8w8", MIN_MAX, fixed(8, 8));
    put("default_a16w8", MIN_MAX, fixed(8, 16));
    put("default_af32w8float", MIN_MAX, weightOnly(8, false, Map.of()));
    put("default_af32w4float", MIN_MAX, weightOnly(4, false, Map.of()));
    put("dynamic_wi8_afp32_litertlm", MIN_MAX, dynamic(8, Granularity.CHANNEL, 0, 0));
    for (int bits : new int[] {8, 4}) {
      ALL.put(
          "dynamic_wi" + bits + "_afp32_hadamard",
          List.of(
              rule(1, ".*", Rule.ALL, MIN_MAX, dynamic(8, Granularity.CHANNEL, 0, 0)),
              rule(2, ".*", Rule.ALL, ROTATED, dynamic(bits, Granularity.CHANNEL, 0, 0))));
    }
    ALL.put(
        "sample_advanced_usage",
        List.of(
            rule(1, ".*", Rule.ALL, MIN_MAX, fixed(8, 8)),
            rule(2, ".*", LAYERS, MIN_MAX, weightOnly(4, true, Map.of())),
            rule(3, ".*", "CONV_2D", Rule.NO_QUANTIZE, OpConfig.NONE)));
  }

  /**
   * Rules for each model of a bundle under {@code name:model}. The name alone is for one model that
   * is all of them: the rules of all, which do not meet.
   */
  private static void gemma4(String name, String algorithm, Granularity g, int block) {
    Rule tables = rule(1, ".*", TABLES, algorithm, dynamic(4, g, block, 0));
    ALL.put(name + ":tf_lite_embedder", List.of(tables));
    ALL.put(name + ":tf_lite_per_layer_embedder", List.of(tables));
    OpConfig eight = dynamic(8, Granularity.CHANNEL, 0, 0);
    ALL.put(
        name + ":tf_lite_prefill_decode",
        List.of(
            rule(1, ".*", LAYERS, algorithm, dynamic(4, g, block, 0)),
            rule(2, "per_layer", LAYERS, MIN_MAX, eight)));
    ALL.put(
        name,
        List.of(
            tables,
            rule(2, ".*", LAYERS, algorithm, dynamic(4, g, block, 0)),
            rule(3, "per_layer", LAYERS, MIN_MAX, eight)));
  }

  private static void put(String name, String algorithm, OpConfig config) {
    ALL.put(name, List.of(rule(1, ".*", Rule.ALL, algorithm, config)));
  }

  private static Rule rule(
      int number, String regex, String operation, String algorithm, OpConfig config) {
    return new Rule(
        number,
        regex,
        PythonRegex.translate(regex).pattern(),
        operation,
        algorithm,
        config,
        Where.ANYWHERE);
  }

  private static TensorConfig integers(int bits, boolean symmetric, Granularity g, int block) {
    return new TensorConfig(bits, symmetric, g, block, false, Map.of());
  }

  private static OpConfig dynamic(int bits, Granularity g, int block, long least) {
    return new OpConfig(null, integers(bits, true, g, block), true, false, false, least);
  }

  private static OpConfig weightOnly(int bits, boolean symmetric, Map<String, Object> parameters) {
    TensorConfig weights =
        new TensorConfig(bits, symmetric, Granularity.CHANNEL, 0, false, parameters);
    return new OpConfig(null, weights, false, true, false, 0);
  }

  private static OpConfig fixed(int weights, int activations) {
    return new OpConfig(
        integers(activations, activations == 16, Granularity.TENSOR, 0),
        integers(weights, true, Granularity.CHANNEL, 0),
        true,
        false,
        false,
        0);
  }

  private static OpConfig halves(Map<String, Object> parameters) {
    TensorConfig weights = new TensorConfig(16, true, Granularity.TENSOR, 0, true, parameters);
    return new OpConfig(null, weights, false, true, false, 0);
  }

  /**
   * Returns the names.
   *
   * @return names that {@link #get} knows
   */
  public static Set<String> names() {
    return ALL.keySet();
  }

  /**
   * Returns a recipe.
   *
   * @param name one of {@link #names()}
   * @return the recipe
   * @throws RecipeException if there is none of that name
   */
  public static Recipe get(String name) {
    List<Rule> rules = ALL.get(name);
    if (rules == null) {
      throw new RecipeException(
          "there is no recipe '" + name + "', and no such file; known names are " + names());
    }
    return new Recipe(name, rules, STEPS.getOrDefault(name, List.of()), Map.of());
  }
}
