// Which layers are best left out of compression: tried on the model, best first.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.tflite.TfliteWriter;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.runtime.SinterException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Greedy, measured. Layers are sorted by the noise born in them, which is what they add to the
 * outputs if noise passes through the rest of the model unchanged (a first-order estimate); the
 * first are put back into the compressed model for real ({@link MixedModel}) and the outputs
 * compared. A tensor whose own quantization is at fault is not mended by putting back one of the
 * layers around it, since between float and integer layers it is stored as before; so a tensor's
 * layer together with all that read it is tried as well, and taken where it gives more per layer.
 * Outputs of softmaxes are compared by what goes into them as well ({@link Heads}).
 */
final class Ranking {
  /** Noise below this is that of floats added up in another order. */
  private static final double NOTHING = 1e-8;

  private static final int WARM_UP = 3;

  /** A step that lowers the error by less than this part of it is not worth telling. */
  private static final double LEAST_GAIN = 0.005;

  private final ModelMatch match;
  private final List<Part> parts;
  private final List<LayerReport> layers;
  private final DebugOptions options;
  private final Debugger.Progress progress;
  private final Heads heads;
  private List<float[][]> wanted; // outputs of the reference, by example
  private List<float[][]> given; // inputs, by example

  Ranking(
      ModelMatch match,
      List<Part> parts,
      List<LayerReport> layers,
      DebugOptions options,
      Debugger.Progress progress) {
    this.match = match;
    this.parts = parts;
    this.layers = layers;
    this.options = options;
    this.progress = progress;
    heads = new Heads(match.reference(), match.compressed());
  }

  /** Some layers, and what putting them back was last seen to give. */
  private static final class Candidate {
    final Set<Integer> layers;
    double gain = Double.NaN; // per layer added
    int measuredAt = -1; // at which step
    Noise noise;

    Candidate(Set<Integer> layers) {
      this.layers = layers;
    }
  }

  /** The steps, and what was tried alone. */
  record Result(List<Remedy> remedies, List<Trial> trials) {}

  Result run(InputSource inputs, int examples, List<String> notes) {
    gather(inputs, examples);
    Noise start = noise(match.compressed());
    if (!(start.all() > NOTHING)) {
      return new Result(List.of(), List.of());
    }
    List<Candidate> candidates = candidates(notes);
    List<Trial> trials = new ArrayList<>();
    Set<Integer> chosen = new TreeSet<>();
    List<Remedy> remedies = new ArrayList<>();
    double now = start.all();
    long bytes = TfliteWriter.toBytes(match.compressed()).length;
    Graph before = match.compressed();
    double micros = Double.NaN;
    for (int step = 0; step < options.remedies() && now > NOTHING; step++) {
      Candidate best = best(candidates, chosen, now, step, trials, start.all());
      if (best == null || now - best.noise.all() < LEAST_GAIN * start.all()) {
        break;
      }
      Set<Integer> added = new LinkedHashSet<>(best.layers);
      added.removeAll(chosen);
      chosen.addAll(added);
      Graph mixed = mixed(chosen);
      long size = TfliteWriter.toBytes(mixed).length;
      double[] times = times(before, mixed);
      double change = times[1] - times[0];
      micros = (step == 0 ? times[0] : micros) + change;
      remedies.add(
          new Remedy(
              List.copyOf(added),
              added.stream().map(i -> layers.get(i).name()).toList(),
              scopes(added),
              Diagnosis.of(layers, added),
              best.noise.outputs(),
              (best.noise.all() - now) / start.all(),
              size,
              size - bytes,
              micros,
              change));
      now = best.noise.all();
      bytes = size;
      before = mixed;
      candidates.removeIf(c -> chosen.containsAll(c.layers));
    }
    trials.sort(Comparator.comparingDouble(Trial::errorChange));
    return new Result(remedies, trials);
  }

