// Layers, the schemes each may have, and the models that come of it.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.search;

import dev.sinter.graph.Graph;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Subgraph;
import dev.sinter.optimizer.Optimizer;
import dev.sinter.optimizer.calibration.Calibration;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.recipe.OpConfig;
import dev.sinter.optimizer.recipe.Recipe;
import dev.sinter.optimizer.recipe.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Assignments of schemes to layers. A layer is an op with weights: convolutions, fully connected
 * layers, products. Ops without weights follow: they are computed in integers where a static scheme
 * is among the schemes and both what they read and what reads them allows it.
 */
public final class SchemeSpace {
  /** The scheme that leaves a layer as it is. */
  public static final String FLOAT = "float";

  /** The assignment that stands for the model as it was. */
  public static final String ORIGINAL = "";

  private static final String SPECIAL = "\\.[]{}()*+-?^$|";

  private final Graph graph;
  private final List<String> schemes;
  private final List<String> scopes = new ArrayList<>();
  private final List<Rule> rules = new ArrayList<>();
  private final InputSource calibrationInputs;
  private Calibration calibration;

  /**
   * Makes a space.
   *
   * @param graph the float model
   * @param schemes names of recipes that have one rule for all ops, such as {@code static_wi8_ai8},
   *     or {@link #FLOAT}; the least compressed first
   * @param calibrationInputs examples for schemes that quantize activations; may be null without
   *     such
   */
  public SchemeSpace(Graph graph, List<String> schemes, InputSource calibrationInputs) {
    if (schemes.size() < 2 || schemes.size() > 10) {
      throw new IllegalArgumentException("a search needs 2 to 10 schemes, not " + schemes);
    }
    this.graph = graph;
    this.schemes = List.copyOf(schemes);
    this.calibrationInputs = calibrationInputs;
    for (String scheme : schemes) {
      rules.add(rule(scheme));
    }
    Subgraph g = graph.main();
    for (Op op : g.ops()) {
      if (isLayer(op.kind()) && op.hasInput(1) && g.isConstant(op.input(1))) {
        StringBuilder scope = new StringBuilder();
        op.outputs().forEach(t -> scope.append(g.tensor(t).name()).append(';'));
        if (!scopes.contains(scope.toString())) {
          scopes.add(scope.toString());
        }
      }
    }
    if (scopes.isEmpty()) {
      throw new IllegalArgumentException(graph.name() + " has no layer with weights to search for");
    }
  }

  private static boolean isLayer(OpKind kind) {
    return kind instanceof OpKind.Conv
        || kind instanceof OpKind.Depthwise
        || kind instanceof OpKind.FullyConnected
        || kind instanceof OpKind.TransposeConv
        || kind instanceof OpKind.BatchMatMul;
  }

  private static Rule rule(String scheme) {
    if (scheme.equals(FLOAT)) {
      return Recipe.parse(
              FLOAT,
              "[{\"regex\": \".*\", \"operation\": \"*\", \"algorithm_key\": \"no_quantize\"}]")
          .rules()
          .get(0);
    }
    Recipe recipe = Recipe.named(scheme);
    if (recipe.rules().size() != 1 || !recipe.rules().get(0).isForAll()) {
      throw new IllegalArgumentException(
          "recipe " + scheme + " is no scheme: it has several rules");
    }
    return recipe.rules().get(0);
  }

  /**
   * Returns the layers.
   *
   * @return names of each one's outputs, each followed by a semicolon: what recipes speak of
   */
  public List<String> layers() {
    return List.copyOf(scopes);
  }

  /**
   * Returns the schemes.
   *
   * @return their names, the least compressed first
   */
  public List<String> schemes() {
    return schemes;
  }

  /**
   * Writes an assignment as a recipe.
   *
   * @param assignment a digit per layer
   * @return the recipe: ops without weights as the first static scheme has them, then a rule per
   *     layer
   */
  public Recipe recipe(String assignment) {
    List<Rule> all = new ArrayList<>();
    for (Rule r : rules) {
      OpConfig config = r.config();
      if (config != null && config.activations() != null) {
        all.add(numbered(r, 1, ".*"));
        break;
      }
    }
    for (int i = 0; i < scopes.size(); i++) {
      Rule rule = rules.get(assignment.charAt(i) - '0');
      all.add(numbered(rule, all.size() + 1, pattern(scopes.get(i))));
    }
    return new Recipe("search", all, List.of(), java.util.Map.of());
  }

  private static Rule numbered(Rule r, int number, String regex) {
    return new Rule(
        number, regex, Pattern.compile(regex), r.operation(), r.algorithm(), r.config(), r.where());
  }

  private static String pattern(String scope) {
    StringBuilder out = new StringBuilder("^");
    for (int i = 0; i < scope.length(); i++) {
      char c = scope.charAt(i);
      out.append(SPECIAL.indexOf(c) >= 0 ? "\\" : "").append(c);
    }
    return out.append('$').toString();
  }

  /**
   * Builds the model of an assignment.
   *
   * @param assignment a digit per layer, or {@link #ORIGINAL}
   * @return the model
   */
  public Graph build(String assignment) {
    if (assignment.equals(ORIGINAL)) {
      return graph;
    }
    Calibration known = calibration();
    return Optimizer.of(graph).recipe(recipe(assignment)).calibration(g -> known).run().graph();
  }

  /** What activations look like: seen once, for all assignments. */
  private Calibration calibration() {
    if (calibration == null) {
      calibration = Calibration.empty();
      for (int s = 0; s < schemes.size(); s++) {
        OpConfig config = rules.get(s).config();
        if (config != null && config.activations() != null) {
          Optimizer.Builder b = Optimizer.of(graph).recipe(Recipe.named(schemes.get(s)));
          if (calibrationInputs != null) {
            b.examples(calibrationInputs);
          }
          calibration = b.run().calibration();
          break; // others see the same tensors
        }
      }
    }
    return calibration;
  }
}
