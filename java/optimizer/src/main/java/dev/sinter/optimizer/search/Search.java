// Finds an assignment of schemes to layers within a budget.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.search;

import dev.sinter.graph.Graph;
import dev.sinter.graph.tflite.TfliteWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Searches in three steps.
 *
 * <ol>
 *   <li>Sensitivity: every layer alone in every scheme, the others least compressed, on few
 *       examples: what noise it adds to the outputs, and how many bytes it saves.
 *   <li>A path from the least to the most compressed model: the steps (a layer to a scheme) in the
 *       order of noise added per byte saved, as if noises added up, which to first order they do.
 *       The place on the path where the budget is just kept is found by bisection, on all examples.
 *   <li>Refinement: from there single steps further on the path are tried that still keep the
 *       budget (or, where bytes or time are limited, steps taken back), in an order that the seed
 *       decides among equals, until nothing is left or a cap is reached.
 * </ol>
 *
 * <p>Equal seeds give equal searches as long as no times are measured. What was measured is in the
 * journal: a search that was killed goes on where it was. Candidates are judged on the kernels that
 * will run them.
 */
public final class Search {
  private final SchemeSpace space;
  private final Judge judge;
  private final Budget budget;
  private final Settings settings;
  private final int layers;
  private final int schemes;
  private final long deadline;
  private final List<Trial> trials = new ArrayList<>();
  private Consumer<Trial> onBest = t -> {};
  private Journal journal;
  private Trial reference;
  private Trial best;
  private Trial closest;
  private Trial told;
  private int measured;
  private int fresh;

  /**
   * How a search is run.
   *
   * @param trials how many assignments are measured on all examples at most
   * @param seconds how long at most; what was begun is finished
   * @param seed decides among equals
   * @param sensitivityExamples on how many examples layers are tried alone
   * @param margin with a budget of accuracy: so many standard errors of the loss are held back, so
   *     that other examples keep the budget, too
   * @param journal where measurements are kept; null for nowhere
   */
  public record Settings(
      int trials, double seconds, long seed, int sensitivityExamples, double margin, Path journal) {
    /** 60 trials, an hour, seed 1, 16 examples, no margin, no journal. */
    public static final Settings DEFAULT = new Settings(60, 3600, 1, 16, 0, null);

    /**
     * Checks the numbers.
     *
     * @param trials how many assignments at most
     * @param seconds how long at most
     * @param seed decides among equals
     * @param sensitivityExamples on how many examples layers are tried alone
     * @param margin standard errors that are held back
     * @param journal where measurements are kept
     */
    public Settings {
      if (trials < 1 || !(seconds > 0) || sensitivityExamples < 1 || !(margin >= 0)) {
        throw new IllegalArgumentException(
            "trials, seconds and examples must be above 0, and the margin not below");
      }
    }
  }

  /** A layer gets the next scheme. */
  private record Step(int layer, int scheme, double noise, long bytes) {
    double price() {
      return bytes <= 0 ? Double.POSITIVE_INFINITY : Math.max(0, noise) / bytes;
    }
  }

  /**
   * Makes a search.
   *
   * @param space layers and schemes
   * @param judge says how good a candidate is
   * @param budget what must be kept
   * @param settings caps, seed, journal
   */
  public Search(SchemeSpace space, Judge judge, Budget budget, Settings settings) {
    this.space = space;
    this.judge = judge;
    this.budget = budget;
    this.settings = settings;
    layers = space.layers().size();
    schemes = space.schemes().size();
    deadline = System.nanoTime() + (long) (settings.seconds() * 1e9);
  }

  /**
   * Says who hears of each new best trial within the budget, so that it can be kept at once. Of
   * those that a journal remembers only the last is told, at the end, unless a better one follows.
   *
   * @param listener the listener
   * @return this search
   */
  public Search onBest(Consumer<Trial> listener) {
    onBest = listener;
    return this;
  }