  /** Keeps inputs and the reference's outputs: those of few examples, and small beside values. */
  private void gather(InputSource inputs, int examples) {
    wanted = new ArrayList<>();
    given = new ArrayList<>();
    InputSource.Feed feed = inputs.open(match.reference());
    Graph opened = heads.open(match.reference());
    try (ModelRun run = ModelRun.open(opened, options.reference())) {
      for (int e = 0; e < examples; e++) {
        feed.fill(e, run);
        float[][] in = new float[run.inputs().size()][];
        for (int i = 0; i < in.length; i++) {
          in[i] = run.readInput(i, null);
        }
        run.run();
        float[][] out = new float[opened.outputs().size()][];
        for (int i = 0; i < out.length; i++) {
          out[i] = run.readOutput(i, null);
          heads.centre(i, match.reference().outputs().size(), out[i]);
        }
        given.add(in);
        wanted.add(out);
      }
    }
  }

  /**
   * Noise as a part of the signal.
   *
   * @param outputs the mean over outputs
   * @param all the mean over outputs and heads
   */
  private record Noise(double outputs, double all) {}

  private Noise noise(Graph graph) {
    Graph opened = heads.open(graph);
    try (ModelRun run = ModelRun.open(opened, options.compressed())) {
      int outputs = opened.outputs().size();
      double[] noise = new double[outputs];
      double[] signal = new double[outputs];
      for (int e = 0; e < given.size(); e++) {
        for (int i = 0; i < given.get(e).length; i++) {
          run.writeInput(i, given.get(e)[i]);
        }
        run.run();
        for (int o = 0; o < outputs; o++) {
          float[] got = run.readOutput(o, null);
          heads.centre(o, graph.outputs().size(), got);
          float[] want = wanted.get(e)[o];
          for (int i = 0; i < want.length; i++) {
            double d = (double) got[i] - want[i];
            // What is no number counts as wrong as can be, so that removing it is a gain.
            noise[o] += Double.isFinite(d) ? d * d : 1e6 * (1 + (double) want[i] * want[i]);
            signal[o] += (double) want[i] * want[i];
          }
        }
      }
      double sum = 0;
      double ofOutputs = 0;
      for (int o = 0; o < outputs; o++) {
        double ratio = ErrorSums.ratio(noise[o], signal[o]);
        sum += Double.isFinite(ratio) ? ratio : noise[o];
        ofOutputs = o < graph.outputs().size() ? sum : ofOutputs;
      }
      return new Noise(ofOutputs / graph.outputs().size(), sum / outputs);
    }
  }

  /** Microseconds of a run of two models, taken in turn: lower quartiles; NaN if not wanted. */
  private double[] times(Graph first, Graph second) {
    if (options.timingRuns() == 0) {
      return new double[] {Double.NaN, Double.NaN};
    }
    try (ModelRun a = ModelRun.open(first, options.compressed());
        ModelRun b = ModelRun.open(second, options.compressed())) {
      List<Double> before = new ArrayList<>();
      List<Double> after = new ArrayList<>();
      for (int i = 0; i < given.get(0).length; i++) {
        a.writeInput(i, given.get(0)[i]);
        b.writeInput(i, given.get(0)[i]);
      }
      for (int i = 0; i < WARM_UP + options.timingRuns(); i++) {
        double x = time(a);
        double y = time(b);
        if (i >= WARM_UP) {
          before.add(x);
          after.add(y);
        }
      }
      return new double[] {LayerCosts.lowerQuartile(before), LayerCosts.lowerQuartile(after)};
    }
  }

  private static double time(ModelRun run) {
    long begin = System.nanoTime();
    run.session().run();
    return (System.nanoTime() - begin) / 1e3;
  }

  /** Names of the outputs of the reference's ops, each followed by a semicolon. */
  private List<String> scopes(Set<Integer> chosen) {
    Subgraph ours = match.reference().main();
    Set<String> scopes = new LinkedHashSet<>();
    for (int i : chosen) {
      for (int op : parts.get(i).referenceOps()) {
        StringBuilder scope = new StringBuilder();
        for (int t : ours.ops().get(op).outputs()) {
          scope.append(t < 0 ? "" : ours.tensor(t).name() + ";");
        }
        scopes.add(scope.toString());
      }
    }
    return List.copyOf(scopes);
  }

  private Graph mixed(Set<Integer> chosen) {
    return MixedModel.of(match, chosen.stream().map(parts::get).toList());
  }

