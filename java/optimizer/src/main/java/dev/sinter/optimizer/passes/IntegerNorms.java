// Layer norms are written as ops that lose little in integers.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.passes;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphEditor;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.OpKind.Binary.Function;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Storage;
import dev.sinter.graph.Tensor;
import dev.sinter.graph.tflite.TfliteOps;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A layer norm divides x less its mean by the root of its variance, which is its length over the
 * root of the number of channels n: L2_NORMALIZATION(x - mean) * (factor * sqrt(n)) + shift. The
 * kernel sums the squares in 32 bits, so that no tensor has to hold a variance: those of tokens
 * differ by factors of hundreds, and with one scale for all of them most are stored as nearly 0.
 *
 * <p>Where x is a sum that nobody else reads and few of its channels are far beyond the others,
 * these are computed divided by whole numbers t: terms are divided in the weights that make them or
 * by a MUL, the mean is a product with t / n, and the vector whose length is taken holds t * t
 * copies of such a channel, so that the length is that of x. Factors multiply by t again.
 */
public final class IntegerNorms implements GraphPass {
  /** Epsilon is left out, which is right as long as it is small beside all variances. */
  private static final double NEGLIGIBLE = 1.0 / 50;

  /** Channels are divided where the largest magnitude sinks at least so far. */
  private static final double LEAST_GAIN = 4;

  private final Map<String, float[]> lowest;
  private final Map<String, float[]> magnitudes;
  private final double copies;
  private final List<String> left = new ArrayList<>();

  /**
   * Makes one.
   *
   * @param lowest by name of a tensor: the smallest value of each channel on examples; for those
   *     that {@link #observed} names
   * @param magnitudes the largest magnitudes of the same
   * @param copies how many copies of channels may be added to a norm, as a part of its channels; 0
   *     to divide none
   */
  public IntegerNorms(Map<String, float[]> lowest, Map<String, float[]> magnitudes, double copies) {
    if (!(copies >= 0 && copies <= 4)) {
      throw new IllegalArgumentException("copies of " + copies + " is not in 0 .. 4");
    }
    this.lowest = Map.copyOf(lowest);
    this.magnitudes = Map.copyOf(magnitudes);
    this.copies = copies;
  }

  /**
   * Finds out what must be known of examples.
   *
   * @param graph a model
   * @return tensors of its main subgraph; none if it has no layer norms
   */
  public static List<Integer> observed(Graph graph) {
    List<Integer> out = new ArrayList<>();
    for (NormPattern norm : NormPattern.find(graph)) {
      out.add(norm.variance());
      out.add(norm.input());
    }
    return out;
  }

  /**
   * Tells whether a model has layer norms, in single ops or as this pass leaves them.
   *
   * @param graph a model
   * @return true if its main subgraph has any
   */
  public static boolean isIn(Graph graph) {
    return graph.ops().stream().anyMatch(o -> o.kind() instanceof OpKind.L2Normalization)
        || !NormPattern.find(graph).isEmpty();
  }

  @Override
  public String name() {
    return "layer_norms";
  }

  /**
   * Returns the norms that stay as they are.
   *
   * @return a line for each, with the reason
   */
  public List<String> left() {
    return List.copyOf(left);
  }

  @Override
  public Result apply(Graph graph) {
    List<String> done = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    Graph g = graph;
    boolean more = true;
    while (more) {
      more = false;
      for (NormPattern norm : NormPattern.find(g)) {
        String name = g.tensor(norm.output()).name();
        if (seen.add(name)) {
          String obstacle = obstacle(g, norm);
          if (obstacle == null) {
            g = new Rewriting(g, norm).run(done);
            more = true;
            break;
          }
          left.add("'" + name + "' stays as it is: " + obstacle);
        }
      }
    }
    return new Result(g, done);
  }

  private String obstacle(Graph g, NormPattern norm) {
    float[] variances = lowest.get(g.tensor(norm.variance()).name());
    if (variances == null) {
      return "its variances are not known";
    }
    return norm.epsilon() > NEGLIGIBLE * variances[0]
        ? "its epsilon of "
            + norm.epsilon()
            + " counts beside variances from "
            + variances[0]
            + " on, and L2_NORMALIZATION has none"
        : null;
  }

