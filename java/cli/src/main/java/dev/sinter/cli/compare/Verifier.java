// Runs a model in two runtimes on the same inputs and judges the outputs.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.compare;

import dev.sinter.cli.peer.Peer;
import dev.sinter.cli.peer.PeerException;
import dev.sinter.cli.peer.PeerFactory;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.optimizer.data.InputShapes;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.data.MisfitException;
import dev.sinter.optimizer.data.TensorSpec;
import java.util.List;

/** Compares a runtime with a reference, model by model. */
public final class Verifier {
  /** How far apart floats may be behind activations that are quantized while running. */
  private static final double DYNAMIC = 0.02;

  private final PeerFactory ours;
  private final PeerFactory reference;
  private final InputSource inputs;
  private final double tolerance;
  private final SecondOpinion second;

  /**
   * Makes a verifier that asks the reference once.
   *
   * @param ours the runtime under test
   * @param reference the runtime that is right
   * @param inputs what each model is run on
   * @param tolerance for floats, see {@link Comparison}
   */
  public Verifier(PeerFactory ours, PeerFactory reference, InputSource inputs, double tolerance) {
    this(ours, reference, inputs, tolerance, null);
  }

  /**
   * Makes a verifier.
   *
   * @param ours the runtime under test
   * @param reference the runtime that is right
   * @param inputs what each model is run on
   * @param tolerance for floats, see {@link Comparison}
   * @param second asked where outputs differ; may be null
   */
  public Verifier(
      PeerFactory ours,
      PeerFactory reference,
      InputSource inputs,
      double tolerance,
      SecondOpinion second) {
    this.ours = ours;
    this.reference = reference;
    this.inputs = inputs;
    this.tolerance = tolerance;
    this.second = second;
  }

  /**
   * Compares one model.
   *
   * @param name what to call it
   * @param file the contents of its file
   * @return the verdict
   * @throws MisfitException if both runtimes take the model, but the inputs do not fit it
   */
  public Verdict verify(String name, byte[] file) {
    return verify(name, file, shapes(file), inputs);
  }

  /**
   * Compares one model with more rows than the file says.
   *
   * @param name what to call it
   * @param file the contents of its file
   * @param batch the first dimension of inputs that have 1 there
   * @return the verdict
   */
  public Verdict verify(String name, byte[] file, int batch) {
    List<Shape> shapes;
    try {
      shapes = InputShapes.of(TfliteReader.read(file), batch);
    } catch (GraphException e) {
      shapes = List.of(); // opening it will say what is wrong
    }
    return verify(name, file, shapes, inputs);
  }

  /**
   * Compares one model with other input shapes, on other inputs.
   *
   * @param name what to call it
   * @param file the contents of its file
   * @param shapes shapes of its inputs; empty for those of the file
   * @param inputs what it is run on
   * @return the verdict
   */
  Verdict verify(String name, byte[] file, List<Shape> shapes, InputSource inputs) {
    boolean dynamic = quantizesWhileRunning(file);
    double allowed = tolerance(file, tolerance);
    Comparison comparison = new Comparison(allowed);
    Verdict verdict;
    boolean ran;
    try (Side a = Side.open(ours, name, file, shapes);
        Side b = Side.open(reference, name, file, shapes)) {
      if (a.peer != null && b.peer != null) {
        run(file, inputs, a, b, comparison);
      } else if (b.peer != null && a.failure.isUnsupported()) {
        runAlone(file, inputs, b);
      }
      verdict = verdict(name, a, b, comparison);
      ran = a.failure == null && b.failure == null;
    }
    if (second != null && ran && verdict.status() == Verdict.Status.DIFFERENT) {
      return second.on(verdict, file, shapes, inputs, allowed, ours, reference);
    }
    return dynamic && verdict.status() == Verdict.Status.CLOSE
        ? new Verdict(
            name,
            verdict.status(),
            verdict.maxAbsDiff(),
            verdict.mismatchFraction(),
            "activations are quantized while running: floats may differ by 2 % of the largest")
        : verdict;
  }

  private static List<Shape> shapes(byte[] file) {
    try {
      return InputShapes.of(TfliteReader.read(file));
    } catch (GraphException e) {
      return List.of(); // opening it will say what is wrong
    }
  }

  /**
   * Returns what floats of a model may differ by.
   *
   * @param file the contents of its file
   * @param usual the tolerance for most models
   * @return more for models that quantize activations while running
   */
  public static double tolerance(byte[] file, double usual) {
    return quantizesWhileRunning(file) ? Math.max(usual, DYNAMIC) : usual;
  }

