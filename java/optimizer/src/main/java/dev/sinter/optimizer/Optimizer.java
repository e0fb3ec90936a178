// Quantizes a model after training: the public way in.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.Signature;
import dev.sinter.optimizer.calibration.Calibration;
import dev.sinter.optimizer.calibration.CalibrationException;
import dev.sinter.optimizer.calibration.Calibrator;
import dev.sinter.optimizer.calibration.Method;
import dev.sinter.optimizer.calibration.Moments;
import dev.sinter.optimizer.calibration.Progress;
import dev.sinter.optimizer.data.FiniteSource;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.decision.Decisions;
import dev.sinter.optimizer.decision.Decisions.Border;
import dev.sinter.optimizer.decision.OpDecision;
import dev.sinter.optimizer.decision.WeightDecision;
import dev.sinter.optimizer.linalg.LinearAlgebra;
import dev.sinter.optimizer.plan.InputChanges;
import dev.sinter.optimizer.plan.Planner;
import dev.sinter.optimizer.recipe.Recipe;
import dev.sinter.optimizer.recipe.RecipeException;
import dev.sinter.optimizer.reconstruct.LayerMoments;
import dev.sinter.optimizer.reconstruct.Reconstruction;
import dev.sinter.optimizer.rules.Calls;
import dev.sinter.optimizer.weights.InputMoments;
import dev.sinter.runtime.Options;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Quantizes a float model: a recipe says what shall become of which ops, examples say which ranges
 * activations have.
 *
 * <pre>{@code
 * Graph model = TfliteReader.read(Path.of("model.tflite"));
 * Optimized result =
 *     Optimizer.of(model)
 *         .recipe(Recipe.named("static_wi8_ai8"))
 *         .examples(InputFolder.open(Path.of("data"), "calibration", null, 100))
 *         .run();
 * TfliteWriter.write(result.graph(), Path.of("model_int8.tflite"));
 * }</pre>
 */
public final class Optimizer {
  private Optimizer() {}

  /**
   * Starts.
   *
   * @param graph a float model; it stays as it is
   * @return what collects the wishes
   */
  public static Builder of(Graph graph) {
    return new Builder(graph);
  }

  /**
   * A float model that steps have prepared, so that many recipes can be tried on it without
   * preparing it again.
   */
  public static final class Prepared {
    private final Graph graph;
    private final Builder wishes;
    private final List<String> notes;
    private final Map<Integer, InputMoments> seen = new HashMap<>();

    private Prepared(Graph graph, Builder wishes, List<String> notes) {
      this.graph = graph;
      this.wishes = wishes;
      this.notes = List.copyOf(notes);
    }

    /**
     * Returns the prepared model.
     *
     * @return a float model that computes what the given one does
     */
    public Graph graph() {
      return graph;
    }

    /**
     * Returns what the steps had to say.
     *
     * @return lines for a report
     */
    public List<String> notes() {
      return notes;
    }

    /**
     * Starts on the prepared model, with the wishes that were there when it was prepared. Its steps
     * will correct, but not prepare.
     *
     * @return what collects further wishes
     */
    public Builder builder() {
      Builder b = new Builder(graph);
      b.isPrepared = true;
      b.seen = seen;
      b.examples.putAll(wishes.examples);
      b.options = wishes.options;
      b.memory = wishes.memory;
      b.method = wishes.method;
      b.percentile = wishes.percentile;
      b.progress = wishes.progress;
      b.steps.addAll(wishes.steps);
      b.without.addAll(wishes.without);
      return b;
    }

    /**
     * Looks at the examples for a recipe, and does nothing else.
     *
     * @param recipe the rules
     * @return what was seen; with an earlier calibration for the same tensors no example is run
     */
    public Calibration calibrate(Recipe recipe) {
      Builder b = builder().recipe(recipe);
      b.calibrate(graph, new Planner(graph, recipe), note -> {});
      return b.calibration;
    }
  }

  /** Wishes for one model. */
  public static final class Builder {
    private final Graph graph;
    private Recipe recipe;
    private final Map<Integer, InputSource> examples = new TreeMap<>();
    private Calibration calibration = Calibration.empty();
    private Function<Graph, Calibration> earlier = g -> null;
    private Method method;
    private Double percentile;
    private long memory = Calibrator.DEFAULT_MEMORY;
    private Options options = Options.DEFAULT;
    private Progress progress = Progress.NONE;
    private Border inputs;
    private Border outputs;
    private boolean isPrepared;
    private Map<Integer, InputMoments> seen = new HashMap<>();
    private final List<Recipe.Step> steps = new ArrayList<>();
    private final Set<String> without = new TreeSet<>();

