// Runs both models, and their parts alone, over the examples and collects differences.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import dev.sinter.graph.Graph;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Tensor;
import dev.sinter.optimizer.calibration.SoftmaxRows;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.runtime.SinterException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Measures some parts at once. Four models run per example: both whole models with the values in
 * question as outputs, and both models cut into their parts ({@link IsolatedParts}): the compressed
 * one on the reference's values as its tensors store them, the reference on the very values that
 * these stored numbers stand for. Memory: values and sums, whatever the number of examples.
 */
final class Measurement implements AutoCloseable {
  /** What is collected about one part. */
  static final class Sums {
    final ErrorSums own = new ErrorSums(false);
    final ErrorSums local = new ErrorSums(false);
    final ErrorSums cumulative = new ErrorSums(true);
    final ErrorSums rounding = new ErrorSums(false);
    ValueStats values;
    ValueStats ownValues;
    boolean isolated;
  }

  private final ModelMatch match;
  private final List<Part> parts;
  private final List<Sums> sums = new ArrayList<>();
  private final ModelRun reference;
  private final ModelRun compressed;
  private ModelRun alone;
  private ModelRun referenceAlone;
  private IsolatedParts pieces;
  private IsolatedParts referencePieces;
  private final List<Integer> isolated = new ArrayList<>(); // parts that run alone
  private final List<Integer> withReference = new ArrayList<>(); // those with ops of the reference
  private final Map<Integer, Integer> referenceOutputs = new LinkedHashMap<>();
  private final Map<Integer, Integer> compressedOutputs = new LinkedHashMap<>();
  private final Map<Integer, float[]> values = new HashMap<>(); // of the reference, by class
  private final Map<Long, float[]> roundings = new HashMap<>();
  private float[] scratch = new float[0];
  private float[] scratch2 = new float[0];
  String note;

  Measurement(ModelMatch match, List<Part> parts, DebugOptions options) {
    this.match = match;
    this.parts = parts;
    Set<Integer> wanted = new LinkedHashSet<>();
    Set<Integer> theirs = new LinkedHashSet<>();
    for (Part p : parts) {
      theirs.add(p.tensor());
      wanted.add(p.reference());
      p.inputs().forEach(t -> wanted.add(match.ofCompressed(t).reference()));
      p.referenceInputs().forEach(t -> wanted.add(match.ofReference(t).reference()));
      sums.add(new Sums());
    }
    wanted.removeAll(match.reference().inputs());
    theirs.removeAll(match.compressed().inputs());
    number(wanted, referenceOutputs);
    number(theirs, compressedOutputs);
    reference = ModelRun.open(open(match.reference(), wanted), options.reference());
    compressed = ModelRun.open(open(match.compressed(), theirs), options.compressed());
    isolate(options);
  }

  private static Graph open(Graph g, Set<Integer> tensors) {
    return IsolatedParts.withOutputs(g, tensors.isEmpty() ? g.outputs() : List.copyOf(tensors));
  }

  private static void number(Set<Integer> tensors, Map<Integer, Integer> positions) {
    tensors.forEach(t -> positions.put(t, positions.size()));
  }

