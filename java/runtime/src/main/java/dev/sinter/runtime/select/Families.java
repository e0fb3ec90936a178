// Costs for machines that were not measured themselves, by family of processor; the figures are
// data.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.select;

import dev.sinter.runtime.SinterException;
import dev.sinter.runtime.Status;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The tables in {@code targets/}. Each says in {@code match} which processors it is for: a vendor,
 * flags that /proc/cpuinfo must name, and perhaps families. The first that matches is taken.
 */
public final class Families {
  private static final List<String> FILES =
      List.of("zen5", "zen4", "zen3", "sapphire-rapids", "ice-lake", "skylake-x", "avx2");

  private Families() {}

  /** The table for the processor of this machine. */
  public static CostTable local() {
    try {
      return of(Files.readAllLines(Path.of("/proc/cpuinfo"), StandardCharsets.UTF_8));
    } catch (IOException e) {
      return CostTable.GUESSES; // not a Linux with a /proc
    }
  }

  /**
   * Finds the table for a processor.
   *
   * @param cpuinfo lines of its /proc/cpuinfo
   * @return the catalogue's guesses if there is none
   */
  public static CostTable of(List<String> cpuinfo) {
    Map<String, String> cpu = new HashMap<>();
    for (String line : cpuinfo) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        cpu.putIfAbsent(line.substring(0, colon).trim(), line.substring(colon + 1).trim());
      }
    }
    for (String name : FILES) {
      Map<String, Object> json = read(name);
      if (matches(CostTable.object(json.get("match"), name, "\"match\""), cpu, name)) {
        return CostTable.of(json, name);
      }
    }
    return CostTable.GUESSES;
  }

  /** Names of the files, in the order in which they are tried. */
  static List<String> names() {
    return FILES;
  }

  static Map<String, Object> read(String name) {
    try (InputStream in = Families.class.getResourceAsStream("targets/" + name + ".json")) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return CostTable.object(Json.parse(text, name), name, "the file");
    } catch (IOException e) {
      throw new SinterException(Status.INTERNAL, "targets/" + name + ".json: " + e.getMessage(), e);
    }
  }

  private static boolean matches(Map<String, Object> match, Map<String, String> cpu, String name) {
    Object vendor = match.get("vendor");
    if (vendor != null && !vendor.equals(cpu.get("vendor_id"))) {
      return false;
    }
    if (match.get("families") instanceof List<?> families
        && families.stream()
            .noneMatch(
                f -> String.valueOf(((Double) f).intValue()).equals(cpu.get("cpu family")))) {
      return false;
    }
    Set<String> flags = Set.of(cpu.getOrDefault("flags", "").trim().split("\\s+"));
    return flags.containsAll(List.of(CostTable.text(match, "flags", name).split(" ")));
  }
}
