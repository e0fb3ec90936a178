// The tables of the README files must be those that the results give; and how machines are named.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.cli.report.Microarchitecture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultTablesTest {
  @TempDir private Path project;

  @Test
  void thePagesShowTheResults() throws IOException {
    Map<String, String> changes = ResultTables.changes(Path.of("..", ".."));
    assertTrue(
        changes.isEmpty(),
        "'./sinter results --from-files' writes anew: " + changes.keySet() + changes.values());
  }

  @Test
  void tablesComeFromEveryFolder() throws IOException {
    Path results = project.resolve("benchmarks/results");
    Files.createDirectories(results.resolve("b"));
    Files.createDirectories(results.resolve("a"));
    Files.writeString(
        project.resolve("benchmarks/suite.json"),
        """
        {"format": 1, "models": [{"file": "x.tflite", "name": "X", "group": "G"}]}
        """);
    String row =
        """
        [{"model": "x.tflite", "threads": 2, "peer": "tflite", "sinterMicros": 10, "peerMicros": 20,
          "ratio": 2, "ratioLow": 1.9, "ratioHigh": 2.1, "outputs": "equal"}]
        """;
    Files.writeString(results.resolve("a/models.json"), row);
    Files.writeString(results.resolve("b/models.json"), row.replace("x.tflite", "y.tflite"));
    Files.writeString(results.resolve("b/machine.json"), "{\"title\": \"Machine B\"}");
    Files.writeString(
        results.resolve("b/kernels.json"),
        """
        [{"product": "f32", "m": 1, "n": 2, "k": 3, "threads": 1, "peer": "MKL", "ratio": 1.5,
          "ratioLow": 1.4, "ratioHigh": 1.6, "gmacPerSecond": 12.3}]
        """);
    String text = "before\n<!-- results: models -->\nold\n<!-- /results -->\nbehind\n";
    Files.writeString(project.resolve("README.md"), text);
    assertEquals(
        """
        before
        <!-- results: models -->

        **Machine B** ([models.json](benchmarks/results/b/models.json))

        | model | 2 threads | outputs |
        | --- | --- | --- |
        | y.tflite | 2.00 (1.90 – 2.10) | equal |

        **a** ([models.json](benchmarks/results/a/models.json))

        | model | 2 threads | outputs |
        | --- | --- | --- |
        | X | 2.00 (1.90 – 2.10) | equal |

        <!-- /results -->
        behind
        """,
        ResultTables.page(project, "README.md"));
    Files.writeString(project.resolve("README.md"), text.replace("models", "kernels"));
    assertTrue(
        ResultTables.page(project, "README.md")
            .contains(
                """
                | f32: m × n × k | threads | GMAC/s | beside MKL |
                | --- | --- | --- | --- |
                | 1 × 2 × 3 | 1 | 12 | 1.50 (1.40 – 1.60) |
                """));
    Files.writeString(project.resolve("README.md"), text.replace("models", "oracles"));
    assertThrows(IOException.class, () -> ResultTables.page(project, "README.md"));
    Files.writeString(project.resolve("README.md"), "no place");
    assertThrows(IOException.class, () -> ResultTables.page(project, "README.md"));
  }

  @Test
  void foldersAreNamedByProcessorAndInstructionSet() {
    assertEquals(
        "zen5-avx512", amd(26, 2, "avx2 avx512f", "avx2 avx512 avx512_vnni avx512_bf16").folder());
    assertEquals("zen3-avx2", amd(25, 1, "avx2", "avx2").folder());
    assertEquals("zen4-avx2", amd(25, 17, "avx2 avx512f", "avx2").folder());
    assertEquals("authenticamdfamily99model1-reference", amd(99, 1, "", "reference").folder());
    assertEquals(
        "sapphirerapids-avx512",
        Microarchitecture.of(
                List.of("vendor_id : GenuineIntel", "cpu family : 6", "model : 143"), "avx512 avx2")
            .folder());
    assertEquals(
        "neoversen1-neon", Microarchitecture.of(List.of("CPU part : 0xd0c"), "dotprod").folder());
  }

  private static Microarchitecture amd(int family, int model, String flags, String isa) {
    return Microarchitecture.of(
        List.of(
            "vendor_id\t: AuthenticAMD",
            "cpu family\t: " + family,
            "model\t\t: " + model,
            "flags : " + flags),
        isa);
  }
}