  /** Whole numbers to divide channels by so that the largest magnitude is least. */
  static int[] divisors(float[] magnitudes, int copies) {
    int[] best = new int[magnitudes.length];
    Arrays.fill(best, 1);
    double low = 0;
    double high = largest(magnitudes, best);
    double all = high;
    for (int step = 0; step < 40; step++) {
      double limit = (low + high) / 2;
      long more = 0;
      for (float m : magnitudes) {
        double t = Math.max(1, Math.ceil(m / limit));
        more += (long) Math.min(1e9, t * t - 1);
      }
      if (more > copies) {
        low = limit;
      } else {
        high = limit;
      }
    }
    for (int c = 0; high > 0 && c < best.length; c++) {
      best[c] = (int) Math.max(1, Math.ceil(magnitudes[c] / high));
    }
    if (largest(magnitudes, best) * LEAST_GAIN > all) {
      Arrays.fill(best, 1);
    }
    return best;
  }

  private static double largest(float[] magnitudes, int[] divisors) {
    double most = 0;
    for (int c = 0; c < divisors.length; c++) {
      most = Math.max(most, magnitudes[c] / divisors[c]);
    }
    return most;
  }

  /** One norm. */
  private final class Rewriting {
    private final NormPattern norm;
    private final int channels;
    private final String base;
    private Graph g;
    private GraphEditor editor;
    private int at;

    Rewriting(Graph g, NormPattern norm) {
      this.g = g;
      this.norm = norm;
      this.channels = norm.channels(g);
      this.base = g.tensor(norm.output()).name();
    }

    Graph run(List<String> done) {
      int[] t = divided() ? divisors(magnitudes.get(name(norm.input())), most()) : null;
      boolean plain = t == null || Arrays.stream(t).allMatch(d -> d == 1);
      editor = g.edit();
      int last = norm.ops().stream().mapToInt(i -> i).max().orElseThrow();
      // In front of the last op, which goes: all that the new ops read is there.
      at = last;
      int unit = plain ? unit(centred(norm.input(), norm.mean())) : divide(t);
      float[] factors = norm.values(g, norm.factor());
      float[] factor = new float[channels];
      for (int c = 0; c < channels; c++) {
        double own = factors == null ? 1 : factors[c];
        factor[c] = (float) (own * Math.sqrt(channels) * (plain ? 1 : t[c]));
      }
      int constant = constant(base + "/factor", factor);
      if (norm.shift() < 0) {
        binary(Function.MUL, unit, constant, norm.output());
      } else {
        int scaled = tensor(base + "/scaled", g.tensor(norm.output()));
        binary(Function.MUL, unit, constant, scaled);
        binary(
            Function.ADD,
            scaled,
            constant(base + "/shift", norm.values(g, norm.shift())),
            norm.output());
      }
      Set<Integer> gone = new HashSet<>(norm.ops());
      if (plain) {
        gone.remove(g.main().producer(norm.mean()));
      } else {
        gone.add(g.main().producer(norm.input()));
      }
      int added = at - last;
      gone.stream().sorted((a, b) -> b - a).forEach(i -> editor.removeOp(i < last ? i : i + added));
      done.add("'" + base + "'" + (plain ? "" : ", " + told(t)));
      return editor.build();
    }

    private String told(int[] t) {
      return IntStream.range(0, channels).filter(c -> t[c] > 1).count()
          + " of "
          + channels
          + " channels before it divided by up to "
          + Arrays.stream(t).max().orElse(1);
    }

    private int most() {
      return (int) (copies * channels);
    }

    private String name(int tensor) {
      return g.tensor(tensor).name();
    }

    /** Whether x is a sum, of terms with as many channels, that nobody else reads. */
    private boolean divided() {
      int p = g.main().producer(norm.input());
      return p >= 0
          && magnitudes.containsKey(name(norm.input()))
          && g.ops().get(p).kind() instanceof OpKind.Binary b
          && b.function() == Function.ADD
          && b.activation() == Activation.NONE
          && norm.ops().containsAll(g.main().consumers(norm.input()))
          && !g.outputs().contains(norm.input())
          && g.ops().get(p).inputs().stream().allMatch(this::hasChannels);
    }

    private boolean hasChannels(int tensor) {
      Shape shape = g.tensor(tensor).shape();
      return shape.rank() > 0 && shape.dim(shape.rank() - 1) == channels;
    }

