// What a processor is called by those who write kernels for it: names of folders with results.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A microarchitecture with the instruction set in use.
 *
 * @param name such as Zen 5
 * @param isa such as AVX-512
 */
public record Microarchitecture(String name, String isa) {
  private static final Map<Integer, String> INTEL =
      Map.ofEntries(
          Map.entry(79, "Broadwell"),
          Map.entry(85, "Skylake-SP"),
          Map.entry(106, "Ice Lake-SP"),
          Map.entry(143, "Sapphire Rapids"),
          Map.entry(151, "Alder Lake"),
          Map.entry(154, "Alder Lake"),
          Map.entry(173, "Granite Rapids"),
          Map.entry(183, "Raptor Lake"),
          Map.entry(207, "Emerald Rapids"));

  private static final Map<String, String> ARM =
      Map.of(
          "0xd0c", "Neoverse N1",
          "0xd40", "Neoverse V1",
          "0xd49", "Neoverse N2",
          "0xd4f", "Neoverse V2");

  /**
   * Returns this machine's.
   *
   * @param isaNames the instruction sets in use, as a model's report names them
   * @return the microarchitecture
   */
  public static Microarchitecture local(String isaNames) {
    List<String> lines = List.of();
    try {
      lines = Files.readAllLines(Path.of("/proc/cpuinfo"), StandardCharsets.UTF_8);
    } catch (IOException e) {
      // Not a Linux with a /proc: the architecture has to do.
    }
    return of(lines, isaNames);
  }

  /**
   * Returns that of a machine.
   *
   * @param cpuinfo lines of its /proc/cpuinfo
   * @param isaNames the instruction sets in use
   * @return the microarchitecture; of an unknown processor family and model
   */
  public static Microarchitecture of(List<String> cpuinfo, String isaNames) {
    Map<String, String> fields = new HashMap<>();
    for (String line : cpuinfo) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        fields.putIfAbsent(line.substring(0, colon).trim(), line.substring(colon + 1).trim());
      }
    }
    return new Microarchitecture(name(fields), isa(isaNames));
  }

  private static String name(Map<String, String> cpu) {
    int family = number(cpu.get("cpu family"));
    int model = number(cpu.get("model"));
    boolean avx512 = cpu.getOrDefault("flags", "").contains("avx512f");
    String vendor = cpu.getOrDefault("vendor_id", "");
    if (vendor.equals("AuthenticAMD") && (family == 23 || family == 25 || family == 26)) {
      return switch (family) {
        case 23 -> model >= 48 ? "Zen 2" : "Zen";
        case 25 -> avx512 ? "Zen 4" : "Zen 3";
        default -> "Zen 5";
      };
    }
    if (vendor.equals("GenuineIntel") && family == 6 && INTEL.containsKey(model)) {
      return INTEL.get(model);
    }
    String part = ARM.get(cpu.getOrDefault("CPU part", ""));
    if (part != null) {
      return part;
    }
    return family >= 0
        ? vendor + " family " + family + " model " + model
        : System.getProperty("os.arch");
  }

  private static int number(String text) {
    return text != null && text.matches("\\d+") ? Integer.parseInt(text) : -1;
  }

  private static String isa(String names) {
    String all = " " + names + " ";
    if (all.contains(" amx")) {
      return "AMX";
    }
    if (all.contains(" avx512 ")) {
      return "AVX-512";
    }
    if (all.contains(" avx2 ")) {
      return "AVX2";
    }
    return names.contains("dotprod") || names.contains("neon") ? "NEON" : "reference";
  }

  /**
   * Returns the name of the folder with its results.
   *
   * @return such as zen5-avx512
   */
  public String folder() {
    String cpu = name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    return cpu + "-" + isa.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
  }
}
