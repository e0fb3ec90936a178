// Measures what kernel rows of matrix products cost on this machine.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.Graph;
import dev.sinter.runtime.catalogue.Row;
import dev.sinter.runtime.lower.Lowering;
import dev.sinter.runtime.lower.Step;
import dev.sinter.runtime.select.Features;
import dev.sinter.runtime.select.LeastSquares;
import dev.sinter.runtime.select.RowCost;
import dev.sinter.runtime.select.Selector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Runs fully connected layers, convolutions and depthwise layers on one row at a time, on one
 * thread, and finds the row's {@link RowCost} by least squares of relative errors: products,
 * elements of A, elements of C and a fixed part, none below 0; of layers with windows products and
 * the fixed part. Rows over blocks of zeros get weights with a fifth and half of their blocks kept,
 * and full ones. One row of A by weights that fit the second-level cache gives the bytes per cycle.
 *
 * <p>What a layer takes is the shortest time of all its runs. Each layer runs anew whenever {@link
 * #run} comes to its row: other work on the machine lasts for seconds at times, and would pass for
 * a slow row if all of the row's runs followed one another.
 */
public final class RowProfiler {
  private static final int[][] SHAPES = {
    {784, 64, 64},
    {784, 64, 256},
    {784, 256, 64},
    {784, 256, 256},
    {784, 32, 192},
    {784, 192, 32},
    {196, 512, 512},
    {196, 96, 576},
    {196, 576, 96},
    {49, 160, 960},
    {49, 960, 160},
    {49, 1280, 320},
    {3136, 24, 96},
    {3136, 144, 24},
    {32, 16, 16}
  };

  /**
   * Height and width, channels, stride of convolutions with windows of 3 x 3. Without small ones
   * the fixed part would be a guess, and decide about small layers.
   */
  private static final int[][] CONVOLUTIONS = {
    {32, 16, 1},
    {16, 32, 1},
    {8, 64, 1},
    {28, 64, 2},
    {14, 128, 1},
    {56, 8, 1},
    {8, 16, 1}
  };

  /** The same of depthwise layers. */
  private static final int[][] MAPS = {
    {56, 32, 1},
    {56, 96, 2},
    {28, 144, 1},
    {14, 384, 1},
    {14, 576, 2},
    {7, 960, 1},
    {16, 64, 2},
    {8, 32, 1}
  };

  private static final int ONE_ROW = 1024;
  private static final double[] DENSITIES = {0.2, 0.5, 0.8};
  private static final int WARM_UP = 3;

  /** Two figures follow from so many maps at least. */
  private static final int LEAST_MAPS = 2;

  private final Target target;
  private final long slotNanos;
  private final double gigahertz;
  private final Map<Layer, Long> shortest = new HashMap<>();

  /**
   * Makes a profiler.
   *
   * @param target the machine, {@link Target#local()} or with fewer instruction sets
   * @param slotSeconds how long each layer runs at a time
   * @param gigahertz the clock, to tell cycles from time
   */
  public RowProfiler(Target target, double slotSeconds, double gigahertz) {
    this.target = target;
    this.slotNanos = (long) (slotSeconds * 1e9);
    this.gigahertz = gigahertz;
  }

  /**
   * Tells which rows of a machine can be measured: those of products and depthwise layers that it
   * runs in the forms of {@link ProfiledLayer}, but for the plain ones.
   *
   * @param target the machine
   * @return the rows, form by form, as the catalogue lists them
   */
  public static List<Row> rows(Target target) {
    return candidates(target).stream().filter(row -> isMeasurable(target, row)).toList();
  }

  /**
   * Tells which rows of these forms keep the catalogue's guesses: those that take too few of the
   * layers that are run.
   *
   * @param target the machine
   * @return the rows
   */
  public static List<Row> left(Target target) {
    return candidates(target).stream().filter(row -> !isMeasurable(target, row)).toList();
  }

  private static boolean isMeasurable(Target target, Row row) {
    return !ProfiledLayer.of(row).hasWindows() || maps(target, row).size() >= LEAST_MAPS;
  }

  /** The maps that a row takes. */
  private static List<int[]> maps(Target target, Row row) {
    ProfiledLayer form = ProfiledLayer.of(row);
    Selector selector = new Selector(target.withRow(row.name()), Numerics.TFLITE, new HashMap<>());
    List<int[]> out = new ArrayList<>();
    for (int[] map : row.op().name().equals("conv") ? CONVOLUTIONS : MAPS) {
      for (Step step : Lowering.lower(form.layer(map, 0, 1), Map.of()).steps()) {
        if (step.op().equals(form.op()) && isTaken(selector, step)) {
          out.add(map);
        }
      }
    }
    return out;
  }

  private static boolean isTaken(Selector selector, Step step) {
    try {
      selector.choose(step);
      return true;
    } catch (SinterException e) {
      return false;
    }
  }

  private static List<Row> candidates(Target target) {
    List<Row> out = new ArrayList<>();
    for (ProfiledLayer form : ProfiledLayer.values()) {
      target.catalogue().rows(form.op(), form.types()).stream()
          .filter(row -> (row.needs() & ~target.isa()) == 0 && row.needs() != 0)
          .filter(row -> row.arch().equals(target.arch()))
          .filter(row -> row.numerics().equals(form.numerics()))
          .forEach(out::add);
    }
    return out;
  }

  /**
   * Counts the layers that a row runs: how to share out time.
   *
   * @param target the machine
   * @param row one of {@link #rows}
   * @return how many {@link #run} runs
   */
  public static int layers(Target target, Row row) {
    return layersOf(target, row).size();
  }

  private static List<Layer> layersOf(Target target, Row row) {
    List<Layer> out = new ArrayList<>();
    if (ProfiledLayer.of(row).hasWindows()) {
      for (int[] map : maps(target, row)) {
        out.add(new Layer(row, map, 1));
      }
      return out;
    }
    boolean sparse = row.packing().blockHeight() > 0;
    for (int[] shape : SHAPES) {
      for (double density : DENSITIES) {
        boolean wanted = sparse || density == DENSITIES[0];
        if (wanted && ProfiledLayer.of(row).takes(shape)) {
          out.add(new Layer(row, shape, sparse ? density : 1));
        }
      }
    }
    out.add(new Layer(row, oneRow(target, row), sparse ? DENSITIES[0] : 1));
    return out;
  }

  /**
   * Runs a row's layers, each for one slot of time.
   *
   * @param row one of {@link #rows}
   */
  public void run(Row row) {
    layersOf(target, row).forEach(this::run);
  }

  /**
   * Tells what a row costs by all its runs; without any, it is run once.
   *
   * @param row one of {@link #rows}
   * @return its figures
   */
  public RowCost measure(Row row) {
    List<double[]> features = new ArrayList<>();
    List<Double> cycles = new ArrayList<>();
    List<Layer> layers = layersOf(target, row);
    if (ProfiledLayer.of(row).hasWindows()) {
      for (Layer layer : layers) {
        Measured m = measured(layer);
        features.add(new double[] {m.work(), 1});
        cycles.add(m.cycles());
      }
      double[] x = LeastSquares.relative(features, cycles);
      return new RowCost(round(1 / Math.max(x[0], 1e-6)), 0, round(x[1]), 0, 0);
    }
    for (Layer layer : layers.subList(0, layers.size() - 1)) {
      Measured m = measured(layer);
      Features f = m.features();
      features.add(new double[] {f.products(), f.inputs(), f.outputs(), 1});
      cycles.add(m.cycles());
    }
    double[] x = LeastSquares.relative(features, cycles);
    Measured one = measured(layers.get(layers.size() - 1));
    double streaming = Math.max(1, one.cycles() - x[3] - x[2] * one.features().outputs());
    return new RowCost(
        round(1 / Math.max(x[0], 1e-6)),
        round(one.features().weightBytes() / streaming),
        round(x[3]),
        round(x[1]),
        round(x[2]));
  }

  /** One row of A by weights of which half the second-level cache holds all. */
  private static int[] oneRow(Target target, Row row) {
    int side = ONE_ROW;
    while (side > 256
        && ProfiledLayer.of(row).bytesPerWeight() * side * side > target.level2Bytes() / 2.0) {
      side /= 2;
    }
    return new int[] {1, side, side};
  }

  /** Three digits: more are noise. */
  private static double round(double value) {
    return Double.parseDouble(String.format(Locale.ROOT, "%.3g", value));
  }

  /** A layer on one row; of rows over blocks of zeros `density` of the blocks are kept. */
  private record Layer(Row row, List<Integer> shape, double density) {
    Layer(Row row, int[] shape, double density) {
      this(row, Arrays.stream(shape).boxed().toList(), density);
    }

    ProfiledLayer form() {
      return ProfiledLayer.of(row);
    }

    Graph graph() {
      int[] dims = shape.stream().mapToInt(Integer::intValue).toArray();
      return form().layer(dims, row.packing().blockHeight(), density);
    }

    Step step() {
      return Lowering.lower(graph(), Map.of()).steps().stream()
          .filter(s -> s.op().equals(form().op()))
          .findFirst()
          .orElseThrow();
    }
  }

  private record Measured(Features features, double work, double cycles) {}

  private Measured measured(Layer layer) {
    if (!shortest.containsKey(layer)) {
      run(layer);
    }
    ProfiledLayer form = layer.form();
    Step step = layer.step();
    Features features = form.hasWindows() ? null : Features.of(step, layer.row(), layer.density());
    double work = form.op().equals("conv") ? Features.convolution(step, layer.row()) : step.work();
    return new Measured(features, work, shortest.get(layer) * gigahertz);
  }

  private void run(Layer layer) {
    Options options =
        Options.builder().target(target.withRow(layer.row().name())).profile(true).build();
    long best = Long.MAX_VALUE;
    try (Model model = Model.load(layer.graph(), options);
        Session session = model.newSession()) {
      long end = 0;
      for (int i = 0; i < WARM_UP || System.nanoTime() < end; i++) {
        end = i == WARM_UP - 1 ? System.nanoTime() + slotNanos : end;
        session.run();
        best = Math.min(best, session.profile().totalNanos());
      }
    }
    shortest.merge(layer, best, Math::min);
  }
}