  /**
   * Searches.
   *
   * @param subject what is searched (model, data), for the journal: a search with another one does
   *     not go on with it
   * @return what was found; never without the trials that there were time for
   * @throws IOException if the journal cannot be used
   */
  public SearchResult run(String subject) throws IOException {
    String all =
        subject
            + " "
            + space.schemes()
            + " "
            + layers
            + " layers, "
            + judge.examples()
            + " examples, seed "
            + settings.seed()
            + (budget.kind() == Budget.Kind.LATENCY ? ", timed" : "");
    try (Journal opened = new Journal(settings.journal(), all)) {
      journal = opened;
      boolean complete = search();
      if (best != null && !best.equals(told)) {
        tell(); // what was found before a search was stopped
      }
      return new SearchResult(reference, best, closest, trials, complete);
    }
  }

  private boolean search() {
    reference = trial(SchemeSpace.ORIGINAL);
    if (!goesOn()) {
      return false;
    }
    List<Step> path = path();
    if (path == null) {
      return false;
    }
    int place = bisect(path);
    return goesOn() && refine(path, place);
  }

  private boolean goesOn() {
    return measured < settings.trials() && System.nanoTime() < deadline;
  }

  // ---- measuring

  /** Measures on all examples, or remembers. */
  private Trial trial(String assignment) {
    for (Trial t : trials) {
      if (t.assignment().equals(assignment)) {
        return t;
      }
    }
    measured++;
    int before = fresh;
    Trial t = measure(assignment, judge.examples(), budget.kind() == Budget.Kind.LATENCY);
    trials.add(t);
    if (reference == null) {
      reference = t;
    }
    if (keeps(t) && (best == null || isBetter(t, best))) {
      best = t;
      closest = t;
      if (fresh > before) {
        tell();
      }
    } else if (best == null && (closest == null || excess(t) < excess(closest))) {
      closest = t;
    }
    return t;
  }

  private void tell() {
    told = best;
    onBest.accept(best);
  }

  private Trial measure(String assignment, int examples, boolean timed) {
    Trial known = journal.find(examples, assignment);
    if (known != null && (!timed || !Double.isNaN(known.micros()))) {
      return known;
    }
    fresh++;
    Graph graph = space.build(assignment);
    Judge.Verdict v = judge.judge(graph, examples);
    Trial t =
        new Trial(
            assignment,
            TfliteWriter.toBytes(graph).length,
            v.accuracy(),
            v.noise(),
            v.flips(),
            timed ? judge.micros(graph) : Double.NaN);
    journal.add(examples, t);
    return t;
  }

  /** How far beyond the budget, in its own unit; 0 or less where it is kept. */
  private double excess(Trial t) {
    return switch (budget.kind()) {
      // Shares of whole examples: a rounding must not decide.
      case ACCURACY ->
          100 * (reference.accuracy() - t.accuracy() + settings.margin() * error(t))
              - budget.limit()
              - 1e-9;
      case BYTES -> t.bytes() - budget.limit();
      case LATENCY -> t.micros() - budget.limit();
    };
  }

  /** Standard error of the loss of accuracy: only examples whose answers turn add to it. */
  private double error(Trial t) {
    return Math.sqrt(t.flips()) / judge.examples();
  }

  private boolean keeps(Trial t) {
    return excess(t) <= 0;
  }

  private boolean isBetter(Trial a, Trial b) {
    Comparator<Trial> accurate =
        Comparator.comparingDouble(Trial::accuracy)
            .thenComparing(Comparator.comparingDouble(Trial::noise).reversed());
    Comparator<Trial> small = Comparator.comparingLong(Trial::bytes).reversed();
    return (budget.kind() == Budget.Kind.ACCURACY
                ? small.thenComparing(accurate)
                : accurate.thenComparing(small))
            .compare(a, b)
        > 0;
  }

  // ---- the path

