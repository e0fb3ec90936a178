// Chooses a kernel row per step: what may run here, then what is expected to be fastest.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.select;

import dev.sinter.runtime.SinterException;
import dev.sinter.runtime.Status;
import dev.sinter.runtime.Target;
import dev.sinter.runtime.catalogue.Layout;
import dev.sinter.runtime.catalogue.Limit;
import dev.sinter.runtime.catalogue.Row;
import dev.sinter.runtime.lower.Step;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Plain arithmetic over the catalogue. The expected cost of a row is the larger of its products at
 * its best rate, shapes rounded up to its tile, and its packed weights at the rate of the cache
 * they fit in; plus a fixed part, plus conversions of layout.
 */
public final class Selector {
  // Bytes per cycle that one core streams: measured around 30 from L2, 16-25 from L3, 7 from DRAM.
  private static final double LEVEL2_RATE = 28;
  private static final double LEVEL3_RATE = 18;
  private static final double MEMORY_RATE = 7;

  private final Target target;
  private final Map<ByteBuffer, Double> densities = new LinkedHashMap<>();

  /**
   * Makes a selector.
   *
   * @param target the machine
   */
  public Selector(Target target) {
    this.target = target;
  }

  private record Candidate(Row row, double cycles, String refusal) {}

  /** Chooses a row for a step. */
  public Choice choose(Step step) {
    List<Candidate> candidates = new ArrayList<>();
    for (Row row : target.catalogue().rows(step.op(), step.types())) {
      candidates.add(new Candidate(row, cycles(step, row), refusal(step, row)));
    }
    candidates.sort(Comparator.comparingDouble(Candidate::cycles));
    List<Choice.Refusal> refusals = new ArrayList<>();
    for (Candidate c : candidates) {
      if (c.refusal() == null) {
        return new Choice(c.row(), c.cycles(), List.copyOf(refusals));
      }
      refusals.add(new Choice.Refusal(c.row().name(), c.refusal()));
    }
    throw new SinterException(
        Status.UNSUPPORTED,
        "op "
            + step.opIndex()
            + " "
            + step.label()
            + ": no kernel for "
            + step.op()
            + " with types "
            + step.types()
            + (refusals.isEmpty() ? "" : "; refused: " + refusals));
  }

  /** Why a row may not run here, or null. */
  private String refusal(Step step, Row row) {
    if (!row.arch().equals("any") && !row.arch().equals(target.arch())) {
      return "is for " + row.arch();
    }
    long missing = row.needs() & ~target.isa();
    if (missing != 0) {
      String names = target.catalogue().describeBits(missing);
      return target.forcedIsa() == null
          ? "this CPU lacks " + names
          : "needs " + names + ", SINTER_ISA or the option isa is " + target.forcedIsa();
    }
    if (!row.built()) {
      return "is not in this build of the library";
    }
    for (Limit limit : row.limits()) {
      int value = step.param(limit.field());
      if (!limit.holds(value)) {
        return "takes " + limit + ", here " + limit.field() + " is " + value;
      }
    }
    if (converts(step, row) && conversion(step, Layout.NHWC, row.layoutIn()) == null) {
      return "there is no conversion to its layout";
    }
    return null;
  }

  /** What a row is expected to cost on one core. */
  double cycles(Step step, Row row) {
    double work = step.work();
    double weights = 0;
    if (step.op().equals("gemm")) {
      double n = roundUp(step.param("n"), row.tileN());
      double k = roundUp(step.param("k"), row.tileK());
      work = step.param("m") * n * k;
      weights = n * k;
    } else if (step.op().equals("conv")) {
      double n = roundUp(step.param("out_c") / Math.max(1, step.param("groups")), row.tileN());
      work = work / step.param("out_c") * n * step.param("groups");
      weights = work / Math.max(1, pixels(step));
    }
    if (row.packing() != null && row.packing().keepsNonZeroBlocks()) {
      double density = density(step);
      work *= density;
      weights *= density * 1.25; // and an index per block
    }
    if (step.types().get(0).equals("f32")) {
      weights *= 4;
    }
    double rate =
        weights <= target.level2Bytes()
            ? LEVEL2_RATE
            : weights <= target.level3Bytes() ? LEVEL3_RATE : MEMORY_RATE;
    double cycles = Math.max(work / row.opsPerCycle(), weights / rate) + row.callCycles();
    if (converts(step, row)) {
      Step to = conversion(step, Layout.NHWC, row.layoutIn());
      Step from = conversion(step, row.layoutOut(), Layout.NHWC);
      cycles += cheapest(to) + cheapest(from);
    }
    return cycles;
  }

  private static double pixels(Step step) {
    return (double) step.param("batch") * step.param("out_h") * step.param("out_w");
  }

  private static double roundUp(int value, int tile) {
    return Math.ceil((double) value / tile) * tile;
  }

  private double cheapest(Step step) {
    if (step == null) {
      return 0;
    }
    double best = Double.POSITIVE_INFINITY;
    for (Row row : target.catalogue().rows(step.op(), step.types())) {
      if (Conversions.matches(step, row) && refusal(step, row) == null) {
        best = Math.min(best, step.work() / row.opsPerCycle() + row.callCycles());
      }
    }
    return best;
  }

  /** Whether a row needs its operands in another layout than plain NHWC bytes. */
  public static boolean converts(Step step, Row row) {
    if (!step.op().equals("gemm")) {
      return false;
    }
    int m = step.param("m");
    return !Layout.same(Layout.NHWC, row.layoutIn(), m, step.param("k"))
        || !Layout.same(Layout.NHWC, row.layoutOut(), m, step.param("n"));
  }

  private Step conversion(Step step, Layout from, Layout to) {
    Step conversion = Conversions.of(step, from, to);
    if (conversion == null) {
      return null;
    }
    for (Row row : target.catalogue().rows(conversion.op(), conversion.types())) {
      if (Conversions.matches(conversion, row)) {
        return conversion;
      }
    }
    return null;
  }

  /** Chooses the row of a conversion: its layouts say which way. */
  public Choice chooseConversion(Step step) {
    Choice best = null;
    for (Row row : target.catalogue().rows(step.op(), step.types())) {
      if (Conversions.matches(step, row) && refusal(step, row) == null) {
        double cycles = step.work() / row.opsPerCycle() + row.callCycles();
        if (best == null || cycles < best.cycles()) {
          best = new Choice(row, cycles, List.of());
        }
      }
    }
    if (best == null) {
      throw new SinterException(Status.UNSUPPORTED, "no kernel for " + step.label());
    }
    return best;
  }

  /** The share of 4x4 blocks of the weights [n][k] that have a weight that is not zero. */
  private double density(Step step) {
    return densities.computeIfAbsent(
        step.sources().get(0), w -> density(w, step.param("n"), step.param("k")));
  }

  static double density(ByteBuffer weights, int n, int k) {
    int blocks = 0;
    int filled = 0;
    for (int row = 0; row < n; row += 4) {
      for (int column = 0; column < k; column += 4) {
        blocks++;
        filled += isFilled(weights, row, Math.min(n, row + 4), column, k) ? 1 : 0;
      }
    }
    return blocks == 0 ? 1 : (double) filled / blocks;
  }

  private static boolean isFilled(ByteBuffer weights, int from, int to, int column, int k) {
    for (int r = from; r < to; r++) {
      for (int c = column; c < Math.min(k, column + 4); c++) {
        if (weights.get(r * k + c) != 0) {
          return true;
        }
      }
    }
    return false;
  }
}