    private Builder(Graph graph) {
      this.graph = graph;
    }

    /**
     * Sets the recipe.
     *
     * @param newRecipe the rules; needed
     * @return this builder
     */
    public Builder recipe(Recipe newRecipe) {
      this.recipe = newRecipe;
      return this;
    }

    /**
     * Gives examples for the main subgraph. Use other ones than those the result is judged by.
     *
     * @param source the examples
     * @return this builder
     */
    public Builder examples(InputSource source) {
      examples.put(0, new FiniteSource(source));
      return this;
    }

    /**
     * Gives examples for a signature's subgraph.
     *
     * @param signature its key
     * @param source the examples, for the inputs of its subgraph in their order
     * @return this builder
     * @throws IllegalArgumentException if the model has no such signature
     */
    public Builder examples(String signature, InputSource source) {
      for (Signature s : graph.signatures()) {
        if (s.key().equals(signature)) {
          examples.put(s.subgraph(), new FiniteSource(source));
          return this;
        }
      }
      throw new IllegalArgumentException(
          graph.name()
              + " has no signature '"
              + signature
              + "'; it has "
              + graph.signatures().stream().map(Signature::key).toList());
    }

    /**
     * Gives what an earlier calibration saw; with examples it goes on from there.
     *
     * @param reader finds it for the float model as it is after all steps that change it, whose
     *     ranges are in question; such as {@code g -> CalibrationJson.read(name, text, g)}
     * @return this builder
     */
    public Builder calibration(Function<Graph, Calibration> reader) {
      this.earlier = reader;
      return this;
    }

    /**
     * Sets the way ranges are chosen.
     *
     * @param newMethod the method; the default is the recipe's, or else MIN_MAX
     * @return this builder
     */
    public Builder method(Method newMethod) {
      this.method = newMethod;
      return this;
    }

    /**
     * Sets what the method PERCENTILE keeps.
     *
     * @param share percentage of values, above 50, at most 100
     * @return this builder
     */
    public Builder percentile(double share) {
      if (!(share > 50 && share <= 100)) {
        throw new IllegalArgumentException(
            "a percentile of " + share + "; above 50 up to 100 can be");
      }
      this.percentile = share;
      return this;
    }

    /**
     * Bounds the memory of calibration.
     *
     * @param bytes bytes of tensors that are read at once, see {@link Calibrator}
     * @return this builder
     */
    public Builder memory(long bytes) {
      if (bytes <= 0) {
        throw new IllegalArgumentException("a memory bound of " + bytes + " bytes");
      }
      this.memory = bytes;
      return this;
    }

    /**
     * Sets how models are run for calibration.
     *
     * @param newOptions threads, instruction set and so on
     * @return this builder
     */
    public Builder options(Options newOptions) {
      this.options = newOptions;
      return this;
    }

    /**
     * Sets who hears how far it is.
     *
     * @param newProgress the listener
     * @return this builder
     */
    public Builder progress(Progress newProgress) {
      this.progress = newProgress;
      return this;
    }

    /**
     * Sets the form of the model's inputs.
     *
     * @param form FLOAT, or QUANTIZED; the default is the recipe's (rules on INPUT), or else FLOAT
     * @return this builder
     */
    public Builder inputs(Border form) {
      this.inputs = form;
      return this;
    }

    /**
     * Sets the form of the model's outputs.
     *
     * @param form FLOAT, or QUANTIZED; the default is the recipe's (rules on OUTPUT), or else FLOAT
     * @return this builder
     */
    public Builder outputs(Border form) {
      this.outputs = form;
      return this;
    }

    /**
     * Adds a step for quality behind those of the recipe.
     *
     * @param name name of a {@link QualityStep}
     * @param parameters its parameters
     * @return this builder
     */
    public Builder step(String name, Map<String, Object> parameters) {
      steps.add(new Recipe.Step(name, parameters));
      return this;
    }

    /**
     * Leaves a step of the recipe out.
     *
     * @param name name of a {@link QualityStep}
     * @return this builder
     */
    public Builder without(String name) {
      without.add(name);
      return this;
    }