  /** Steps from the least to the most compressed model; null if the time ran out. */
  private List<Step> path() {
    int few = Math.min(settings.sensitivityExamples(), judge.examples());
    Trial start = measure("0".repeat(layers), few, false);
    List<List<Step>> perLayer = new ArrayList<>();
    for (int l = 0; l < layers; l++) {
      List<Step> steps = new ArrayList<>();
      for (int s = 1; s < schemes; s++) {
        if (System.nanoTime() >= deadline) {
          return null;
        }
        Trial t = measure(with(start.assignment(), l, s), few, false);
        steps.add(new Step(l, s, t.noise() - start.noise(), start.bytes() - t.bytes()));
      }
      perLayer.add(hull(steps));
    }
    List<Step> path = new ArrayList<>();
    perLayer.forEach(path::addAll);
    // Steps of a layer have rising prices, so their order stays.
    path.sort(
        Comparator.comparingDouble(Step::price)
            .thenComparingInt(Step::layer)
            .thenComparingInt(Step::scheme));
    return path;
  }

  private static String with(String assignment, int layer, int scheme) {
    return assignment.substring(0, layer) + (char) ('0' + scheme) + assignment.substring(layer + 1);
  }

  /**
   * Schemes of a layer that are worth it: each saves more than the one before, at rising prices.
   */
  private static List<Step> hull(List<Step> absolute) {
    List<Step> hull = new ArrayList<>();
    double noise = 0;
    long bytes = 0;
    int from = 0;
    while (true) {
      Step next = null;
      for (Step s : absolute.subList(from, absolute.size())) {
        Step step = new Step(s.layer(), s.scheme(), s.noise() - noise, s.bytes() - bytes);
        if (step.bytes() > 0 && (next == null || step.price() < next.price())) {
          next = step;
        }
      }
      if (next == null) {
        return hull;
      }
      hull.add(next);
      noise += next.noise();
      bytes += next.bytes();
      from = next.scheme(); // scheme s is at index s - 1
    }
  }

  private String at(List<Step> path, int place) {
    String a = "0".repeat(layers);
    for (Step s : path.subList(0, place)) {
      a = with(a, s.layer(), s.scheme());
    }
    return a;
  }

  /** The place on the path where the budget is just kept. */
  private int bisect(List<Step> path) {
    boolean far = budget.kind() == Budget.Kind.ACCURACY; // as far as may be, else as near
    int low = 0;
    int high = path.size();
    Trial end = trial(at(path, high));
    if (far ? keeps(end) : keeps(reference)) {
      return far ? high : 0;
    }
    if (!far && !keeps(end)) {
      return high; // the most compressed one is the closest
    }
    while (high - low > 1 && goesOn()) {
      int middle = (low + high) >>> 1;
      boolean kept = keeps(trial(at(path, middle)));
      if (kept == far) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return far ? low : high;
  }

  /** Tries single steps from the best place; true if nothing is left to try. */
  private boolean refine(List<Step> path, int place) {
    boolean far = budget.kind() == Budget.Kind.ACCURACY;
    List<Step> rest =
        new ArrayList<>(far ? path.subList(place, path.size()) : path.subList(0, place));
    Collections.shuffle(rest, new Random(settings.seed()));
    rest.sort(
        far
            ? Comparator.comparingDouble(Step::price)
            : Comparator.comparingDouble(Step::price).reversed());
    for (Step s : rest) {
      if (!goesOn()) {
        return false;
      }
      if (best == null || best.assignment().equals(SchemeSpace.ORIGINAL)) {
        return true; // no place on the path kept the budget
      }
      char now = best.assignment().charAt(s.layer());
      int scheme = far ? s.scheme() : before(path, s);
      if (far ? now - '0' < scheme : now - '0' > scheme) {
        trial(with(best.assignment(), s.layer(), scheme));
      }
    }
    return true;
  }

  /** The scheme that a layer has on the path before a step. */
  private static int before(List<Step> path, Step step) {
    int scheme = 0;
    for (Step s : path) {
      if (s.equals(step)) {
        return scheme;
      }
      scheme = s.layer() == step.layer() ? s.scheme() : scheme;
    }
    return scheme;
  }
}