  /** The layers most likely to matter, each alone and with those that read it. */
  private List<Candidate> candidates(List<String> notes) {
    List<Integer> order =
        layers.stream()
            .filter(l -> born(l) > NOTHING)
            .sorted(Comparator.comparingDouble((LayerReport l) -> -born(l)))
            .map(LayerReport::index)
            .toList();
    Set<Set<Integer>> seen = new LinkedHashSet<>();
    List<Candidate> candidates = new ArrayList<>();
    Set<String> obstacles = new LinkedHashSet<>();
    int tried = 0;
    for (int i : order) {
      if (tried == options.candidates()) {
        break;
      }
      Set<Integer> alone = withTwins(root(i));
      Set<Integer> around = new TreeSet<>(alone);
      for (LayerReport reader : layers) {
        if (reader.inputs().stream().anyMatch(k -> root(k) == root(i))
            && root(reader.index()) != root(i)) {
          around.addAll(withTwins(root(reader.index())));
        }
      }
      String obstacle = obstacle(alone);
      if (obstacle != null) {
        obstacles.add("'" + layers.get(i).name() + "' cannot be left out: " + obstacle);
        around.removeAll(alone); // an input: those that read it can
        if (around.isEmpty() || obstacle(around) != null) {
          continue;
        }
        alone = around;
      }
      tried++;
      if (seen.add(alone)) {
        candidates.add(new Candidate(alone));
      }
      boolean rounded = layers.get(i).rounding() != null;
      if (rounded && obstacle(around) == null && seen.add(around)) {
        candidates.add(new Candidate(around));
      }
    }
    if (candidates.isEmpty()) {
      notes.addAll(obstacles);
    }
    return candidates;
  }

  private static double born(LayerReport l) {
    double own = l.own() == null ? 0 : l.own().noise();
    double stored = l.rounding() == null ? 0 : l.rounding().noise();
    return Math.min(1e9, Math.max(own, stored));
  }

  /** The layer that makes the values that a QUANTIZE or DEQUANTIZE passes on. */
  private int root(int layer) {
    int tensor = match.theirs.root(parts.get(layer).tensor());
    for (int i = 0; i < parts.size(); i++) {
      if (parts.get(i).tensor() == tensor) {
        return i;
      }
    }
    return layer; // an input of the model
  }

  /** A layer and the others of the same op. */
  private Set<Integer> withTwins(int layer) {
    Set<Integer> twins = new TreeSet<>();
    for (int i = 0; i < parts.size(); i++) {
      if (i == layer || (parts.get(i).op() >= 0 && parts.get(i).op() == parts.get(layer).op())) {
        twins.add(i);
      }
    }
    return twins;
  }

  private String obstacle(Set<Integer> set) {
    for (int i : set) {
      String obstacle = MixedModel.obstacle(match, parts.get(i));
      if (obstacle != null) {
        return obstacle;
      }
    }
    return null;
  }

  /**
   * The candidate that lowers the error most per layer. Gains of later steps are rarely larger than
   * they were, so only those that were promising before are measured again.
   */
  private Candidate best(
      List<Candidate> candidates,
      Set<Integer> chosen,
      double now,
      int step,
      List<Trial> trials,
      double start) {
    if (step == 0) {
      for (int i = 0; i < candidates.size(); i++) {
        measure(candidates.get(i), chosen, now, step);
        Candidate c = candidates.get(i);
        trials.add(
            new Trial(List.copyOf(c.layers), c.noise.outputs(), (c.noise.all() - start) / start));
        progress.at("candidates", i + 1, candidates.size());
      }
    }
    while (true) {
      Candidate top =
          candidates.stream()
              .filter(c -> c.gain > 0)
              .max(Comparator.comparingDouble((Candidate c) -> c.gain))
              .orElse(null);
      if (top == null || top.measuredAt == step) {
        return top;
      }
      measure(top, chosen, now, step);
    }
  }

  private void measure(Candidate c, Set<Integer> chosen, double now, int step) {
    Set<Integer> all = new TreeSet<>(chosen);
    all.addAll(c.layers);
    int added = all.size() - chosen.size();
    c.measuredAt = step;
    try {
      c.noise = noise(mixed(all));
      c.gain = added == 0 ? 0 : (now - c.noise.all()) / added;
    } catch (SinterException | GraphException e) {
      c.gain = 0; // this mixture does not run; others do
      c.noise = new Noise(now, now);
    }
  }
}
