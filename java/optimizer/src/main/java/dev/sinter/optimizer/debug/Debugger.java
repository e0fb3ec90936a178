// Finds where a compressed model lost its accuracy.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import dev.sinter.graph.Graph;
import dev.sinter.graph.Op;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import dev.sinter.graph.tflite.TfliteWriter;
import dev.sinter.optimizer.data.InputSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Compares a model with a compressed form of it, layer by layer. Any form will do: static int8,
 * 16x8, dynamic range, int4, weight-only, bfloat16, pruned, clustered; by any tool. What belongs
 * together is found by {@link ModelMatch}; each layer is measured within the whole model and alone,
 * and layers are put back one by one to see which of them are best left out of compression.
 *
 * <p>Memory: the values of as many layers at once as {@link DebugOptions#memoryBytes} allows, and
 * per layer sums whose size does not depend on the number of examples.
 */
public final class Debugger {
  private final DebugOptions options;
  private final Progress progress;

  /** Hears how far the debugger is. */
  @FunctionalInterface
  public interface Progress {
    /**
     * Told now and then.
     *
     * @param what what is being done
     * @param done how much of it
     * @param of how much there is
     */
    void at(String what, int done, int of);
  }

  /**
   * Makes a debugger.
   *
   * @param options what it shall do
   */
  public Debugger(DebugOptions options) {
    this(options, (what, done, of) -> {});
  }

  /**
   * Makes a debugger that tells how far it is.
   *
   * @param options what it shall do
   * @param progress hears it
   */
  public Debugger(DebugOptions options, Progress progress) {
    this.options = options;
    this.progress = progress;
  }

  /**
   * Compares two models.
   *
   * @param reference the model as it was
   * @param compressed a compressed form of it
   * @param inputs the examples; they are written into the reference's inputs, and as the same real
   *     values into the compressed model's
   * @return what was found
   * @throws IllegalArgumentException if the models do not belong together, or an input is no number
   * @throws dev.sinter.optimizer.data.MisfitException if the examples do not fit the reference
   * @throws dev.sinter.runtime.SinterException if a model does not run
   */
  public DebugReport debug(Graph reference, Graph compressed, InputSource inputs) {
    ModelMatch match = ModelMatch.of(reference, compressed);
    List<Part> parts = Part.of(match);
    List<String> notes = new ArrayList<>();
    InputSource.Feed feed = inputs.open(reference);
    int examples = Math.min(options.examples(), feed.runs());
    List<Measurement.Sums> sums = new ArrayList<>();
    for (List<Part> chunk : chunks(match, parts)) {
      sums.addAll(measure(match, chunk, inputs, examples, notes));
    }
    LayerCosts ourCosts = costs(reference, options.reference(), inputs, reference);
    LayerCosts theirCosts = costs(compressed, options.compressed(), inputs, reference);
    List<LayerReport> layers = layers(match, parts, sums, ourCosts, theirCosts);
    OutputError whole = OutputError.of(match, parts, sums);
    notes(match, parts, notes);
    Ranking.Result ranking =
        options.remedies() == 0
            ? new Ranking.Result(List.of(), List.of())
            : new Ranking(match, parts, layers, options, progress)
                .run(inputs, Math.min(examples, options.rankingExamples()), notes);
    return new DebugReport(
        reference.name(),
        compressed.name(),
        TfliteWriter.toBytes(reference).length,
        TfliteWriter.toBytes(compressed).length,
        examples,
        layers,
        whole.noise(),
        whole.worstExample(),
        ranking.remedies(),
        ranking.trials(),
        theirCosts.total(),
        ourCosts.total(),
        notes);
  }

  /** Parts whose values fit the memory together, in their order. */
  private List<List<Part>> chunks(ModelMatch match, List<Part> parts) {
    List<List<Part>> chunks = new ArrayList<>();
    List<Part> now = new ArrayList<>();
    long bytes = 0;
    for (Part p : parts) {
      long need = need(match, p);
      if (!now.isEmpty() && bytes + need > options.memoryBytes()) {
        chunks.add(now);
        now = new ArrayList<>();
        bytes = 0;
      }
      now.add(p);
      bytes += need;
    }
    if (!now.isEmpty()) {
      chunks.add(now);
    }
    return chunks;
  }

  /** Bytes of a part: both models' values, whole and alone, real values of them, sums. */
  private static long need(ModelMatch match, Part p) {
    Shape out = match.compressed().tensor(p.tensor()).shape();
    long bytes = 16 * out.elements() + 2 * ValueStats.bytes(out);
    for (int t : p.inputs()) {
      bytes += 16 * match.compressed().tensor(t).shape().elements();
    }
    return bytes;
  }

  private List<Measurement.Sums> measure(
      ModelMatch match, List<Part> parts, InputSource inputs, int examples, List<String> notes) {
    try (Measurement m = new Measurement(match, parts, options)) {
      if (m.note == null || parts.size() == 1) {
        if (m.note != null) {
          notes.add("'" + match.compressed().tensor(parts.get(0).tensor()).name() + "': " + m.note);
        }
        InputSource.Feed feed = inputs.open(match.reference());
        for (int i = 0; i < examples; i++) {
          m.add(feed, i);
          progress.at("examples", i + 1, examples);
        }
        return m.sums();
      }
    }
    // One of them cannot run alone: find it, measure the others.
    int half = parts.size() / 2;
    List<Measurement.Sums> all =
        new ArrayList<>(measure(match, parts.subList(0, half), inputs, examples, notes));
    all.addAll(measure(match, parts.subList(half, parts.size()), inputs, examples, notes));
    return all;
  }

  private LayerCosts costs(
      Graph graph, dev.sinter.runtime.Options runtime, InputSource inputs, Graph reference) {
    progress.at("times", 0, 1);
    InputSource.Feed feed = inputs.open(reference);
    try (ModelRun source = ModelRun.open(reference, options.reference())) {
      feed.fill(0, source);
      return LayerCosts.measure(
          graph, runtime, options.timingRuns(), run -> Examples.copy(source, run, 0));
    }
  }

  private static void notes(ModelMatch match, List<Part> parts, List<String> notes) {
    List<String> unmatched = match.unmatched();
    if (!unmatched.isEmpty()) {
      notes.add(
          unmatched.size()
              + " values of the compressed model have no counterpart in the reference, and are measured"
              + " with what is made of them: "
              + String.join(", ", unmatched.subList(0, Math.min(5, unmatched.size())))
              + (unmatched.size() > 5 ? ", ..." : ""));
    }
    long stateful = parts.stream().filter(p -> p.op() >= 0 && !p.isolated()).count();
    if (stateful > 0) {
      notes.add(stateful + " layers work on variables or handles and are not run alone");
    }
    int inner = match.compressed().subgraphs().stream().skip(1).mapToInt(s -> s.ops().size()).sum();
    if (inner > 0) {
      notes.add("the " + inner + " ops of other subgraphs are not looked into one by one");
    }
  }

  private List<LayerReport> layers(
      ModelMatch match,
      List<Part> parts,
      List<Measurement.Sums> sums,
      LayerCosts ourCosts,
      LayerCosts theirCosts) {
    Graph g = match.compressed();
    Map<Integer, Integer> places = new HashMap<>(); // tensor -> layer
    List<LayerReport> layers = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      places.put(parts.get(i).tensor(), i);
    }
    TreeSet<Integer> counted = new TreeSet<>(); // ops whose costs are told already
    TreeSet<Integer> ourCounted = new TreeSet<>();
    for (int i = 0; i < parts.size(); i++) {
      Part p = parts.get(i);
      Measurement.Sums s = sums.get(i);
      List<Integer> inputs =
          p.inputs().stream().filter(places::containsKey).map(places::get).distinct().toList();
      List<Integer> ops = p.ops().stream().filter(counted::add).toList();
      List<Integer> ourOps = p.referenceOps().stream().filter(ourCounted::add).toList();
      layers.add(layer(match, i, p, s, inputs, ops, ourOps, ourCosts, theirCosts));
    }
    if (layers.isEmpty()) {
      throw new IllegalArgumentException(
          g.name() + ": no op of it gives numbers that " + match.reference().name() + " has too");
    }
    return layers;
  }

  private static LayerReport layer(
      ModelMatch match,
      int index,
      Part p,
      Measurement.Sums s,
      List<Integer> inputs,
      List<Integer> ops,
      List<Integer> ourOps,
      LayerCosts ourCosts,
      LayerCosts theirCosts) {
    Subgraph g = match.compressed().main();
    Tensor t = g.tensor(p.tensor());
    boolean stepped = !t.type().isFloat() && t.quantization().isPerTensor();
    boolean alone = s.isolated;
    return new LayerReport(
        index,
        p.op() < 0 ? "INPUT" : StructureMatch.label(g.ops().get(p.op())),
        p.op(),
        p.ops(),
        p.referenceOps(),
        p.tensor(),
        t.name(),
        match.reference().tensor(p.reference()).name(),
        p.how(),
        t.type().name(),
        t.shape().toString(),
        stepped ? t.quantization().scale() : 0,
        stepped ? t.quantization().zeroPoint() : 0,
        inputs,
        alone ? s.own.metrics() : null,
        alone ? s.local.metrics() : null,
        s.cumulative.metrics(),
        stepped ? s.rounding.metrics() : null,
        s.values == null ? null : s.values.values(),
        s.values == null ? null : s.values.channels(),
        alone ? s.ownValues.channels() : null,
        weights(match, p),
        theirCosts.bytes(ops),
        ourCosts.bytes(ourOps),
        theirCosts.micros(ops),
        ourCosts.micros(ourOps));
  }

  private static WeightErrors weights(ModelMatch match, Part p) {
    Subgraph ours = match.reference().main();
    Subgraph theirs = match.compressed().main();
    if (p.op() < 0) {
      return null;
    }
    Op their = theirs.ops().get(p.op());
    for (int i : p.referenceOps()) {
      Op our = ours.ops().get(i);
      if (StructureMatch.label(our).equals(StructureMatch.label(their))) {
        return WeightErrors.of(ours, our, theirs, their);
      }
    }
    return null;
  }
}
