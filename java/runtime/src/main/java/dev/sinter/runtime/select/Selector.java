// Chooses a kernel row per step: what may run here, then what is expected to be fastest.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.select;

import dev.sinter.runtime.Device;
import dev.sinter.runtime.Numerics;
import dev.sinter.runtime.SinterException;
import dev.sinter.runtime.Status;
import dev.sinter.runtime.Target;
import dev.sinter.runtime.catalogue.Layout;
import dev.sinter.runtime.catalogue.Limit;
import dev.sinter.runtime.catalogue.Row;
import dev.sinter.runtime.lower.Step;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Plain arithmetic over the catalogue; rows of other machines may be asked about, too. */
public final class Selector {
  // Fewer zeros are no news: weights have some by chance.
  private static final double MENTIONED = 0.1;

  // Weights of int8 that are widened when they are packed take twice the memory, for which no cost
  // is known: what they gain must be more than the error of all this.
  private static final double WORTH_WIDENING = 1.03;

  private final Target target;
  private final Numerics numerics;
  private final CostModel costs;

  /**
   * Makes a selector.
   *
   * @param target the machine
   * @param numerics whose arithmetic is wanted
   * @param densities what was found out about weights, kept by the caller
   */
  public Selector(Target target, Numerics numerics, Map<Object, Double> densities) {
    this(target, numerics, new CostModel(target, densities, 0));
  }

  private Selector(Target target, Numerics numerics, CostModel costs) {
    this.target = target;
    this.numerics = numerics;
    this.costs = costs;
  }

  /**
   * The same for steps that run one after the other: what one of them reads, the others push out of
   * the caches.
   *
   * @param steps all of a program
   * @return a selector of rows for them
   */
  public Selector among(List<Step> steps) {
    return new Selector(target, numerics, costs.among(steps));
  }

  private record Candidate(Row row, double cycles, String refusal) {
    /** What it must be worth. */
    double price() {
      return row.packing() != null && row.packing().isWide() ? WORTH_WIDENING * cycles : cycles;
    }
  }

  /**
   * Chooses a row for a step.
   *
   * @throws SinterException if there is none; the message says why not, row by row
   */
  public Choice choose(Step step) {
    List<Choice.Refusal> refusals = new ArrayList<>();
    Choice choice = choose(step, refusals);
    if (choice == null) {
      throw new SinterException(
          Status.UNSUPPORTED,
          "op " + step.opIndex() + " " + step.label() + ": " + describe(step, refusals));
    }
    return choice;
  }

  /**
   * Says why there is no row for a step.
   *
   * @return the reason, row by row; null if there is a row
   */
  public String obstacle(Step step) {
    List<Choice.Refusal> refusals = new ArrayList<>();
    return choose(step, refusals) == null ? describe(step, refusals) : null;
  }

  private Choice choose(Step step, List<Choice.Refusal> refusals) {
    List<Candidate> candidates = new ArrayList<>();
    for (Row row : target.catalogue().rows(step.op(), step.types())) {
      candidates.add(new Candidate(row, cycles(step, row), refusal(step, row)));
    }
    candidates.sort(Comparator.comparingDouble(Candidate::price));
    for (Candidate c : candidates) {
      if (c.refusal() == null) {
        return new Choice(
            c.row(), c.cycles(), List.copyOf(refusals), sparseNote(step, c, candidates));
      }
      refusals.add(new Choice.Refusal(c.row().name(), c.refusal()));
    }
    return null;
  }

  /**
   * What was expected of rows that leave out zeros beside those that do not; null without zeros.
   */
  private String sparseNote(Step step, Candidate chosen, List<Candidate> sorted) {
    Candidate sparse = best(sorted, true);
    Candidate dense = best(sorted, false);
    if (sparse == null || dense == null) {
      return null;
    }
    double zeros = 1 - costs.density(step, CostModel.height(sparse.row()));
    if (zeros < MENTIONED) {
      return null;
    }
    return String.format(
        Locale.ROOT,
        "%s: %s %.2gx of %s, %.0f %% of the blocks of %dx4 are zero",
        CostModel.height(chosen.row()) > 0 ? "sparse" : "dense",
        CostModel.height(chosen.row()) > 0 ? "expected to be" : sparse.row().name() + " would be",
        dense.cycles() / sparse.cycles(),
        dense.row().name(),
        100 * zeros,
        CostModel.height(sparse.row()));
  }

