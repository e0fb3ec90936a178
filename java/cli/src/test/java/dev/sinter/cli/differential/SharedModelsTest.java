// Every model at hand: it runs as in TFLite, or says what it lacks.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sinter.cli.compare.Verdict;
import dev.sinter.cli.compare.Verifier;
import dev.sinter.cli.peer.GuardedPeer;
import dev.sinter.cli.report.Table;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SharedModelsTest {
  @Test
  void runsOrSaysWhatItLacks() throws IOException {
    Path shared = Shared.folder();
    assumeTrue(shared != null, "SKIPPED: no folder ../shared with models");
    List<Path> files;
    try (Stream<Path> all = Files.walk(shared.resolve("models"))) {
      files = all.filter(f -> f.toString().endsWith(".tflite")).sorted().toList();
    }
    Table table = new Table("status", "model", "max |diff|", "message");
    Map<Verdict.Status, Integer> counts = new EnumMap<>(Verdict.Status.class);
    List<String> different = new ArrayList<>();
    try (GuardedPeer.Host host = new GuardedPeer.Host()) {
      Verifier verifier = BesideTflite.verifier(host, 3);
      for (Path f : files) {
        String name = shared.resolve("models").relativize(f).toString();
        Verdict v = verifier.verify(name, Files.readAllBytes(f));
        counts.merge(v.status(), 1, Integer::sum);
        String message =
            v.message().length() > 150 ? v.message().substring(0, 150) + "..." : v.message();
        table.row(v.status().label(), name, String.format("%.3g", v.maxAbsDiff()), message);
        if (v.status() == Verdict.Status.DIFFERENT) {
          different.add(name + ": " + v.message());
        }
        if (v.status() == Verdict.Status.UNSUPPORTED) {
          assertTrue(
              v.message().matches("(?s).*(op \\d+ \\S|\\S #\\d+).*"),
              name + " names no op: " + v.message());
        }
      }
    }
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    table.print(out);
    out.println(files.size() + " models: " + counts);
    assertEquals(List.of(), different);
  }
}