  private void isolate(DebugOptions options) {
    List<IsolatedParts.Piece> theirs = new ArrayList<>();
    List<IsolatedParts.Piece> ours = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      Part p = parts.get(i);
      if (!p.isolated()) {
        continue;
      }
      isolated.add(i);
      theirs.add(
          new IsolatedParts.Piece(
              p.ops(), p.inputs(), p.inputs().stream().map(t -> 0).toList(), p.tensor()));
      if (!p.referenceOps().isEmpty()) {
        withReference.add(i);
        List<Integer> fed = p.referenceInputs().stream().map(t -> fedBy(p, t)).toList();
        ours.add(
            new IsolatedParts.Piece(p.referenceOps(), p.referenceInputs(), fed, p.reference()));
      }
    }
    if (theirs.isEmpty()) {
      return;
    }
    try {
      pieces = IsolatedParts.of(match.compressed(), theirs);
      alone = ModelRun.open(pieces.graph, options.compressed());
      if (!ours.isEmpty()) {
        referencePieces = IsolatedParts.of(match.reference(), ours);
        referenceAlone = ModelRun.open(referencePieces.graph, options.reference());
      }
    } catch (SinterException e) {
      // The whole models ran: what they do together must not stand in the way of all the rest.
      note = "layers could not be run alone: " + e.getMessage();
      closeAlone();
      isolated.clear();
    }
  }

  /** The compressed tensor whose rounding an input of the reference's part gets; -1 for none. */
  private int fedBy(Part p, int referenceInput) {
    int root = match.ofReference(referenceInput).compressed();
    return p.inputs().stream().filter(t -> match.theirs.root(t) == root).findFirst().orElse(-1);
  }

  List<Sums> sums() {
    return sums;
  }

  /** Measures one example. */
  void add(InputSource.Feed feed, int example) {
    feed.fill(example, reference);
    values.clear();
    roundings.clear();
    for (int i = 0; i < match.reference().inputs().size(); i++) {
      float[] in = reference.readInput(i, null);
      Examples.requireNumbers(in, example, reference.inputTensor(i).name());
      values.put(match.reference().inputs().get(i), in);
      compressed.writeInput(i, in);
    }
    reference.run();
    compressed.run();
    referenceOutputs.forEach((t, at) -> values.put(t, reference.readOutput(at, null)));
    if (alone != null) {
      for (int i = 0; i < pieces.slots.size(); i++) {
        int t = pieces.slots.get(i).tensor();
        alone.writeInput(i, value(match.ofCompressed(t).reference()));
      }
      alone.run();
    }
    if (referenceAlone != null) {
      for (int i = 0; i < referencePieces.slots.size(); i++) {
        IsolatedParts.Slot slot = referencePieces.slots.get(i);
        int source = match.ofReference(slot.tensor()).reference();
        referenceAlone.writeInput(i, slot.fed() < 0 ? value(source) : rounded(source, slot.fed()));
      }
      referenceAlone.run();
    }
    int piece = 0;
    int referencePiece = 0;
    for (int i = 0; i < parts.size(); i++) {
      boolean runsAlone = isolated.contains(i);
      boolean both = runsAlone && withReference.contains(i);
      measure(i, runsAlone ? piece++ : -1, both ? referencePiece++ : -1);
    }
  }

  private float[] value(int referenceTensor) {
    return values.get(referenceTensor);
  }

  /** The reference's values as a tensor of the compressed model stores them. */
  private float[] rounded(int referenceTensor, int tensor) {
    long key = (long) referenceTensor << 32 | tensor;
    return roundings.computeIfAbsent(
        key,
        k -> {
          float[] v = value(referenceTensor);
          float[] out = new float[v.length];
          RealValues.roundTrip(v, match.compressed().tensor(tensor), out);
          return out;
        });
  }

  private void measure(int index, int piece, int referencePiece) {
    Part p = parts.get(index);
    Sums s = sums.get(index);
    Tensor t = match.compressed().tensor(p.tensor());
    float[] want = value(p.reference());
    Integer at = compressedOutputs.get(p.tensor());
    int input = match.compressed().inputs().indexOf(p.tensor());
    float[] into = scratch.length == want.length ? scratch : null;
    float[] got = at == null ? compressed.readInput(input, into) : compressed.readOutput(at, into);
    scratch = got;
    if (got.length != want.length) {
      throw new IllegalArgumentException(
          "tensor '"
              + t.name()
              + "' has "
              + got.length
              + " elements in the compressed model, "
              + want.length
              + " in the reference; do both take inputs of the same shapes?");
    }
    Shape shape =
        at == null ? compressed.session().inputs().get(input).shape() : compressed.outputShape(at);
    if (s.values == null) {
      s.values = new ValueStats(t, shape);
      s.ownValues = new ValueStats(t, shape);
    }
    float[] work = scratch2.length >= want.length ? scratch2 : new float[want.length];
    scratch2 = work;
    int row = SoftmaxRows.length(match.reference().main(), p.reference());
    if (row > 0) {
      want = lifted(want, row);
      got = lifted(got, row);
    }
    s.cumulative.add(want, got, work);
    s.values.add(want, got);
    if (!t.type().isFloat() && t.quantization().isPerTensor()) {
      s.rounding.add(want, lifted(rounded(p.reference(), p.tensor()), row), work);
    }
    if (piece < 0) {
      return;
    }
    s.isolated = true;
    float[] lone = lifted(alone.readOutput(piece, null), row);
    s.local.add(want, lone, work);
    float[] fair =
        referencePiece >= 0
            ? referenceAlone.readOutput(referencePiece, null)
            : rounded(p.reference(), p.inputs().get(0)); // QUANTIZE and DEQUANTIZE: what they read
    fair = lifted(fair, row);
    s.own.add(fair, lone, work);
    s.ownValues.add(fair, lone);
  }

  /** Of what softmaxes alone read nothing counts that they cannot tell apart, such as masks. */
  private static float[] lifted(float[] values, int row) {
    if (row == 0) {
      return values;
    }
    float[] out = values.clone();
    SoftmaxRows.lift(out, out.length, row);
    return out;
  }

  private void closeAlone() {
    if (alone != null) {
      alone.close();
      alone = null;
    }
    if (referenceAlone != null) {
      referenceAlone.close();
      referenceAlone = null;
    }
  }

  @Override
  public void close() {
    closeAlone();
    compressed.close();
    reference.close();
  }
}
