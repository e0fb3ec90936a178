// Measures what kernel rows of matrix products cost on this machine.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.Quantization;
import dev.sinter.runtime.catalogue.Row;
import dev.sinter.runtime.lower.Lowering;
import dev.sinter.runtime.lower.Step;
import dev.sinter.runtime.select.Features;
import dev.sinter.runtime.select.LeastSquares;
import dev.sinter.runtime.select.RowCost;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * Runs fully connected layers on one row at a time, on one thread, and finds the row's {@link
 * RowCost} by least squares of relative errors: products, elements of A, elements of C and a fixed
 * part, none below 0. Rows over blocks of zeros get weights with a fifth and half of their blocks
 * kept, and full ones. One row of A by weights that fit the second-level cache gives the bytes per
 * cycle.
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
  private static final int[] ONE_ROW = {1, 1024, 1024};
  private static final double[] DENSITIES = {0.2, 0.5, 0.8};
  private static final int WARM_UP = 3;

  /** Runs of a row that {@link #measure} makes at most: how to share out time. */
  public static final int RUNS = SHAPES.length * DENSITIES.length + 1;

  private final Target target;
  private final long slotNanos;
  private final double gigahertz;

  /**
   * Makes a profiler.
   *
   * @param target the machine, {@link Target#local()} or with fewer instruction sets
   * @param slotSeconds how long each shape is run
   * @param gigahertz the clock, to tell cycles from time
   */
  public RowProfiler(Target target, double slotSeconds, double gigahertz) {
    this.target = target;
    this.slotNanos = (long) (slotSeconds * 1e9);
    this.gigahertz = gigahertz;
  }

  /**
   * Tells which rows of a machine can be measured: those of int8 products that it runs, but for the
   * plain ones.
   *
   * @param target the machine
   * @return the rows, as the catalogue lists them
   */
  public static List<Row> rows(Target target) {
    return target.catalogue().rows("gemm", List.of("s8", "s8", "s8")).stream()
        .filter(row -> (row.needs() & ~target.isa()) == 0 && row.needs() != 0)
        .filter(row -> row.arch().equals(target.arch()) && row.numerics().equals("xnn.gemm"))
        .toList();
  }

  /**
   * Measures a row.
   *
   * @param row one of {@link #rows}
   * @return its figures
   */
  public RowCost measure(Row row) {
    List<double[]> features = new ArrayList<>();
    List<Double> cycles = new ArrayList<>();
    boolean sparse = row.packing().blockHeight() > 0;
    for (int[] shape : SHAPES) {
      for (double density : DENSITIES) {
        if (sparse || density == DENSITIES[0]) {
          Measured m = run(row, shape, sparse ? density : 1);
          Features f = m.features();
          features.add(new double[] {f.products(), f.inputs(), f.outputs(), 1});
          cycles.add(m.cycles());
        }
      }
    }
    double[] x = LeastSquares.relative(features, cycles);
    Measured one = run(row, ONE_ROW, sparse ? DENSITIES[0] : 1);
    double streaming = Math.max(1, one.cycles() - x[3] - x[2] * one.features().outputs());
    return new RowCost(
        round(1 / Math.max(x[0], 1e-6)),
        round(one.features().weightBytes() / streaming),
        round(x[3]),
        round(x[1]),
        round(x[2]));
  }

  /** Three digits: more are noise. */
  private static double round(double value) {
    return Double.parseDouble(String.format(Locale.ROOT, "%.3g", value));
  }

  private record Measured(Features features, double cycles) {}

  private Measured run(Row row, int[] shape, double density) {
    Graph graph = layer(shape[0], shape[1], shape[2], row.packing().blockHeight(), density);
    Step step = Lowering.lower(graph, Map.of()).steps().get(0);
    Options options = Options.builder().target(target.withRow(row.name())).profile(true).build();
    long best = Long.MAX_VALUE;
    try (Model model = Model.load(graph, options);
        Session session = model.newSession()) {
      long end = 0;
      for (int i = 0; i < WARM_UP || System.nanoTime() < end; i++) {
        end = i == WARM_UP - 1 ? System.nanoTime() + slotNanos : end;
        session.run();
        best = Math.min(best, session.profile().totalNanos());
      }
    }
    return new Measured(Features.of(step, row, density), best * gigahertz);
  }

  private static Graph layer(int m, int n, int k, int height, double density) {
    Random random = new Random(7);
    byte[] weights = new byte[n * k];
    int step = Math.max(1, height);
    for (int row = 0; row < n; row += step) {
      for (int column = 0; column < k; column += 4) {
        if (random.nextDouble() >= density) {
          continue;
        }
        for (int r = row; r < Math.min(n, row + step); r++) {
          for (int c = column; c < Math.min(k, column + 4); c++) {
            weights[r * k + c] = (byte) (random.nextInt(127) + 1);
          }
        }
      }
    }
    GraphBuilder b = Graph.builder("profile");
    Quantization q = Quantization.perTensor(0.1f, 0);
    GraphBuilder.Value x = b.input("x", ElementType.INT8, q, m, k);
    GraphBuilder.Value w = b.int8("w", weights, Quantization.perTensor(0.01f, 0), n, k);
    return x.fullyConnected(w, null, Activation.NONE).quantized(0.5f, 0).output("y").build();
  }
}