    /**
     * Prepares, calibrates if need be, decides and applies.
     *
     * @return the quantized model and how it came about
     * @throws RecipeException if the recipe cannot be followed; names the rule
     * @throws CalibrationException if calibration is needed and there are no examples, or they are
     *     not finite
     * @throws dev.sinter.graph.GraphException if the model cannot hold what was decided
     */
    public Optimized run() {
      if (recipe == null) {
        throw new IllegalArgumentException("no recipe was given");
      }
      Map<QualityStep, Map<String, Object>> todo = steps(recipe.name(), recipe.steps());
      List<String> notes = new ArrayList<>();
      Graph prepared = isPrepared ? graph : prepared(todo, notes);
      Planner planner = new Planner(prepared, recipe);
      boolean isChanged = !isPrepared || planner.changesInputs();
      if (planner.changesInputs()) {
        InputChanges changes =
            InputChanges.of(prepared, planner, moments(prepared, !isPrepared, planner, x -> {}));
        prepared = changes.graph();
        planner = new Planner(changes, recipe);
      }
      Calibration before = earlier.apply(prepared);
      calibration = before == null ? calibration : before;
      calibrate(prepared, planner, notes::add);
      Decisions decisions =
          planner.decide(calibration, moments(prepared, isChanged, planner, notes::add));
      notes.addAll(planner.notes());
      decisions =
          decisions.withBorders(
              inputs == null ? decisions.inputs() : inputs,
              outputs == null ? decisions.outputs() : outputs);
      for (Map.Entry<QualityStep, Map<String, Object>> step : todo.entrySet()) {
        QualityStep.Context on =
            new QualityStep.Context(prepared, decisions, examples, options, progress, notes::add);
        QualityStep.Outcome outcome = named(() -> step.getKey().correct(on, step.getValue()));
        prepared = outcome.graph();
        decisions = outcome.decisions();
      }
      return new Optimized(
          decisions.apply(prepared),
          prepared,
          decisions,
          calibration,
          LayerReport.of(prepared, decisions),
          notes(notes, decisions));
    }

    /**
     * Takes the steps given to {@link #step} as far as they prepare the float model.
     *
     * @return the prepared model
     */
    public Prepared prepare() {
      List<String> notes = new ArrayList<>();
      return new Prepared(prepared(steps("steps", List.of()), notes), this, notes);
    }

    private Graph prepared(Map<QualityStep, Map<String, Object>> todo, List<String> notes) {
      Graph prepared = graph;
      for (Map.Entry<QualityStep, Map<String, Object>> step : todo.entrySet()) {
        QualityStep.Preparation on =
            new QualityStep.Preparation(prepared, examples, options, notes::add);
        prepared = named(() -> step.getKey().prepare(on, step.getValue()));
      }
      return prepared;
    }

    private static List<String> notes(List<String> rules, Decisions decisions) {
      List<String> notes = new ArrayList<>(rules);
      Set<String> alone = new TreeSet<>();
      for (Decisions.Part part : decisions.subgraphs()) {
        for (OpDecision d : part.ops()) {
          WeightDecision w = d.weights();
          if (w != null && w.type() == ElementType.BFLOAT16) {
            alone.add("weights of BFLOAT16");
          } else if (w != null && w.type() == ElementType.INT2 && w.spec().block() > 0) {
            alone.add("weights of INT2 with scales by block");
          }
        }
      }
      alone.forEach(a -> notes.add(a + ": Sinter runs them, TensorFlow Lite 2.21 does not"));
      return notes;
    }

    /** Measured where an algorithm asks for them; of the main subgraph alone. */
    private Moments moments(
        Graph prepared, boolean isChanged, Planner planner, Consumer<String> notes) {
      Set<Integer> needed = planner.momentsNeeded(0);
      if (needed.isEmpty() || examples.get(0) == null) {
        return Moments.NONE;
      }
      notes.accept("linear algebra by " + LinearAlgebra.best().name());
      // Of a prepared model each layer is measured once, whatever recipes are tried on it.
      Map<Integer, InputMoments> known = isChanged ? new HashMap<>() : seen;
      known.putAll(
          named(
              () ->
                  LayerMoments.measure(
                      prepared,
                      examples.get(0),
                      layer -> needed.contains(layer.op()) && !known.containsKey(layer.op()),
                      Reconstruction.Settings.DEFAULT.rows())));
      return (subgraph, op) -> subgraph == 0 ? known.get(op) : null;
    }