  /** Whether float activations meet quantized weights, so that a last bit decides a rounding. */
  private static boolean quantizesWhileRunning(byte[] file) {
    try {
      Graph graph = TfliteReader.read(file);
      for (Subgraph subgraph : graph.subgraphs()) {
        for (Op op : subgraph.ops()) {
          boolean product =
              op.kind() instanceof OpKind.FullyConnected
                  || op.kind() instanceof OpKind.Conv
                  || op.kind() instanceof OpKind.Depthwise
                  || op.kind() instanceof OpKind.BatchMatMul;
          if (product
              && subgraph.tensor(op.input(0)).type() == ElementType.FLOAT32
              && !subgraph.tensor(op.input(1)).type().isFloat()) {
            return true;
          }
        }
      }
    } catch (GraphException e) {
      return false; // opening it will say what is wrong
    }
    return false;
  }

  /** TFLite finds ops that it does not know behind shapes that are open when it runs them. */
  private static void runAlone(byte[] file, InputSource inputs, Side b) {
    try {
      InputSource.Feed feed = inputs.open(TfliteReader.read(file));
      if (feed.runs() > 0) {
        feed.fill(0, b.peer);
        b.invoke();
      }
    } catch (GraphException | IllegalArgumentException e) {
      // There are no inputs for it: what is known is that the reference takes the model.
    }
  }

  private static void run(byte[] file, InputSource inputs, Side a, Side b, Comparison comparison) {
    if (a.peer.inputs().size() != b.peer.inputs().size()) {
      throw new PeerException("the runtimes disagree about the number of inputs");
    }
    InputSource.Feed feed;
    try {
      feed = inputs.open(TfliteReader.read(file));
    } catch (GraphException e) {
      a.failed(new PeerException(e.getMessage(), false, e));
      return;
    }
    for (int i = 0; i < b.peer.inputs().size(); i++) {
      TensorSpec spec = b.peer.inputs().get(i);
      if (!a.peer.inputs().get(i).shape().equals(spec.shape())) {
        a.failed(
            new PeerException(
                "input " + i + " is " + a.peer.inputs().get(i) + ", the reference's is " + spec));
        return;
      }
    }
    for (int n = 0; n < feed.runs() && a.failure == null && b.failure == null; n++) {
      try {
        feed.fill(n, b.peer, a.peer);
      } catch (IllegalArgumentException e) {
        a.failed(new PeerException("not compared: " + e.getMessage(), true, e));
        return;
      }
      a.invoke();
      b.invoke();
      if (a.failure == null && b.failure == null) {
        comparison.add(a.peer, b.peer);
      }
    }
  }

  private static Verdict verdict(String name, Side a, Side b, Comparison c) {
    if (a.failure != null || b.failure != null) {
      String message;
      Verdict.Status status;
      if (a.failure == null) {
        status = Verdict.Status.DIFFERENT;
        message = "Sinter runs what the reference refuses: " + b.failure.getMessage();
      } else if (b.failure == null) {
        status = a.failure.isUnsupported() ? Verdict.Status.UNSUPPORTED : Verdict.Status.DIFFERENT;
        message = a.failure.getMessage();
      } else {
        status = Verdict.Status.REFUSED_BY_BOTH;
        message = a.failure.getMessage() + " | " + b.failure.getMessage();
      }
      return new Verdict(name, status, 0, 0, message.replaceAll("\\s+", " "));
    }
    Verdict.Status status =
        c.isEqual()
            ? Verdict.Status.EQUAL
            : c.isClose() ? Verdict.Status.CLOSE : Verdict.Status.DIFFERENT;
    return new Verdict(name, status, c.maxAbsDiff(), c.mismatchFraction(), c.firstMismatch());
  }

  /** One runtime, as long as it does not fail. */
  private static final class Side implements AutoCloseable {
    private final Peer peer;
    private PeerException failure;

    private Side(Peer peer, PeerException failure) {
      this.peer = peer;
      this.failure = failure;
    }

    static Side open(PeerFactory factory, String name, byte[] file, List<Shape> shapes) {
      try {
        return new Side(factory.open(name, file, shapes), null);
      } catch (PeerException e) {
        return new Side(null, e);
      }
    }

    void failed(PeerException e) {
      failure = e;
    }

    void invoke() {
      try {
        peer.invoke();
      } catch (PeerException e) {
        failure = e;
      }
    }

    @Override
    public void close() {
      if (peer != null) {
        peer.close();
      }
    }
  }
}