    private int centred(int x, int mean) {
      int centred = tensor(base + "/centred", g.tensor(norm.input()));
      binary(Function.SUB, x, mean, centred);
      return centred;
    }

    private int unit(int x) {
      int unit = tensor(base + "/unit", editor.tensor(x));
      add(new OpKind.L2Normalization(Activation.NONE), List.of(x), unit);
      return unit;
    }

    /** The sum anew with some channels divided, and the unit vectors that come of it. */
    private int divide(int[] t) {
      Op sum = g.ops().get(g.main().producer(norm.input()));
      float[] inverse = new float[channels];
      float[] weights = new float[channels];
      for (int c = 0; c < channels; c++) {
        inverse[c] = 1f / t[c];
        weights[c] = (float) t[c] / channels;
      }
      Tensor whole = g.tensor(norm.input());
      int small = constant(base + "/inverse", inverse);
      List<Integer> terms = new ArrayList<>();
      for (int term : sum.inputs()) {
        int folded = DividedTerms.fold(g, editor, term, t);
        if (folded < 0) {
          folded = tensor(base + "/term" + terms.size(), g.tensor(term));
          binary(Function.MUL, term, small, folded);
        }
        terms.add(folded);
      }
      int x = tensor(name(norm.input()) + DividedTerms.DIVIDED, whole);
      binary(Function.ADD, terms.get(0), terms.get(1), x);
      int row =
          editor.addTensor(
              Tensor.of(base + "/mean_weights", ElementType.FLOAT32, Shape.of(1, channels))
                  .withStorage(Neighbours.constant(weights, Shape.of(1, channels)).storage()));
      int mean = tensor(base + "/mean", g.tensor(norm.mean()));
      add(new OpKind.FullyConnected(Activation.NONE, true, false, false), List.of(x, row), mean);
      int means = tensor(base + "/means", whole);
      binary(Function.MUL, mean, small, means);
      int centred = centred(x, means);
      int[] order = copies(t);
      int rank = whole.shape().rank();
      int repeated = tensor(base + "/repeated", wide(whole, order.length));
      add(
          TfliteOps.builtin("GATHER", 2, Map.of("axis", rank - 1)),
          List.of(centred, integers(base + "/order", order)),
          repeated);
      int all = unit(repeated);
      int unit = tensor(base + "/unit_of_channels", whole);
      int[] size = new int[rank];
      Arrays.fill(size, -1);
      size[rank - 1] = channels;
      add(
          TfliteOps.builtin("SLICE", 2, Map.of()),
          List.of(all, integers(base + "/begin", new int[rank]), integers(base + "/size", size)),
          unit);
      return unit;
    }

    /** The channels, and behind them t * t - 1 more of each that is divided by t. */
    private int[] copies(int[] t) {
      IntStream.Builder order = IntStream.builder();
      IntStream.range(0, channels).forEach(order);
      for (int c = 0; c < channels; c++) {
        for (int i = 1; i < t[c] * t[c]; i++) {
          order.add(c);
        }
      }
      return order.build().toArray();
    }

    private Tensor wide(Tensor like, int count) {
      int last = like.shape().rank() - 1;
      Tensor out = like.withShape(like.shape().withDim(last, count));
      return like.hasSignature() ? out.withSignature(like.signature().withDim(last, count)) : out;
    }

    private int tensor(String name, Tensor like) {
      Tensor made = Tensor.of(name, ElementType.FLOAT32, like.shape());
      return editor.addTensor(like.hasSignature() ? made.withSignature(like.signature()) : made);
    }

    private int constant(String name, float[] values) {
      Shape shape = Shape.of(values.length);
      return editor.addTensor(
          Tensor.of(name, ElementType.FLOAT32, shape)
              .withStorage(Neighbours.constant(values, shape).storage()));
    }

    private int integers(String name, int[] values) {
      ByteBuffer stored = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
      Arrays.stream(values).forEach(stored::putInt);
      return editor.addTensor(
          Tensor.of(name, ElementType.INT32, Shape.of(values.length))
              .withStorage(Storage.wrap(stored.flip())));
    }

    private void binary(Function function, int a, int b, int to) {
      add(new OpKind.Binary(function, Activation.NONE), List.of(a, b), to);
    }

    private void add(OpKind kind, List<Integer> inputs, int to) {
      editor.insertOp(at++, Op.of(kind, inputs, List.of(to)));
    }
  }
}