    private Map<QualityStep, Map<String, Object>> steps(String name, List<Recipe.Step> first) {
      Map<String, QualityStep> known = new TreeMap<>();
      ServiceLoader.load(QualityStep.class).forEach(s -> known.putIfAbsent(s.name(), s));
      List<Recipe.Step> all = new ArrayList<>(first);
      all.addAll(steps);
      Map<QualityStep, Map<String, Object>> out = new LinkedHashMap<>();
      for (Recipe.Step step : all) {
        QualityStep found = known.get(step.name());
        if (found == null) {
          throw new RecipeException(
              name + ": there is no step '" + step.name() + "'; there are " + known.keySet());
        }
        out.put(found, step.parameters());
      }
      for (String left : without) {
        QualityStep found = known.get(left);
        if (found == null || !out.containsKey(found)) {
          throw new RecipeException(
              name + " has no step '" + left + "' to leave out; it has " + names(out));
        }
        out.remove(found);
      }
      return out;
    }

    private static List<String> names(Map<QualityStep, Map<String, Object>> steps) {
      return steps.keySet().stream().map(QualityStep::name).toList();
    }

    private void calibrate(Graph prepared, Planner planner, Consumer<String> told) {
      Method how = method;
      double share = percentile == null ? calibration.share() : percentile;
      if (how == null) {
        Object asked = recipe.calibration().get("method");
        how = asked == null ? calibration.method() : named(asked.toString());
      }
      if (percentile == null && recipe.calibration().get("percentile") instanceof Number n) {
        share = n.doubleValue();
      }
      calibration = calibration.with(how, share);
      for (int s = 0; s < prepared.subgraphs().size(); s++) {
        Set<Integer> tensors = new TreeSet<>(planner.observed(s));
        InputSource source = examples.get(s);
        if (tensors.isEmpty() || (s > 0 && Calls.isCalled(prepared, s))) {
          continue;
        }
        int subgraph = s;
        boolean all = tensors.stream().allMatch(t -> calibration.knows(subgraph, t));
        if (source != null) {
          calibration =
              new Calibrator(prepared, options, memory, progress)
                  .run(calibration, s, tensors, source, how, share);
        } else if (!all && s == 0) {
          throw lacking();
        }
      }
      for (int s = 0; s < prepared.subgraphs().size(); s++) {
        if (Calls.isEntry(prepared, s)) {
          calibrateCalled(prepared, planner, s, how, share, told);
        }
      }
    }

    /** Bodies and branches, which are seen when the examples of what calls them run. */
    private void calibrateCalled(
        Graph prepared,
        Planner planner,
        int entry,
        Method how,
        double share,
        Consumer<String> told) {
      Map<Integer, Set<Integer>> tensors = new TreeMap<>();
      boolean known = true;
      for (int s : Calls.reach(prepared, entry)) {
        Set<Integer> observed = planner.observed(s);
        if (s != entry && s > 0 && Calls.isCalled(prepared, s) && !observed.isEmpty()) {
          tensors.put(s, observed);
          known &= observed.stream().allMatch(t -> calibration.knows(s, t));
        }
      }
      InputSource source = examples.get(entry);
      if (tensors.isEmpty() || (known && source == null)) {
        return;
      }
      if (source != null) {
        calibration =
            new Calibrator(prepared, options, memory, progress)
                .called(calibration, entry, tensors, source, how, share, told);
      } else if (entry == 0) {
        throw lacking();
      }
    }

    private CalibrationException lacking() {
      return new CalibrationException(
          graph.name()
              + ": recipe "
              + recipe.name()
              + " quantizes activations, for which it must see them: give examples (--data), or what an"
              + " earlier calibration saw (--calibration)");
    }

    /** A step says what is wrong with it, but not of which recipe it is. */
    private <T> T named(Supplier<T> step) {
      try {
        return step.get();
      } catch (IllegalArgumentException e) {
        throw new RecipeException(
            (recipe == null ? graph.name() : recipe.name()) + ": " + e.getMessage(), e);
      }
    }

    private Method named(String name) {
      try {
        return Method.named(name);
      } catch (IllegalArgumentException e) {
        throw new RecipeException(recipe.name() + ": calibration: " + e.getMessage(), e);
      }
    }
  }
}
