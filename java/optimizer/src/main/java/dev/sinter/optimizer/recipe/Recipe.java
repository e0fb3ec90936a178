// A list of rules, in AI Edge Quantizer's order of precedence.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.recipe;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * A recipe: rules, and what else it asks for. The form in JSON is AI Edge Quantizer's; items that
 * are no rules but steps ({@code {"step": "bias_correction", ...}}) or say how to calibrate ({@code
 * {"calibration": {"method": "mse"}}}) are Sinter's own.
 *
 * @param name what to call it in messages: a file, or the name of a known one
 * @param rules in the order of the list
 * @param steps steps for quality, in their order
 * @param calibration parameters of calibration; empty: the caller's
 */
public record Recipe(
    String name, List<Rule> rules, List<Step> steps, Map<String, Object> calibration) {
  /**
   * A step that changes the float model before it is quantized, or corrects it afterwards.
   *
   * @param name such as {@code bias_correction}
   * @param parameters by name
   */
  public record Step(String name, Map<String, Object> parameters) {
    /**
     * Keeps a copy of the map.
     *
     * @param name such as {@code bias_correction}
     * @param parameters by name
     */
    public Step {
      parameters = Map.copyOf(parameters);
    }
  }

  /**
   * Keeps copies.
   *
   * @param name what to call it
   * @param rules in the order of the list
   * @param steps steps for quality
   * @param calibration parameters of calibration
   */
  public Recipe {
    rules = List.copyOf(rules);
    steps = List.copyOf(steps);
    calibration = Map.copyOf(calibration);
  }

  /**
   * Reads a recipe.
   *
   * @param name what to call it in messages
   * @param json the list
   * @return the recipe
   * @throws RecipeException if it is no such list; names the rule
   */
  public static Recipe parse(String name, String json) {
    return RecipeReader.read(name, json);
  }

  /**
   * Reads a file.
   *
   * @param file a list in JSON
   * @return the recipe
   * @throws IOException if the file cannot be read
   * @throws RecipeException if it holds no such list; names the rule
   */
  public static Recipe load(Path file) throws IOException {
    return parse(file.toString(), Files.readString(file, StandardCharsets.UTF_8));
  }

  /**
   * Reads an expression as rules have them: Python's, looked for anywhere in a text.
   *
   * @param regex the expression
   * @return tells whether a text has it
   * @throws IllegalArgumentException saying what is wrong with it
   */
  public static Predicate<String> expression(String regex) {
    return PythonRegex.translate(regex).pattern().asPredicate();
  }

  /**
   * Returns a recipe that is known by name.
   *
   * @param name one of {@link NamedRecipes#names()}
   * @return the recipe
   * @throws RecipeException if there is none of that name; lists those there are
   */
  public static Recipe named(String name) {
    return NamedRecipes.get(name);
  }

  /**
   * Returns the rules that count, least important first, as AI Edge Quantizer orders them: by the
   * place where an expression appears first; a rule replaces an earlier one of the same expression
   * and operation in its place, one for all operations every earlier one of its expression.
   *
   * @return the rules; of several that match an op the last one that can be followed counts
   */
  public List<Rule> effective() {
    Map<String, List<Rule>> byRegex = new LinkedHashMap<>();
    for (Rule rule : rules) {
      List<Rule> same = byRegex.computeIfAbsent(rule.regex(), r -> new ArrayList<>());
      if (!rule.where().equals(Rule.Where.ANYWHERE)) {
        same.add(rule);
        continue;
      }
      if (rule.isForAll()) {
        same.clear();
        same.add(rule);
        continue;
      }
      int at = -1;
      for (int i = 0; i < same.size(); i++) {
        boolean replaced =
            same.get(i).operation().equals(rule.operation())
                && same.get(i).where().equals(Rule.Where.ANYWHERE);
        at = replaced ? i : at;
      }
      if (at >= 0) {
        same.set(at, rule);
      } else {
        same.add(rule);
      }
    }
    List<Rule> out = new ArrayList<>();
    byRegex.values().forEach(out::addAll);
    return out;
  }
}
