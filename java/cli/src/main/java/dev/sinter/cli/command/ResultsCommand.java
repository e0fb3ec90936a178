// sinter results: where a machine's results belong, and the tables that show all of them.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sinter.cli.bench.ResultTables;
import dev.sinter.cli.report.JsonReport;
import dev.sinter.cli.report.Machine;
import dev.sinter.cli.report.Microarchitecture;
import dev.sinter.runtime.Target;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Keeps benchmarks/results and the pages that show it. */
@Command(
    name = "results",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Keeps the results in the project's benchmarks/results, a folder per processor and instruction set.",
      "'./sinter results' measures everything, writes this machine's folder and then the tables (some ten"
          + " minutes on a quiet machine)."
    })
public final class ResultsCommand implements Callable<Integer> {
  @Option(
      names = "--from-files",
      description = "Measure nothing: write the tables of README.md and benchmarks/README.md anew.")
  private boolean fromFiles;

  @Option(
      names = "--prepare",
      description =
          "Make this machine's folder, with machine.json in it, and print its path; the launcher's"
              + " first step.")
  private boolean prepare;

  @Option(
      names = "--as",
      paramLabel = "NAME",
      description = "The folder's name, instead of one made from processor and instruction set.")
  private String name;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (fromFiles == prepare) {
      throw new UsageException("either --from-files or --prepare; measuring is ./sinter results");
    }
    Path project = Project.file("");
    PrintWriter out = spec.commandLine().getOut();
    if (prepare) {
      out.println(prepare(project));
    } else {
      Map<String, String> changes = ResultTables.changes(project);
      for (Map.Entry<String, String> change : changes.entrySet()) {
        JsonReport.writeText(project.resolve(change.getKey()), change.getValue());
        out.println(change.getKey() + " is written");
      }
      if (changes.isEmpty()) {
        out.println("the tables are those of the results");
      }
    }
    out.flush();
    return Main.OK;
  }

  private Path prepare(Path project) throws IOException {
    String isa = Target.local().isaNames();
    Microarchitecture cpu = Microarchitecture.local(isa);
    Path folder = project.resolve("benchmarks/results").resolve(name == null ? cpu.folder() : name);
    Files.createDirectories(folder);
    Path file = folder.resolve("machine.json");
    Map<String, Object> machine = new LinkedHashMap<>();
    // A title may have been written by hand.
    machine.put(
        "title",
        Files.exists(file)
            ? new ObjectMapper().readTree(file.toFile()).path("title").asText(title(cpu))
            : title(cpu));
    machine.put("cpu", Machine.cpu());
    machine.put("cores", Machine.cores());
    machine.put("isa", isa);
    machine.put("level2Bytes", Target.local().level2Bytes());
    machine.put("level3Bytes", Target.local().level3Bytes());
    machine.put("os", System.getProperty("os.name"));
    JsonReport.writeText(
        file,
        new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(machine) + "\n");
    return folder;
  }

  private static String title(Microarchitecture cpu) {
    return cpu.name() + ", " + cpu.isa() + ", " + Machine.cores() + " cores";
  }
}
