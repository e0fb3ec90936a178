// Times of the steps of one run.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import java.util.AbstractList;
import java.util.List;
import java.util.Locale;
import java.util.RandomAccess;

/** Where the time of the last run went, step by step in the order in which they ran. */
public final class Profile extends AbstractList<Session.StepTime> implements RandomAccess {
  private final List<Session.StepTime> steps;

  Profile(List<Session.StepTime> steps) {
    this.steps = List.copyOf(steps);
  }

  @Override
  public Session.StepTime get(int index) {
    return steps.get(index);
  }

  @Override
  public int size() {
    return steps.size();
  }

  /**
   * Returns the time of all steps together.
   *
   * @return nanoseconds
   */
  public long totalNanos() {
    return steps.stream().mapToLong(Session.StepTime::nanos).sum();
  }

  /**
   * Returns a table: microseconds and share of the whole, the op's place in the model, the kernel.
   *
   * @return lines of text
   */
  @Override
  public String toString() {
    long total = totalNanos();
    int widest = 0;
    for (Session.StepTime t : steps) {
      widest = Math.max(widest, where(t).length());
    }
    StringBuilder table = new StringBuilder();
    for (Session.StepTime t : steps) {
      table.append(
          String.format(
              Locale.ROOT,
              "%10.1f us %5.1f %%  %-" + Math.max(1, widest) + "s  %s%n",
              t.nanos() / 1e3,
              total == 0 ? 0 : 100.0 * t.nanos() / total,
              where(t),
              t.step().kernel()));
    }
    return table.append(String.format(Locale.ROOT, "%10.1f us in all%n", total / 1e3)).toString();
  }

  private static String where(Session.StepTime t) {
    return t.subgraph()
        + (t.step().op() < 0 ? "" : " op " + t.step().op())
        + ": "
        + t.step().what();
  }
}
