// Where outputs differ: does the reference agree with itself?
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.compare;

import dev.sinter.cli.peer.Peer;
import dev.sinter.cli.peer.PeerException;
import dev.sinter.cli.peer.PeerFactory;
import dev.sinter.graph.Graph;
import dev.sinter.graph.Shape;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.data.TensorSpec;
import java.util.List;
import java.util.Locale;

/**
 * Asks the reference again, in a fresh process, and asks its other kernels. A reference that reads
 * memory it does not own, or that draws random numbers, gives other values each time: nothing can
 * be compared with it. And in some models a last bit grows, layer upon layer, beyond any fixed
 * tolerance: there the reference's own two sets of kernels are as far apart as Sinter is from one
 * of them.
 *
 * @param again opens the reference as before, in another process
 * @param others opens the reference with its other kernels
 * @param ops compares a model's ops one by one, to tell a difference that an op makes from one that
 *     grows over many; null for models that are one op
 */
public record SecondOpinion(PeerFactory again, PeerFactory others, OpVerifier ops) {
  /** Two roundings that know nothing of each other are this much further apart at most. */
  private static final double FACTOR = 2;

  /** What many ops, each of them close, may add up to: so many times the tolerance. */
  private static final double SUM = 10;

  /** Beyond this part of an output's own size, the reference says nothing about it. */
  private static final double MEANINGFUL = 0.1;

  /**
   * Judges a model whose outputs differ.
   *
   * @param verdict what was found
   * @param file the contents of its file
   * @param shapes shapes of its inputs; empty for those of the file
   * @param graph the model
   * @param inputs what it was run on
   * @param tolerance what floats were allowed
   * @param ours the runtime under test
   * @param reference the runtime that is right
   * @return the same verdict, or a milder one with the figures that it rests on
   */
  Verdict on(
      Verdict verdict,
      byte[] file,
      List<Shape> shapes,
      Graph graph,
      InputSource inputs,
      double tolerance,
      PeerFactory ours,
      PeerFactory reference) {
    String name = verdict.model();
    try {
      Apart repeats = apart(name, file, shapes, graph, inputs, reference, again);
      if (repeats == null) {
        return verdict; // one opinion is all there is
      }
      if (!repeats.isEqual()) {
        return new Verdict(
            name,
            Verdict.Status.REFERENCE_VARIES,
            verdict.maxAbsDiff(),
            verdict.mismatchFraction(),
            "TFLite gives other values each time (max |diff| between two runs on the same inputs "
                + number(repeats.max())
                + "): it reads memory that holds anything, or draws random numbers");
      }
    } catch (PeerException e) {
      return verdict;
    }
    boolean alone = false;
    if (ops != null) {
      OpVerifier.Result result = ops.verify(name, file, v -> {});
      for (OpVerdict op : result.ops()) {
        if (op.verdict() != null && op.verdict().status() == Verdict.Status.REFERENCE_VARIES) {
          return new Verdict(
              name,
              Verdict.Status.REFERENCE_VARIES,
              verdict.maxAbsDiff(),
              verdict.mismatchFraction(),
              "op " + op.op() + " " + op.kind() + " alone: " + op.verdict().message());
        }
      }
      alone =
          result.ops().stream().allMatch(op -> op.verdict() == null || op.verdict().passes(false));
    }
    if (alone && within(SUM * tolerance, name, file, shapes, graph, inputs, ours, reference)) {
      return new Verdict(
          name,
          Verdict.Status.CLOSE,
          verdict.maxAbsDiff(),
          verdict.mismatchFraction(),
          "within ten times the tolerance, and each op alone is equal or close");
    }
    try {
      Apart of = apart(name, file, shapes, graph, inputs, reference, others);
      Apart us = of == null ? null : apart(name, file, shapes, graph, inputs, reference, ours);
      if (us != null
          && us.isReal()
          && of.isReal()
          && us.rms() <= FACTOR * of.rms()
          && us.max() <= FACTOR * of.max()
          && (alone || of.rms() <= MEANINGFUL * of.size())) {
        return new Verdict(
            name,
            Verdict.Status.CLOSE,
            verdict.maxAbsDiff(),
            verdict.mismatchFraction(),
            "a last bit grows here: TFLite's two sets of kernels are "
                + number(of.rms())
                + " apart (root mean square), Sinter and the first "
                + number(us.rms())
                + (alone ? "; each op alone is equal or close" : ""));
      }
    } catch (PeerException e) {
      return verdict;
    }
    return verdict;
  }

  private static boolean within(
      double tolerance,
      String name,
      byte[] file,
      List<Shape> shapes,
      Graph graph,
      InputSource inputs,
      PeerFactory ours,
      PeerFactory reference) {
    Comparison comparison = new Comparison(tolerance);
    try (Peer first = reference.open(name, file, shapes);
        Peer second = ours.open(name, file, shapes)) {
      InputSource.Feed feed = inputs.open(graph);
      for (int n = 0; n < feed.runs(); n++) {
        feed.fill(n, first, second);
        first.invoke();
        second.invoke();
        comparison.add(second, first);
      }
    }
    return comparison.isClose();
  }

  /** How far two runtimes are apart; null if the second does not take the model. */
  private static Apart apart(
      String name,
      byte[] file,
      List<Shape> shapes,
      Graph graph,
      InputSource inputs,
      PeerFactory one,
      PeerFactory two) {
    try (Peer first = one.open(name, file, shapes);
        Peer second = open(two, name, file, shapes)) {
      if (second == null) {
        return null;
      }
      Apart apart = new Apart();
      InputSource.Feed feed = inputs.open(graph);
      for (int n = 0; n < feed.runs(); n++) {
        feed.fill(n, first, second);
        first.invoke();
        second.invoke();
        apart.add(first, second);
      }
      return apart;
    }
  }

  private static Peer open(PeerFactory factory, String name, byte[] file, List<Shape> shapes) {
    try {
      return factory.open(name, file, shapes);
    } catch (PeerException e) {
      return null; // it does not run this
    }
  }

  private static String number(double x) {
    return String.format(Locale.ROOT, "%.3g", x);
  }

  /** How far two runtimes are apart over all outputs that are floats; others must be equal. */
  private static final class Apart {
    private final Comparison exact = new Comparison(0);
    private double squares;
    private double size;
    private long elements;
    private boolean real = true;

    void add(Peer reference, Peer other) {
      exact.add(other, reference);
      List<TensorSpec> specs = reference.outputs();
      if (specs.size() != other.outputs().size()) {
        real = false;
        return;
      }
      for (int i = 0; i < specs.size() && real; i++) {
        Comparison one = new Comparison(0);
        TensorSpec spec = specs.get(i);
        real = spec.shape().equals(other.outputs().get(i).shape());
        if (!real) {
          return;
        }
        one.add(spec, other.output(i), reference.output(i));
        if (spec.type().isFloat()) {
          squares += one.squaredDiffs();
          size += one.squares();
          elements += one.elements();
        } else {
          real = one.isEqual();
        }
      }
    }

    boolean isEqual() {
      return exact.isEqual();
    }

    /** Whether floats alone differ. */
    boolean isReal() {
      return real;
    }

    double max() {
      return exact.maxAbsDiff();
    }

    double rms() {
      return elements == 0 ? 0 : Math.sqrt(squares / elements);
    }

    double size() {
      return elements == 0 ? 0 : Math.sqrt(size / elements);
    }
  }
}
