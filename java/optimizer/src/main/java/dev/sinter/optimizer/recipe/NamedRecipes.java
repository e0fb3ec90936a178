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

  /** AI Edge Quantizer's recipes that are several: one per model of a bundle. */
  private static final Set<String> BUNDLES =
      Set.of("gemma4_mixed48", "gemma4_mixed48_hr", "gemma4_mixed48_b32", "gemma4_mixed48_b64");

  private static final Map<String, List<Rule>> ALL = new LinkedHashMap<>();

  static {
    for (int bits : new int[] {8, 4, 2}) {
      String name = "dynamic_wi" + bits;
      if (bits > 2) {
        put(name + "_afp32", MIN_MAX, dynamic(bits, Granularity.CHANNEL, 0, 0));
      }
      put(name + "c_afp32", MIN_MAX, dynamic(bits, Granularity.CHANNEL, 0, 0));
      put(name + "b32_afp32", MIN_MAX, dynamic(bits, Granularity.BLOCK, 32, 0));
      put(name + "b64_afp32", MIN_MAX, dynamic(bits, Granularity.BLOCK, 64, 0));
      put(
          name + "c_hr_afp32",
          "DECOMPOSED_HADAMARD_ROTATION",
          dynamic(bits, Granularity.CHANNEL, 0, 0));
    }
    put("dynamic_legacy_wi8_afp32", MIN_MAX, dynamic(8, Granularity.CHANNEL, 0, 1024));
    put("weight_only_wi8_afp32", MIN_MAX, weightOnly(8));
    put("weight_only_wi4_afp32", MIN_MAX, weightOnly(4));
    put("static_wi8_ai8", MIN_MAX, fixed(8, 8));
    put("static_wi8_ai16", MIN_MAX, fixed(8, 16));
    put("static_wi4_ai8", MIN_MAX, fixed(4, 8));
    put("static_wi4_ai16", MIN_MAX, fixed(4, 16));
    put("weight_only_wf16_afp32", "float_casting", halves(Map.of()));
    put("weight_only_wbf16_afp32", "float_casting", halves(Map.of("format", "bfloat16")));
  }

  private NamedRecipes() {}

  private static void put(String name, String algorithm, OpConfig config) {
    ALL.put(
        name,
        List.of(
            new Rule(
                1,
                ".*",
                PythonRegex.translate(".*").pattern(),
                Rule.ALL,
                algorithm,
                config,
                Where.ANYWHERE)));
  }

  private static TensorConfig integers(int bits, boolean symmetric, Granularity g, int block) {
    return new TensorConfig(bits, symmetric, g, block, false, Map.of());
  }

  private static OpConfig dynamic(int bits, Granularity g, int block, long least) {
    return new OpConfig(null, integers(bits, true, g, block), true, false, false, least);
  }

  private static OpConfig weightOnly(int bits) {
    return new OpConfig(null, integers(bits, true, Granularity.CHANNEL, 0), false, true, false, 0);
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
    if (rules == null && BUNDLES.contains(name)) {
      throw new RecipeException(
          "recipe "
              + name
              + " is for the parts of a LiteRT-LM bundle, a list of rules for each: take a part's model, and rules for"
              + " it in a file, such as dynamic_wi4c_afp32 on EMBEDDING_LOOKUP or FULLY_CONNECTED");
    }
    if (rules == null) {
      throw new RecipeException(
          "there is no recipe '" + name + "', and no such file; known names are " + names());
    }
    return new Recipe(name, rules, List.of(), Map.of());
  }
}
