// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.select;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.runtime.SinterException;
import dev.sinter.runtime.Status;
import dev.sinter.runtime.Target;
import dev.sinter.runtime.TestTargets;
import dev.sinter.runtime.catalogue.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Target files: read, refused, used. */
class CostTableTest {
  private static final String FILE =
      """
      {"format": "sinter-target", "version": 1, "name": "Mine", "source": "by hand",
       "bytesPerCycle": {"level2": 30, "level3": 1.5e1, "memory": 4},
       "rows": {"gemm_s8s8s8_avx2": {"revision": 1, "products": 20.5, "call": 7},
                "gemm_s8s8s8_reference": {"revision": 9, "products": 99}}}
      """;

  private static Row row(String name) {
    return TestTargets.avx2().catalogue().rows().stream()
        .filter(r -> r.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void figuresOfTheSameRevisionReplaceTheCatalogues() {
    CostTable table = CostTable.parse(FILE, "file");
    assertEquals("Mine", table.name());
    assertEquals(List.of(30.0, 15.0, 4.0), table.bytesPerCycle());
    assertEquals(new RowCost(20.5, 0, 7, 0, 0), table.of(row("gemm_s8s8s8_avx2")));
    assertTrue(table.knows(row("gemm_s8s8s8_avx2")));
    assertFalse(table.knows(row("gemm_s8s8s8_reference")), "another revision");
    assertEquals(new RowCost(1, 1, 100, 0, 4), table.of(row("gemm_s8s8s8_reference")));
  }

  @Test
  void whatIsWrittenIsReadAgain() {
    Map<String, Object> json = CostTable.parse(FILE, "file").toJson();
    assertEquals("sinter-target", json.get("format"));
    assertEquals(1, json.get("version"));
    String text = write(json);
    assertEquals(CostTable.parse(FILE, "file"), CostTable.parse(text, "again"));
  }

  private static String write(Object value) {
    if (value instanceof Map<?, ?> map) {
      List<String> parts = new ArrayList<>();
      map.forEach((k, v) -> parts.add("\"" + k + "\": " + write(v)));
      return "{" + String.join(", ", parts) + "}";
    }
    return value instanceof String text ? "\"" + text + "\"" : String.valueOf(value);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "{} x",
        "{\"format\": \"sinter-target\"}",
        "{\"format\": \"other\", \"version\": 1}",
        "{\"a\": 1, \"a\": 2}",
        "{\"a\": 01}",
        "{\"a\": \"b}",
        "{\"a\": \"\\x\"}",
        "nul",
      })
  void whatIsNoTargetIsRefused(String text) {
    SinterException e = assertThrows(SinterException.class, () -> CostTable.parse(text, "f.json"));
    assertEquals(Status.INVALID_ARGUMENT, e.status());
    assertTrue(e.getMessage().startsWith("f.json"), e.getMessage());
  }

  @Test
  void errorsSayWhatIsWrong() {
    refused(FILE.replace("\"version\": 1", "\"version\": 2"), "version 2 is not 1");
    refused(FILE.replace("20.5", "0"), "gemm_s8s8s8_avx2: products must be above 0");
    refused(FILE.replace("\"call\"", "\"cal\""), "unknown figures [cal]");
    refused(FILE.replace("\"level2\": 30", "\"level2\": 0"), "level2 0.0 is not above 0");
    refused(FILE.replace("\"memory\": 4", "\"memory\": \"4\""), "\"memory\" is no number");
    refused("[".repeat(40), "nested too deeply");
    refused("{\n\n\"a\" 1}", "in line 3: a ':' is expected");
  }

  private static void refused(String text, String why) {
    SinterException e = assertThrows(SinterException.class, () -> CostTable.parse(text, "f"));
    assertTrue(e.getMessage().contains(why), e.getMessage());
  }

  @Test
  void aFileIsReadAndItsAbsenceSaid(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("target.json");
    Target target = TestTargets.avx2();
    SinterException e = assertThrows(SinterException.class, () -> target.withCosts(file));
    assertTrue(e.getMessage().contains("target.json"), e.getMessage());
    Files.writeString(file, FILE);
    assertEquals("Mine", target.withCosts(file).costs().name());
    assertEquals(target.isa(), target.withCosts(file).isa());
  }

  @Test
  void oneRowAloneCanBeAskedFor() {
    Target target = TestTargets.avx2().withRow("gemm_s8s8s8_reference");
    assertEquals(1, target.catalogue().rows("gemm", List.of("s8", "s8", "s8")).size());
    assertThrows(SinterException.class, () -> target.withRow("none"));
  }

  @Test
  void familiesAreFoundByTheProcessorsWords() {
    assertEquals("Zen 5", family("AuthenticAMD", 26, "avx2 fma avx512f avx512_vnni"));
    assertEquals("Zen 4", family("AuthenticAMD", 25, "avx2 fma avx512f avx512_vnni"));
    assertEquals("Zen 3", family("AuthenticAMD", 25, "avx2 fma"));
    assertEquals(
        "Sapphire Rapids", family("GenuineIntel", 6, "avx2 fma avx512f avx512_vnni amx_int8"));
    assertEquals("Ice Lake", family("GenuineIntel", 6, "avx2 fma avx512f avx512_vnni"));
    assertEquals("Skylake-X", family("GenuineIntel", 6, "avx2 fma avx512f"));
    assertEquals("AVX2", family("GenuineIntel", 6, "fma avx2"));
    assertEquals(CostTable.GUESSES.name(), family("GenuineIntel", 6, "sse2"));
    assertEquals(CostTable.GUESSES, Families.of(List.of()));
  }

  private static String family(String vendor, int family, String flags) {
    return Families.of(
            List.of(
                "processor\t: 0",
                "vendor_id\t: " + vendor,
                "cpu family\t: " + family,
                "flags\t\t: " + flags,
                ""))
        .name();
  }

  /** The files that are delivered: all can be read, and speak of rows that there are. */
  @Test
  void familiesNameRowsOfThisRelease() {
    List<Row> rows = Target.local().catalogue().rows();
    for (String name : Families.names()) {
      CostTable table = CostTable.of(Families.read(name), name);
      table
          .rows()
          .forEach(
              (row, entry) ->
                  assertTrue(
                      rows.stream()
                          .anyMatch(r -> r.name().equals(row) && r.revision() == entry.revision()),
                      name + ": " + row + " revision " + entry.revision()));
    }
  }
}
