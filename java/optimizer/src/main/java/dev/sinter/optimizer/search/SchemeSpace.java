// Layers, the schemes each may have, and the models that come of it.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.search;

import dev.sinter.graph.Graph;
import dev.sinter.graph.Op;
import dev.sinter.graph.Subgraph;
import dev.sinter.optimizer.Optimizer;
import dev.sinter.optimizer.calibration.Calibration;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.recipe.OpConfig;
import dev.sinter.optimizer.recipe.Recipe;
import dev.sinter.optimizer.recipe.Rule;
import dev.sinter.optimizer.recipe.WeightAlgorithms;
import dev.sinter.optimizer.rules.OpRule;
import dev.sinter.optimizer.rules.OpRules;
import dev.sinter.optimizer.weights.WeightQuantizer;
import dev.sinter.runtime.Options;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.regex.Pattern;

/**
 * Assignments of schemes to layers. A layer is an op with weights: convolutions, fully connected
 * layers, products, tables whose rows are looked up. Ops without weights follow: they are computed
 * in integers where a static scheme is among the schemes and both what they read and what reads
 * them allows it.
 *
 * <p>A scheme is {@code float} or the name of a recipe with one rule for all ops. {@code +NAME}
 * behind it says how its weights are rounded: by an algorithm ({@code dynamic_wi4b32_afp32+GPTQ})
 * or layer after layer on what the quantized model gives them ({@code
 * dynamic_wi4_afp32+reconstruct}).
 */
public final class SchemeSpace {
  /** The scheme that leaves a layer as it is. */
  public static final String FLOAT = "float";

  /** The assignment that stands for the model as it was. */
  public static final String ORIGINAL = "";

  private static final String RECONSTRUCT = "reconstruct";
  private static final String SPECIAL = "\\.[]{}()*+-?^$|";

  private final Graph original;
  private final Optimizer.Prepared prepared;
  private final List<String> schemes;
  private final List<String> scopes = new ArrayList<>();
  private final Set<String> tables = new HashSet<>();
  private final List<Rule> rules = new ArrayList<>();
  private final List<Boolean> reconstructed = new ArrayList<>();
  private Calibration calibration;
  private String lastAssignment;
  private Graph last;

  /**
   * Makes a space.
   *
   * @param graph the float model
   * @param schemes the least compressed first, 2 to 10
   * @param examples for schemes that must see some: those that quantize activations, and those
   *     whose rounding looks at what layers are given; may be null without such
   */
  public SchemeSpace(Graph graph, List<String> schemes, InputSource examples) {
    this(graph, schemes, examples, List.of(), Options.DEFAULT);
  }

  /**
   * Makes a space of models that steps for quality have prepared and will correct.
   *
   * @param graph the float model
   * @param schemes the least compressed first, 2 to 10
   * @param examples for schemes and steps that must see some; may be null without such
   * @param steps taken for every assignment
   * @param options how models are run to see what activations are
   */
  public SchemeSpace(
      Graph graph,
      List<String> schemes,
      InputSource examples,
      List<Recipe.Step> steps,
      Options options) {
    if (schemes.size() < 2 || schemes.size() > 10) {
      throw new IllegalArgumentException("a search needs 2 to 10 schemes, not " + schemes);
    }
    this.original = graph;
    this.schemes = List.copyOf(schemes);
    for (String scheme : schemes) {
      rules.add(rule(scheme));
    }
    Optimizer.Builder b = Optimizer.of(graph).options(options);
    steps.forEach(s -> b.step(s.name(), s.parameters()));
    if (examples != null) {
      b.examples(examples);
    }
    prepared = b.prepare();
    Subgraph g = prepared.graph().main();
    for (Op op : g.ops()) {
      if (isLayer(g, op)) {
        StringBuilder scope = new StringBuilder();
        op.outputs().forEach(t -> scope.append(g.tensor(t).name()).append(';'));
        if (OpRules.of(op).name().equals("EMBEDDING_LOOKUP")) {
          tables.add(scope.toString());
        }
        if (!scopes.contains(scope.toString())) {
          scopes.add(scope.toString());
        }
      }
    }
    if (scopes.isEmpty()) {
      throw new IllegalArgumentException(graph.name() + " has no layer with weights to search for");
    }
  }

