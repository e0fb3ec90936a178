// Finds for every op of a subgraph the rule that counts.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.plan;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.Op;
import dev.sinter.graph.Subgraph;
import dev.sinter.optimizer.decision.Mode;
import dev.sinter.optimizer.recipe.Recipe;
import dev.sinter.optimizer.recipe.RecipeException;
import dev.sinter.optimizer.recipe.Rule;
import dev.sinter.optimizer.rules.Calls;
import dev.sinter.optimizer.rules.OpRule;
import dev.sinter.optimizer.rules.OpRules;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Later rules win; one that cannot be followed leaves the op to earlier ones. */
final class RuleChoice {
  private final Graph graph;
  private final InputChanges changes;
  private final Recipe recipe;
  private final List<Rule> effective;
  private final Map<Integer, RuleUse> uses = new HashMap<>();

  /** What became of a rule. */
  static final class RuleUse {
    int matched;
    int followed;
    int overruled;
    String obstacle;
  }

  RuleChoice(InputChanges changes, Recipe recipe) {
    this.graph = changes.graph();
    this.changes = changes;
    this.recipe = recipe;
    this.effective = recipe.effective();
    recipe.rules().forEach(r -> uses.put(r.number(), new RuleUse()));
  }

  List<Choice> of(int subgraph) {
    Subgraph g = graph.subgraph(subgraph);
    List<Integer> weighted = new ArrayList<>();
    for (int i = 0; i < g.ops().size(); i++) {
      OpRule r = OpRules.of(g, g.ops().get(i));
      if (r != null && r.weights() >= 0 && !isPutIn(subgraph, g, i)) {
        weighted.add(i);
      }
    }
    List<Choice> out = new ArrayList<>();
    for (int i = 0; i < g.ops().size(); i++) {
      out.add(choice(subgraph, g, i, weighted));
    }
    leaveIslands(g, out);
    if (Calls.isCondition(graph, subgraph)) {
      out.replaceAll(
          c -> c.isStatic() && !c.table() ? c.left("decides how often a loop goes round") : c);
    }
    return out;
  }

  private Choice choice(int subgraph, Subgraph g, int i, List<Integer> weighted) {
    Choice best = new Choice(i, null, Mode.FLOAT, null, "no rule speaks of it", false);
    if (isPutIn(subgraph, g, i)) {
      return best.left("changes what a layer is given, which its weights make up for");
    }
    String scope = scope(subgraph, g, i);
    RuleUse won = null;
    for (Rule rule : effective) {
      if (!matches(rule, subgraph, g, i, scope, weighted)) {
        continue;
      }
      RuleUse use = uses.get(rule.number());
      use.matched++;
      if (rule.algorithm().equals(Rule.NO_QUANTIZE)) {
        best = new Choice(i, rule, Mode.FLOAT, null, rule.describe() + " leaves it", false);
      } else {
        String obstacle = Obstacles.of(g, i, rule);
        if (obstacle != null) {
          OpRule r = OpRules.of(g, g.ops().get(i));
          if (use.obstacle == null || (r != null && r.weights() >= 0)) {
            use.obstacle =
                g.describe(i) + " " + obstacle; // of ops with weights where there are any
          }
          if (best.rule() == null) {
            best = best.left(obstacle);
          }
          continue;
        }
        Mode mode = rule.config().mode();
        boolean table = Obstacles.isTable(g, g.ops().get(i), rule.config());
        ElementType type =
            table
                ? ElementType.INT8
                : mode != Mode.STATIC
                    ? null
                    : rule.config().activations().bits() == 16
                        ? ElementType.INT16
                        : ElementType.INT8;
        best =
            new Choice(i, rule, table ? Mode.STATIC : mode, type, "rule " + rule.number(), table);
      }
      if (won != null) {
        won.followed--;
        won.overruled++;
      }
      use.followed++;
      won = use;
    }
    return best;
  }

  private boolean isPutIn(int subgraph, Subgraph g, int op) {
    List<Integer> results = g.ops().get(op).outputs();
    return !changes.ops().isEmpty()
        && !results.isEmpty()
        && results.get(0) >= 0
        && changes.ops().contains(InputChanges.key(subgraph, g.tensor(results.get(0)).name()));
  }

