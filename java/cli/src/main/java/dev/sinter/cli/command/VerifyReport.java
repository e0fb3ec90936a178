// What verify prints, counts and writes.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.cli.compare.OpVerdict;
import dev.sinter.cli.compare.OpVerifier;
import dev.sinter.cli.compare.Verdict;
import dev.sinter.graph.GraphException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Lines, counts and JSON rows. */
final class VerifyReport {
  private final PrintWriter out;
  private final boolean allowUnsupported;
  private final List<Map<String, Object>> rows = new ArrayList<>();
  private final Map<Verdict.Status, Integer> counts = new EnumMap<>(Verdict.Status.class);
  private int models;
  private int ops;
  private int failed;
  private int misfits;
  private int failedMisfits;

  VerifyReport(PrintWriter out, boolean allowUnsupported) {
    this.out = out;
    this.allowUnsupported = allowUnsupported;
  }

  List<Map<String, Object>> rows() {
    return rows;
  }

  void model(Verdict v) {
    models++;
    count(v, counts);
    rows.add(v.fields());
    out.println(text(v.model(), v));
    out.flush();
  }

  private void count(Verdict v, Map<Verdict.Status, Integer> to) {
    to.merge(v.status(), 1, Integer::sum);
    failed += v.passes(allowUnsupported) ? 0 : 1;
  }

  void misfit(String model, String why, boolean wasNamed) {
    misfits++;
    failedMisfits += wasNamed ? 1 : 0;
    out.println("not compared    " + model + "  " + why.replaceAll("\\s+", " "));
    out.flush();
  }

  /** Compares a model op by op; false if the file cannot be read, so that there are no ops. */
  boolean ops(String model, OpVerifier verifier, byte[] file) {
    out.println(model);
    Map<Verdict.Status, Integer> own = new EnumMap<>(Verdict.Status.class);
    int[] uncut = new int[1];
    OpVerifier.Result result;
    try {
      result =
          verifier.verify(
              model,
              file,
              op -> {
                uncut[0] += op.verdict() == null ? 1 : 0;
                op(op, own);
              });
    } catch (GraphException e) {
      return false;
    }
    models++;
    out.println(
        "  "
            + result.ops().size()
            + " ops "
            + result.note()
            + ":"
            + words(own)
            + (uncut[0] > 0 ? " " + uncut[0] + " not cut out" : ""));
    out.flush();
    return true;
  }

  private void op(OpVerdict op, Map<Verdict.Status, Integer> own) {
    String what =
        String.format("#%-4d %-24s %s  '%s'", op.op(), op.kind(), op.types(), op.output());
    if (op.verdict() == null) {
      out.println("  not cut out     " + what + "  " + op.reason());
    } else {
      ops++;
      count(op.verdict(), counts);
      own.merge(op.verdict().status(), 1, Integer::sum);
      rows.add(op.fields());
      out.println("  " + text(what, op.verdict()));
    }
    out.flush();
  }

  private static String text(String what, Verdict v) {
    boolean compared =
        v.status() != Verdict.Status.REFUSED_BY_BOTH && v.status() != Verdict.Status.UNSUPPORTED;
    String numbers =
        compared
            ? String.format(
                "  max |diff| %.3g, mismatching %.4g %%",
                v.maxAbsDiff(), 100 * v.mismatchFraction())
            : "";
    String message = v.message().isEmpty() ? "" : "  " + v.message();
    return String.format("%-16s %s%s%s", v.status().label(), what, numbers, message);
  }

  private static String words(Map<Verdict.Status, Integer> counts) {
    StringBuilder text = new StringBuilder();
    counts.forEach((s, n) -> text.append(' ').append(n).append(' ').append(s.label()).append(','));
    return text.toString();
  }

  /** Prints the last line; returns whether all is well. */
  boolean finish() {
    StringBuilder text = new StringBuilder(models + " models");
    if (ops > 0) {
      text.append(", ").append(ops).append(" ops");
    }
    text.append(':').append(words(counts));
    if (misfits > 0) {
      text.append(' ').append(misfits).append(" not compared,");
    }
    text.append(failed == 0 ? " none failed" : " " + failed + " failed");
    out.println(text);
    out.flush();
    return failed == 0 && failedMisfits == 0 && models > 0;
  }
}
