// sinter profile: measures what kernels cost here and writes a target file.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.cli.bench.Clock;
import dev.sinter.cli.bench.Peaks;
import dev.sinter.cli.bench.Roofline;
import dev.sinter.cli.report.JsonReport;
import dev.sinter.cli.report.Machine;
import dev.sinter.cli.report.Microarchitecture;
import dev.sinter.cli.report.Table;
import dev.sinter.runtime.RowProfiler;
import dev.sinter.runtime.Target;
import dev.sinter.runtime.catalogue.Row;
import dev.sinter.runtime.select.CostTable;
import dev.sinter.runtime.select.MeasuredCost;
import dev.sinter.runtime.select.ProfiledMachine;
import dev.sinter.runtime.select.RowCost;
import dev.sinter.runtime.select.Sharing;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures this machine. */
@Command(
    name = "profile",
    mixinStandardHelpOptions = true,
    description = {
      "Measures what the kernels of matrix products and convolutions cost on this machine, in float, int8, with"
          + " weights of few bits, dense and sparse, and writes a target file. Commands that take --target FILE then choose kernels by it, dense or sparse, layer by"
          + " layer; without, figures of the family of processors are used. Nothing else should run meanwhile."
    })
final class ProfileCommand implements Callable<Integer> {
  // Of the time: for rates of reading, the rest is for rows.
  private static final double READING = 0.3;
  // How often each row has its turn: apart, so that what else the machine does for a second misses
  // some.
  private static final int TURNS = 3;

  @Spec private CommandSpec spec;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "Write the target file here.")
  private Path output;

  @Option(
      names = "--seconds",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description =
          "How long kernels and reads run in all (default ${DEFAULT-VALUE}); building the layers for them takes some"
              + " twenty seconds more.")
  private double seconds;

  @Override
  public Integer call() throws IOException {
    if (!(seconds > 0 && seconds <= 3600)) {
      throw new UsageException("--seconds " + seconds + " is not in (0, 3600]");
    }
    if (output != null) {
      JsonReport.check("--output", output);
    }
    PrintWriter out = spec.commandLine().getOut();
    String warning = Machine.loadWarning();
    if (!warning.isEmpty()) {
      out.println(warning);
    }
    Target target = Target.local();
    double gigahertz = Clock.gigahertz();
    Roofline peaks = Peaks.measure(1, seconds * READING);
    List<Double> bytesPerCycle = new ArrayList<>();
    for (Roofline.Level level : Roofline.Level.values()) {
      double gigabytes = peaks.bytesPerSecond().get(level) / 1e9;
      bytesPerCycle.add(Math.round(gigabytes / gigahertz * 10) / 10.0);
    }
    List<Row> rows = RowProfiler.rows(target);
    int layers = rows.stream().mapToInt(row -> RowProfiler.layers(target, row)).sum();
    double slot = seconds * (1 - READING) / (Math.max(1, layers) * (double) TURNS);
    RowProfiler profiler = new RowProfiler(target, slot, gigahertz);
    for (int turn = 0; turn < TURNS; turn++) {
      rows.forEach(profiler::run);
    }
    Map<String, MeasuredCost> entries = new LinkedHashMap<>();
    Table table =
        new Table("row", "products/cycle", "bytes/cycle", "call", "cycles/input", "cycles/output");
    for (Row row : rows) {
      MeasuredCost entry = new MeasuredCost(row.revision(), profiler.measure(row));
      entries.put(row.name(), entry);
      RowCost c = entry.cost();
      table.row(row.name(), c.products(), c.weightBytes(), c.call(), c.input(), c.output());
    }
    out.printf(
        "%s, %.2f GHz while measuring; a core reads %s, %s, %s bytes per cycle from L2, L3, DRAM%n",
        Machine.cpu(), gigahertz, bytesPerCycle.get(0), bytesPerCycle.get(1), bytesPerCycle.get(2));
    table.print(out);
    List<Row> left = RowProfiler.left(target);
    if (!left.isEmpty()) {
      out.println(
          "These keep the catalogue's guesses, since they take too few of the layers that are run: "
              + String.join(", ", left.stream().map(Row::name).toList()));
    }
    if (output != null) {
      CostTable costs =
          new CostTable(
              Microarchitecture.local(target.isaNames()).name(),
              "measured by sinter profile on "
                  + LocalDate.now(ZoneOffset.UTC)
                  + ", "
                  + Machine.cpu(),
              bytesPerCycle,
              entries,
              new ProfiledMachine(
                  target.arch(),
                  target.isaNames(),
                  Math.round(gigahertz * 100) / 100.0,
                  target.level2Bytes(),
                  target.level3Bytes(),
                  Machine.cpu().contains("AMD") ? Sharing.COMPLEX : Sharing.MESH));
      JsonReport.writeObject(output, costs.toJson());
      out.println("Wrote " + output);
    }
    return Main.OK;
  }
}