  private boolean matches(
      Rule rule, int subgraph, Subgraph g, int i, String scope, List<Integer> weighted) {
    Op op = g.ops().get(i);
    String name = OpRules.recipeName(op);
    boolean custom = name.equals("CUSTOM_OP") || rule.operation().equals("CUSTOM_OP");
    if (!rule.isForAll()
        && !rule.operation().equals(name)
        && !rule.operation().equals(dev.sinter.graph.tflite.TfliteOps.name(op.kind()))
        && !(custom && isCustom(op))) {
      return false;
    }
    Rule.Where w = rule.where();
    if (w.subgraph() >= 0 && w.subgraph() != subgraph) {
      return false;
    }
    if (w.signature() != null
        && graph.signatures().stream()
            .noneMatch(s -> s.key().equals(w.signature()) && s.subgraph() == subgraph)) {
      return false;
    }
    if (w.first() > 0 || w.last() > 0) {
      int at = weighted.indexOf(i);
      boolean first = w.first() > 0 && at >= 0 && at < w.first();
      boolean last = w.last() > 0 && at >= 0 && at >= weighted.size() - w.last();
      if (!first && !last) {
        return false;
      }
    }
    long elements = elements(g, op);
    if (elements < w.minElements() || elements > w.maxElements()) {
      return false;
    }
    return found(rule, scope);
  }

  private static boolean isCustom(Op op) {
    return op.kind() instanceof dev.sinter.graph.OpKind.Foreign f
        && f.attributes().containsKey("custom_options");
  }

  private static long elements(Subgraph g, Op op) {
    OpRule r = OpRules.of(g, op);
    int t =
        r != null && r.weights() >= 0
            ? op.input(r.weights())
            : op.outputs().isEmpty() ? -1 : op.output(0);
    return t < 0 || !g.tensor(t).shape().isKnown() ? 0 : g.tensor(t).shape().elements();
  }

  /** The names of an op's results, each with a semicolon behind it, as AI Edge Quantizer has it. */
  private String scope(int subgraph, Subgraph g, int op) {
    StringBuilder out = new StringBuilder();
    for (int t : g.ops().get(op).outputs()) {
      if (t >= 0) {
        String name = g.tensor(t).name();
        out.append(changes.scopes().getOrDefault(InputChanges.key(subgraph, name), name));
        out.append(';');
      }
    }
    return out.toString();
  }

  private boolean found(Rule rule, String scope) {
    try {
      return rule.pattern().matcher(new Patience(scope)).find();
    } catch (StackOverflowError e) {
      throw new RecipeException(
          recipe.name() + ": " + rule.describe() + ": looking for the expression goes too deep", e);
    } catch (Patience.Lost e) {
      throw new RecipeException(
          recipe.name()
              + ": "
              + rule.describe()
              + ": the expression backtracks without end on '"
              + scope
              + "'; write it without nested repetitions",
          e);
    }
  }

  /**
   * Ops that only move values gain nothing between float ops, and would cost two conversions and
   * precision: a rule for all leaves them where none of their neighbours computes in integers.
   */
  private static void leaveIslands(Subgraph g, List<Choice> choices) {
    Set<Integer> seen = new HashSet<>();
    for (int i = 0; i < choices.size(); i++) {
      if (!moves(g, choices.get(i)) || !seen.add(i)) {
        continue;
      }
      List<Integer> group = new ArrayList<>(List.of(i));
      boolean anchored = false;
      for (int at = 0; at < group.size(); at++) {
        for (int n : neighbours(g, group.get(at))) {
          Choice c = choices.get(n);
          if (!moves(g, c)) {
            anchored |= c.isStatic() && !c.table();
          } else if (seen.add(n)) {
            group.add(n);
          }
        }
      }
      if (!anchored) {
        for (int member : group) {
          choices.set(
              member, choices.get(member).left("only moves values, between ops that stay float"));
        }
      }
    }
  }

  private static boolean moves(Subgraph g, Choice c) {
    return c.isStatic()
        && !c.table()
        && c.rule().isForAll()
        && OpRules.of(g.ops().get(c.op())).moves();
  }

  private static List<Integer> neighbours(Subgraph g, int op) {
    List<Integer> out = new ArrayList<>();
    for (int t : g.ops().get(op).inputs()) {
      if (t >= 0 && g.producer(t) >= 0 && g.tensor(t).type() == ElementType.FLOAT32) {
        out.add(g.producer(t));
      }
    }
    for (int t : g.ops().get(op).outputs()) {
      if (t >= 0) {
        out.addAll(g.consumers(t));
      }
    }
    return out;
  }

  /** What the recipe's rules came to: those that did nothing, or not all they should. */
  List<String> notes() {
    List<String> out = new ArrayList<>();
    for (Rule rule : recipe.rules()) {
      boolean border = rule.operation().equals("INPUT") || rule.operation().equals("OUTPUT");
      if (!effective.contains(rule)) {
        out.add(rule.describe() + " is replaced by a later one of the same expression");
      } else if (!border) {
        note(rule, uses.get(rule.number()), out);
      }
    }
    return out;
  }

  private static void note(Rule rule, RuleUse use, List<String> out) {
    if (use.matched == 0) {
      out.add(rule.describe() + " matches no op");
    } else if (use.followed == 0 && use.overruled > 0) {
      out.add(rule.describe() + " is shadowed: later rules speak of all ops it matches");
    } else if (use.followed == 0) {
      out.add(rule.describe() + " cannot be followed: " + use.obstacle);
    }
  }
}