  private static boolean isLayer(Subgraph g, Op op) {
    OpRule r = OpRules.of(g, op);
    if (r == null) {
      return false;
    }
    int weights = r.name().equals("GATHER") ? 0 : r.weights();
    return weights >= 0 && op.hasInput(weights) && g.isConstant(op.input(weights));
  }

  private Rule rule(String scheme) {
    int plus = scheme.indexOf('+');
    String name = plus < 0 ? scheme : scheme.substring(0, plus);
    String how = plus < 0 ? "" : scheme.substring(plus + 1);
    reconstructed.add(how.equals(RECONSTRUCT));
    if (name.equals(FLOAT)) {
      if (plus >= 0) {
        throw new IllegalArgumentException(scheme + ": float layers have nothing to round");
      }
      return Recipe.parse(
              FLOAT,
              "[{\"regex\": \".*\", \"operation\": \"*\", \"algorithm_key\": \"no_quantize\"}]")
          .rules()
          .get(0);
    }
    Recipe recipe = Recipe.named(name);
    if (recipe.rules().size() != 1 || !recipe.rules().get(0).isForAll()) {
      throw new IllegalArgumentException("recipe " + name + " is no scheme: it has several rules");
    }
    Rule r = recipe.rules().get(0);
    if (how.isEmpty() || how.equals(RECONSTRUCT)) {
      return r;
    }
    if (WeightAlgorithms.find(how) == null || r.config().weights().isFloat()) {
      throw new IllegalArgumentException(
          "scheme "
              + scheme
              + ": behind the + stands reconstruct or an algorithm for integer weights; there are "
              + WeightAlgorithms.names());
    }
    return new Rule(r.number(), r.regex(), r.pattern(), r.operation(), how, r.config(), r.where());
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
   *     layer, then what is reconstructed
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
    StringJoiner again = new StringJoiner("|");
    for (int i = 0; i < scopes.size(); i++) {
      int scheme = assignment.charAt(i) - '0';
      String pattern = pattern(scopes.get(i));
      Rule rule = numbered(rules.get(scheme), all.size() + 1, pattern);
      all.add(tables.contains(scopes.get(i)) ? ofTable(rule) : rule);
      if (reconstructed.get(scheme)) {
        again.add(pattern);
      }
    }
    List<Recipe.Step> steps =
        again.length() == 0
            ? List.of()
            : List.of(new Recipe.Step(RECONSTRUCT, Map.of("layers", again.toString())));
    return new Recipe("search", all, steps, Map.of());
  }

  /** Rows that are looked up meet no inputs: algorithms that weigh these have nothing to go by. */
  private static Rule ofTable(Rule r) {
    WeightQuantizer q = WeightAlgorithms.find(r.algorithm());
    return q == null || !q.needsInputs()
        ? r
        : new Rule(
            r.number(), r.regex(), r.pattern(), r.operation(), "MSE_SEARCH", r.config(), r.where());
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
   * Builds the model of an assignment; asked twice in a row it is built once.
   *
   * @param assignment a digit per layer, or {@link #ORIGINAL}
   * @return the model
   */
  public Graph build(String assignment) {
    if (assignment.equals(ORIGINAL)) {
      return original;
    }
    if (!assignment.equals(lastAssignment)) {
      Calibration known = calibration();
      Optimizer.Builder b = prepared.builder().recipe(recipe(assignment)).calibration(g -> known);
      last = b.run().graph();
      lastAssignment = assignment;
    }
    return last;
  }

  /** What activations look like: seen once, for all assignments. */
  private Calibration calibration() {
    if (calibration == null) {
      calibration = Calibration.empty();
      for (int s = 0; s < schemes.size(); s++) {
        OpConfig config = rules.get(s).config();
        if (config != null && config.activations() != null) {
          Recipe all = new Recipe(schemes.get(s), List.of(rules.get(s)), List.of(), Map.of());
          calibration = prepared.calibrate(all);
          break; // others see the same tensors
        }
      }
    }
    return calibration;
  }
}