  private static Candidate best(List<Candidate> sorted, boolean sparse) {
    for (Candidate c : sorted) {
      if (c.refusal() == null && CostModel.height(c.row()) > 0 == sparse) {
        return c;
      }
    }
    return null;
  }

  private static String describe(Step step, List<Choice.Refusal> refusals) {
    StringBuilder why = new StringBuilder("no kernel for ");
    why.append(step.op()).append(" with types ").append(step.types());
    for (Choice.Refusal refusal : refusals) {
      why.append("; ").append(refusal.row()).append(' ').append(refusal.reason());
    }
    return why.toString();
  }

  /** Why a row may not run here, or null. */
  private String refusal(Step step, Row row) {
    String unavailable = unavailable(step, row);
    if (unavailable == null
        && converts(step, row)
        && conversionCycles(step, row) == Double.POSITIVE_INFINITY) {
      return "there is no conversion to its layout";
    }
    return unavailable;
  }

  /** The same, layouts left aside. */
  private String unavailable(Step step, Row row) {
    String definition = Definitions.of(numerics, step);
    if (!row.numerics().equals(definition)) {
      return "computes " + row.numerics() + ", asked for is " + definition;
    }
    if (!row.arch().equals("any") && !row.arch().equals(target.arch())) {
      return "is for " + row.arch();
    }
    long missing = row.needs() & ~target.isa();
    if (missing != 0) {
      String names = target.catalogue().describeBits(missing);
      return target.forcedIsa() == null
          ? "this " + (target.device() == Device.CPU ? "CPU" : "device") + " lacks " + names
          : "needs " + names + ", SINTER_ISA or the option isa is " + target.forcedIsa();
    }
    int height = CostModel.height(row);
    if (height > 0 && 1 - costs.density(step, height) < MENTIONED) {
      return "leaves out blocks of zeros, here are next to none";
    }
    for (Limit limit : row.limits()) {
      if (!step.params().containsKey(limit.field())) {
        return "has a parameter '" + limit.field() + "' that this release does not know";
      }
      int value = step.param(limit.field());
      if (!limit.holds(value)) {
        return "takes " + limit + ", here " + limit.field() + " is " + value;
      }
    }
    return null;
  }

  /** What a row is expected to cost on one core, with the conversions of layout around it. */
  double cycles(Step step, Row row) {
    double cycles = costs.cycles(step, row);
    return converts(step, row) ? cycles + conversionCycles(step, row) : cycles;
  }

  /** Whether a row needs its operands in another layout than plain NHWC bytes. */
  public static boolean converts(Step step, Row row) {
    if (row.layoutIn() == Layout.NHWC && row.layoutOut() == Layout.NHWC) {
      return false;
    }
    if (!step.op().equals("gemm")) {
      return true;
    }
    int m = step.param("m");
    return !Layout.same(Layout.NHWC, row.layoutIn(), m, step.param("k"))
        || !Layout.same(Layout.NHWC, row.layoutOut(), m, step.param("n"));
  }

  /** Both conversions of a row; infinite where there is none. */
  private double conversionCycles(Step step, Row row) {
    if (!step.op().equals("gemm")) {
      return Double.POSITIVE_INFINITY;
    }
    return cheapest(Conversions.of(step, Layout.NHWC, row.layoutIn()))
        + cheapest(Conversions.of(step, row.layoutOut(), Layout.NHWC));
  }

  private double cheapest(Step conversion) {
    if (conversion == null) {
      return 0;
    }
    Choice choice = bestConversion(conversion);
    return choice == null ? Double.POSITIVE_INFINITY : choice.cycles();
  }

  /** Chooses the row of a conversion: its layouts say which way. */
  public Choice chooseConversion(Step step) {
    Choice best = bestConversion(step);
    if (best == null) {
      throw new SinterException(Status.UNSUPPORTED, "no kernel for " + step.label());
    }
    return best;
  }

  private Choice bestConversion(Step step) {
    Choice best = null;
    for (Row row : target.catalogue().rows(step.op(), step.types())) {
      if (Conversions.matches(step, row) && unavailable(step, row) == null) {
        double cycles = costs.cycles(step, row);
        if (best == null || cycles < best.cycles()) {
          best = new Choice(row, cycles, List.of(), null);
        }
      }
    }
    return best;
  }
}
