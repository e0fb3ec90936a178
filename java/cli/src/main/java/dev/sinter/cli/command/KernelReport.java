// inspect --kernels: which kernel runs each layer, and why not a faster one.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.cli.peer.SinterPeer;
import dev.sinter.cli.report.Table;
import dev.sinter.runtime.Device;
import dev.sinter.runtime.Report;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Prints a {@link Report}. */
final class KernelReport {
  private KernelReport() {}

  static void print(
      PrintWriter out,
      Path file,
      byte[] bytes,
      RuntimeOptions options,
      List<Map<String, Object>> rows) {
    try (SinterPeer peer = SinterPeer.open(file.toString(), bytes, options.options(1))) {
      Report report = peer.report();
      out.printf(
          "%s on %s: %d kernel calls, %,d bytes of packed weights, %,d bytes of arena%n",
          file, report.target(), report.steps().size(), report.packedBytes(), report.arenaBytes());
      out.println("Costs by which kernels were chosen: " + report.costs());
      Table table =
          new Table("op", "layer", "device", "kernel", "numerics", "packing", "bytes", "work");
      for (Report.StepReport s : report.steps()) {
        table.row(
            s.op() < 0 ? "-" : s.op(),
            s.what(),
            s.device().label(),
            s.kernel(),
            s.numerics(),
            s.packing() == null ? "" : s.packing(),
            s.packedBytes(),
            String.format("%.0f", s.work()));
        rows.add(fields(s));
      }
      table.print(out);
      for (String note : report.notes()) {
        out.println("note: " + note);
      }
      if (report.device() != Device.CPU) {
        left(out, report);
      }
      choices(out, report);
      refusals(out, report);
    }
  }

  private static void left(PrintWriter out, Report report) {
    out.println();
    if (report.steps().stream().allMatch(s -> s.deviceRefusal() == null)) {
      out.println("All of it runs on " + report.device().label() + ".");
      return;
    }
    out.println("What does not run on " + report.device().label() + ", and why:");
    for (Report.StepReport s : report.steps()) {
      if (s.deviceRefusal() != null) {
        out.println("  op " + s.op() + " " + s.what() + ": " + s.deviceRefusal());
      }
    }
  }

  private static void choices(PrintWriter out, Report report) {
    boolean head = false;
    for (Report.StepReport s : report.steps()) {
      if (s.choice() != null) {
        if (!head) {
          out.println();
          out.println("Layers with blocks of zeros:");
          head = true;
        }
        out.println("  op " + s.op() + " " + s.what() + ": " + s.choice());
      }
    }
  }

  private static void refusals(PrintWriter out, Report report) {
    boolean head = false;
    for (Report.StepReport s : report.steps()) {
      for (String refusal : s.refusals()) {
        if (!head) {
          out.println();
          out.println("Kernels expected to be faster, and why they were not taken:");
          head = true;
        }
        out.println("  op " + s.op() + " " + s.what() + ": " + refusal);
      }
    }
    if (!head) {
      out.println();
      out.println("No kernel expected to be faster was refused.");
    }
  }

  private static Map<String, Object> fields(Report.StepReport s) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("op", s.op());
    row.put("layer", s.what());
    row.put("device", s.device().label());
    row.put("deviceRefusal", s.deviceRefusal());
    row.put("kernel", s.kernel());
    row.put("numerics", s.numerics());
    row.put("packing", s.packing());
    row.put("packedBytes", s.packedBytes());
    row.put("work", s.work());
    row.put("refusals", s.refusals());
    row.put("choice", s.choice());
    return row;
  }
}
