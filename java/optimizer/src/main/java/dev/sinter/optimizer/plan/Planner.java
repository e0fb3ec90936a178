// From a recipe and ranges to decisions.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.plan;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.Op;
import dev.sinter.graph.Subgraph;
import dev.sinter.optimizer.calibration.Moments;
import dev.sinter.optimizer.calibration.Ranges;
import dev.sinter.optimizer.decision.Decisions;
import dev.sinter.optimizer.decision.Decisions.Border;
import dev.sinter.optimizer.decision.Mode;
import dev.sinter.optimizer.recipe.Recipe;
import dev.sinter.optimizer.recipe.Rule;
import dev.sinter.optimizer.recipe.WeightAlgorithms;
import dev.sinter.optimizer.rules.Calls;
import dev.sinter.optimizer.rules.OpRule;
import dev.sinter.optimizer.rules.OpRules;
import dev.sinter.optimizer.rules.StaticLstm;
import dev.sinter.optimizer.rules.StaticSvdf;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Makes decisions for a float model by a recipe. First it is known which ops will be quantized, and
 * with that what must be observed ({@link #observed}, {@link #momentsNeeded}); then, with ranges,
 * what becomes of them ({@link #decide}).
 */
public final class Planner {
  private final Graph graph;
  private final Recipe recipe;
  private final List<List<Choice>> choices = new ArrayList<>();
  private final List<String> notes;

  /**
   * Looks for the rule of each op.
   *
   * @param graph a float model
   * @param recipe the rules
   * @throws dev.sinter.optimizer.recipe.RecipeException if an expression cannot be looked for
   */
  public Planner(Graph graph, Recipe recipe) {
    this(InputChanges.none(graph), recipe);
  }

  /**
   * Looks for the rule of each op of a model whose inputs of layers were changed by an earlier
   * planner's choices.
   *
   * @param changes the changed model
   * @param recipe the same rules
   */
  public Planner(InputChanges changes, Recipe recipe) {
    this.graph = changes.graph();
    this.recipe = recipe;
    RuleChoice chooser = new RuleChoice(changes, recipe);
    for (int s = 0; s < graph.subgraphs().size(); s++) {
      choices.add(chooser.of(s));
    }
    notes = new ArrayList<>(chooser.notes());
  }

  /**
   * Returns what is to be said about the recipe's rules.
   *
   * @return a line for each rule that matches nothing, is shadowed, replaced, or cannot be followed
   */
  public List<String> notes() {
    return List.copyOf(notes);
  }

  /**
   * Returns the tensors whose ranges decide on scales.
   *
   * @param subgraph index of a subgraph
   * @return indices of its tensors, ascending; empty if no op will compute in integers
   */
  public Set<Integer> observed(int subgraph) {
    Subgraph g = graph.subgraph(subgraph);
    Set<Integer> out = new TreeSet<>();
    for (Choice c : choices.get(subgraph)) {
      if (!c.isStatic() || c.table()) {
        continue;
      }
      Op op = g.ops().get(c.op());
      out.addAll(
          Operands.data(g, op, c.activations()).stream().filter(t -> !g.isConstant(t)).toList());
      if (OpRules.of(op).fixed(c.activations()) == null) {
        out.addAll(Operands.results(g, op));
      }
      if (StaticLstm.is(op)) {
        out.addAll(StaticLstm.observed(g, c.op()));
      } else if (StaticSvdf.is(op)) {
        out.add(op.input(StaticSvdf.MEMORY));
      }
    }
    if (!out.isEmpty() && subgraph > 0 && Calls.isCalled(graph, subgraph)) {
      // What comes in and goes out may keep one scale all the way.
      Stream.concat(g.inputs().stream(), g.outputs().stream())
          .filter(t -> g.tensor(t).type() == ElementType.FLOAT32 && !g.isConstant(t))
          .forEach(out::add);
    }
    return out;
  }

  /**
   * Returns the ops whose algorithm wants to know their inputs together.
   *
   * @param subgraph index of a subgraph
   * @return indices of its ops, ascending
   */
  public Set<Integer> momentsNeeded(int subgraph) {
    Set<Integer> out = new TreeSet<>();
    for (Choice c : choices.get(subgraph)) {
      boolean weights =
          c.mode() != Mode.FLOAT && !c.table() && hasWeights(graph.subgraph(subgraph), c);
      if (weights
          && !c.rule().config().weights().isFloat()
          && WeightAlgorithms.find(c.rule().algorithm()).needsInputs()) {
        out.add(c.op());
      }
    }
    return out;
  }

  /**
   * Tells whether algorithms for weights want to change what layers are given.
   *
   * @return true if {@link InputChanges#of} has something to do
   */
  public boolean changesInputs() {
    return choices.stream()
        .flatMap(List::stream)
        .anyMatch(c -> c.mode() != Mode.FLOAT && InputChanges.isMeant(c.rule().algorithm()));
  }

  List<Choice> choices(int subgraph) {
    return choices.get(subgraph);
  }

  private static boolean hasWeights(Subgraph g, Choice c) {
    Op op = g.ops().get(c.op());
    OpRule r = OpRules.of(g, op);
    return c.mode() == Mode.STATIC
        ? OpRules.weighs(g, op, c.activations())
        : r != null && r.weights() >= 0;
  }

  /**
   * Says whether calibration is needed at all.
   *
   * @return true if any range or moment is
   */
  public boolean needsCalibration() {
    for (int s = 0; s < graph.subgraphs().size(); s++) {
      if (!observed(s).isEmpty() || !momentsNeeded(s).isEmpty()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Decides.
   *
   * @param ranges ranges of the tensors that {@link #observed} names; ops whose tensors have none
   *     stay float, and their decision says so
   * @param moments moments of the ops that {@link #momentsNeeded} names
   * @return decisions on every op
   */
  public Decisions decide(Ranges ranges, Moments moments) {
    List<Decisions.Part> parts = new ArrayList<>();
    WeightMaker weights = new WeightMaker(moments);
    ScaleGroups groups = new ScaleGroups();
    List<SubgraphPlan> plans = new ArrayList<>();
    for (int s = 0; s < graph.subgraphs().size(); s++) {
      plans.add(new SubgraphPlan(graph.subgraph(s), s, choices.get(s), ranges, weights, groups));
    }
    plans.forEach(SubgraphPlan::prepare);
    CallBorders borders = new CallBorders(graph, plans, ranges, groups);
    for (int s = 0; s < plans.size(); s++) {
      parts.add(plans.get(s).decide(borders.of(s, false), borders.of(s, true)));
    }
    return new Decisions(parts, border("INPUT"), border("OUTPUT"));
  }

  /** A rule on INPUT or OUTPUT asks for quantized borders; one for all ops does not. */
  private Border border(String operation) {
    Border out = Border.FLOAT;
    for (Rule rule : recipe.effective()) {
      if (rule.operation().equals(operation)) {
        out = rule.config().mode() == Mode.STATIC ? Border.QUANTIZED : Border.FLOAT;
      }
    }
    return out;
  }
}
