// Where outputs differ: does the reference agree with itself?
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.compare;

import dev.sinter.cli.peer.Peer;
import dev.sinter.cli.peer.PeerException;
import dev.sinter.cli.peer.PeerFactory;
import dev.sinter.graph.Shape;
import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.optimizer.data.InputSource;
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
      InputSource inputs,
      double tolerance,
      PeerFactory ours,
      PeerFactory reference) {
    Runs runs = new Runs(verdict.model(), file, shapes, inputs, reference);
    try {
      return judge(verdict, runs, tolerance, ours);
    } catch (PeerException e) {
      return verdict; // one opinion is all there is
    }
  }

  private Verdict judge(Verdict verdict, Runs runs, double tolerance, PeerFactory ours) {
    Comparison repeats = runs.beside(again, 0);
    if (repeats == null) {
      return verdict;
    }
    if (!repeats.isEqual()) {
      return other(
          verdict,
          Verdict.Status.REFERENCE_VARIES,
          "TFLite gives other values each time (max |diff| between two runs on the same inputs "
              + number(repeats.maxAbsDiff())
              + "): it reads memory that holds anything, or draws random numbers");
    }
    boolean alone = false;
    if (ops != null) {
      List<OpVerdict> each = ops.verify(runs.name, runs.file, v -> {}).ops();
      for (OpVerdict op : each) {
        if (op.verdict() != null && op.verdict().status() == Verdict.Status.REFERENCE_VARIES) {
          return other(
              verdict,
              Verdict.Status.REFERENCE_VARIES,
              "op " + op.op() + " " + op.kind() + " alone: " + op.verdict().message());
        }
      }
      alone = each.stream().allMatch(op -> op.verdict() == null || op.verdict().passes(false));
    }
    Comparison us = runs.beside(ours, SUM * tolerance);
    if (us == null) {
      return verdict;
    }
    if (alone && us.isClose()) {
      return other(
          verdict,
          Verdict.Status.CLOSE,
          "within ten times the tolerance, and each op alone is equal or close");
    }
    Comparison them = runs.beside(others, 0);
    if (them == null
        || !us.isEqualButForFloats()
        || !them.isEqualButForFloats()
        || !(us.rootMeanSquareDiff() <= FACTOR * them.rootMeanSquareDiff())
        || us.maxAbsDiff() > FACTOR * them.maxAbsDiff()
        || !(alone || them.rootMeanSquareDiff() <= MEANINGFUL * them.rootMeanSquare())) {
      return verdict;
    }
    return other(
        verdict,
        Verdict.Status.CLOSE,
        "a last bit grows here: TFLite's two sets of kernels are "
            + number(them.rootMeanSquareDiff())
            + " apart (root mean square), Sinter and the first "
            + number(us.rootMeanSquareDiff())
            + (alone ? "; each op alone is equal or close" : ""));
  }

  private static Verdict other(Verdict verdict, Verdict.Status status, String message) {
    return new Verdict(
        verdict.model(), status, verdict.maxAbsDiff(), verdict.mismatchFraction(), message);
  }

  private static String number(double x) {
    return String.format(Locale.ROOT, "%.3g", x);
  }

  /** A model on its inputs, in the reference and one other runtime at a time. */
  private static final class Runs {
    private final String name;
    private final byte[] file;
    private final List<Shape> shapes;
    private final InputSource inputs;
    private final PeerFactory reference;

    Runs(String name, byte[] file, List<Shape> shapes, InputSource inputs, PeerFactory reference) {
      this.name = name;
      this.file = file;
      this.shapes = shapes;
      this.inputs = inputs;
      this.reference = reference;
    }

    /** Compares; null if the other runtime does not take the model. */
    Comparison beside(PeerFactory other, double tolerance) {
      try (Peer first = reference.open(name, file, shapes);
          Peer second = open(other)) {
        if (second == null) {
          return null;
        }
        Comparison comparison = new Comparison(tolerance);
        InputSource.Feed feed = inputs.open(TfliteReader.read(file));
        for (int n = 0; n < feed.runs(); n++) {
          feed.fill(n, first, second);
          first.invoke();
          second.invoke();
          comparison.add(second, first);
        }
        return comparison;
      }
    }

    private Peer open(PeerFactory other) {
      try {
        return other.open(name, file, shapes);
      } catch (PeerException e) {
        return null;
      }
    }
  }
}
