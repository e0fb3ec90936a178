// What kernels cost on a kind of machine: measured figures, read from a versioned JSON.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.select;

import dev.sinter.runtime.SinterException;
import dev.sinter.runtime.Status;
import dev.sinter.runtime.catalogue.Row;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Costs of rows by name and revision. A row that is not in it, or in another revision, has the cost
 * that the catalogue gives: a guess. The format is described in docs/target.md.
 *
 * @param name of the machine or of its family
 * @param source where the figures are from
 * @param bytesPerCycle what one core reads per cycle from its second-level cache, from the
 *     third-level cache and from memory
 * @param rows entries by the row's name
 * @param host the machine that was measured; null where the file does not say
 */
public record CostTable(
    String name,
    String source,
    List<Double> bytesPerCycle,
    Map<String, MeasuredCost> rows,
    ProfiledMachine host) {
  /** The version of the JSON format. */
  public static final int VERSION = 1;

  // Products in whose time a result is stored: a guess, without which rows that multiply nothing
  // would cost nothing.
  private static final double GUESSED_OUTPUT = 4;

  private static final String FORMAT = "sinter-target";
  private static final List<String> LEVELS = List.of("level2", "level3", "memory");
  private static final List<String> SHARING =
      List.of("handOverCycles", "bytesPerCycle", "ownBytes", "farBytesPerCycle");
  private static final List<String> FIGURES =
      List.of("products", "weightBytes", "call", "input", "output");

  /** The catalogue's own guesses, on caches as Zen 4 has them. */
  public static final CostTable GUESSES =
      new CostTable(
          "no family", "guesses of the catalogue", List.of(28.0, 18.0, 7.0), Map.of(), null);

  /** Copies what is given. */
  public CostTable {
    bytesPerCycle = List.copyOf(bytesPerCycle);
    rows = Map.copyOf(rows);
  }

  /** Bytes per cycle of a level: 0 for the second-level cache, 1 for the third, 2 for memory. */
  double rate(int level) {
    return bytesPerCycle.get(level);
  }

  /** Whether a row's figures are in it. */
  public boolean knows(Row row) {
    MeasuredCost entry = rows.get(row.name());
    return entry != null && entry.revision() == row.revision();
  }

  /** What a row costs. */
  public RowCost of(Row row) {
    return knows(row)
        ? rows.get(row.name()).cost()
        : new RowCost(
            row.opsPerCycle(),
            row.bytesPerCycle(),
            row.callCycles(),
            0,
            GUESSED_OUTPUT / row.opsPerCycle());
  }

  /**
   * Reads a table.
   *
   * @param text JSON
   * @param file what error messages call it
   * @throws SinterException if it is none, or of another version
   */
  public static CostTable parse(String text, String file) {
    return of(object(Json.parse(text, file), file, "the file"), file);
  }

  static CostTable of(Map<String, Object> json, String file) {
    if (!FORMAT.equals(json.get("format"))) {
      throw wrong(file, "\"format\" is not \"" + FORMAT + "\"");
    }
    double version = number(json, "version", file);
    if (version != VERSION) {
      throw wrong(
          file,
          "version "
              + (version == Math.rint(version) ? "" + (long) version : "" + version)
              + " is not "
              + VERSION
              + ", which this release reads; make the file anew with 'sinter profile'");
    }
    Map<String, Object> levels = object(json.get("bytesPerCycle"), file, "\"bytesPerCycle\"");
    List<Double> rates = new ArrayList<>();
    for (String level : LEVELS) {
      double rate = number(levels, level, file);
      if (!(rate > 0)) {
        throw wrong(file, level + " " + rate + " is not above 0");
      }
      rates.add(rate);
    }
    Map<String, MeasuredCost> rows = new LinkedHashMap<>();
    object(json.get("rows"), file, "\"rows\"")
        .forEach((row, value) -> rows.put(row, entry(object(value, file, row), row, file)));
    ProfiledMachine host = json.containsKey("machine") ? host(json, file) : null;
    return new CostTable(text(json, "name", file), text(json, "source", file), rates, rows, host);
  }

  private static ProfiledMachine host(Map<String, Object> json, String file) {
    Map<String, Object> machine = object(json.get("machine"), file, "\"machine\"");
    String at = file + ": machine";
    double gigahertz = number(machine, "gigahertz", at);
    double level2 = number(machine, "level2Bytes", at);
    double level3 = number(machine, "level3Bytes", at);
    if (!(gigahertz > 0 && gigahertz < 100) || !(level2 >= 0) || !(level3 >= 0)) {
      throw wrong(at, gigahertz + " GHz with caches of " + level2 + " and " + level3 + " bytes");
    }
    return new ProfiledMachine(
        text(machine, "arch", at),
        text(machine, "isa", at),
        gigahertz,
        (long) level2,
        (long) level3,
        machine.containsKey("sharing")
            ? sharing(object(machine.get("sharing"), file, "\"sharing\""), at + ": sharing")
            : Sharing.MESH);
  }

  private static Sharing sharing(Map<String, Object> json, String at) {
    double[] figures = new double[SHARING.size()];
    for (int i = 0; i < figures.length; i++) {
      figures[i] = number(json, SHARING.get(i), at);
      if (!(figures[i] > 0) || Double.isInfinite(figures[i])) {
        throw wrong(at, SHARING.get(i) + " " + figures[i] + " is not above 0");
      }
    }
    return new Sharing(figures[0], figures[1], figures[2], figures[3]);
  }

  private static MeasuredCost entry(Map<String, Object> json, String row, String file) {
    List<String> unknown = new ArrayList<>(json.keySet());
    unknown.removeAll(FIGURES);
    unknown.remove("revision");
    if (!unknown.isEmpty()) {
      throw wrong(file, row + " has unknown figures " + unknown);
    }
    String at = file + ": " + row;
    double[] figures = new double[FIGURES.size()];
    for (int i = 0; i < figures.length; i++) {
      figures[i] =
          i > 0 && !json.containsKey(FIGURES.get(i)) ? 0 : number(json, FIGURES.get(i), at);
    }
    try {
      return new MeasuredCost(
          (int) number(json, "revision", at),
          new RowCost(figures[0], figures[1], figures[2], figures[3], figures[4]));
    } catch (IllegalArgumentException e) {
      throw new SinterException(Status.INVALID_ARGUMENT, at + ": " + e.getMessage(), e);
    }
  }

  /** The table's part of a target file, as {@link #parse} reads it. */
  public Map<String, Object> toJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("format", FORMAT);
    json.put("version", VERSION);
    json.put("name", name);
    json.put("source", source);
    if (host != null) {
      Map<String, Object> machine = new LinkedHashMap<>();
      machine.put("arch", host.arch());
      machine.put("isa", host.isa());
      machine.put("gigahertz", host.gigahertz());
      machine.put("level2Bytes", host.level2Bytes());
      machine.put("level3Bytes", host.level3Bytes());
      Sharing s = host.sharing();
      double[] figures = {
        s.handOverCycles(), s.bytesPerCycle(), s.ownBytes(), s.farBytesPerCycle()
      };
      Map<String, Object> sharing = new LinkedHashMap<>();
      for (int i = 0; i < figures.length; i++) {
        sharing.put(SHARING.get(i), figures[i]);
      }
      machine.put("sharing", sharing);
      json.put("machine", machine);
    }
    Map<String, Object> levels = new LinkedHashMap<>();
    for (int i = 0; i < bytesPerCycle.size(); i++) {
      levels.put(LEVELS.get(i), bytesPerCycle.get(i));
    }
    json.put("bytesPerCycle", levels);
    Map<String, Object> entries = new LinkedHashMap<>();
    rows.keySet().stream()
        .sorted()
        .forEach(
            row -> {
              RowCost c = rows.get(row).cost();
              double[] figures = {c.products(), c.weightBytes(), c.call(), c.input(), c.output()};
              Map<String, Object> entry = new LinkedHashMap<>();
              entry.put("revision", rows.get(row).revision());
              for (int i = 0; i < figures.length; i++) {
                entry.put(FIGURES.get(i), figures[i]);
              }
              entries.put(row, entry);
            });
    json.put("rows", entries);
    return json;
  }

  private static SinterException wrong(String file, String what) {
    return new SinterException(Status.INVALID_ARGUMENT, file + ": " + what);
  }

  @SuppressWarnings("unchecked")
  static Map<String, Object> object(Object value, String file, String what) {
    if (value instanceof Map<?, ?> map) {
      return (Map<String, Object>) map;
    }
    throw wrong(file, what + " is no object");
  }

  static String text(Map<String, Object> json, String key, String file) {
    if (json.get(key) instanceof String text) {
      return text;
    }
    throw wrong(file, "\"" + key + "\" is no string");
  }

  static double number(Map<String, Object> json, String key, String file) {
    if (json.get(key) instanceof Double number) {
      return number;
    }
    throw wrong(file, "\"" + key + "\" is no number");
  }
}
