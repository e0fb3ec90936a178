// How long a model must take at least on a machine of these peaks.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.bench;

import dev.sinter.runtime.Report;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a machine can do at best, and what that means for a model. A kernel call takes at least the
 * longer of two times: that of its multiply-accumulates at the peak of their type, and that of
 * moving its bytes through the cache, or the memory, that holds the whole model.
 *
 * @param macsPerSecond multiply-accumulates a second, by type
 * @param bytesPerSecond bytes read a second, by level
 * @param level2Bytes what the second-level caches of the cores in use hold together
 * @param level3Bytes what the third-level cache holds
 */
public record Roofline(
    Map<Kind, Double> macsPerSecond,
    Map<Level, Double> bytesPerSecond,
    long level2Bytes,
    long level3Bytes) {

  /** What is multiplied. */
  public enum Kind {
    /** floats. */
    F32,
    /** bfloat16, or floats by bfloat16. */
    BF16,
    /** Integers of 8 bits or fewer, on either side. */
    INT8
  }

  /** Where bytes come from. */
  public enum Level {
    /** The second-level cache of a core. */
    L2,
    /** The third-level cache. */
    L3,
    /** Memory. */
    DRAM
  }

  /**
   * Returns which peak bounds a call.
   *
   * @param step a call that multiplies
   * @return the fastest type among its operands, so that the bound stays one
   */
  public static Kind kind(Report.StepReport step) {
    List<String> types = step.types();
    if (types.stream().anyMatch(t -> t.matches("[su][248]"))) {
      return Kind.INT8;
    }
    return types.contains("bf16") ? Kind.BF16 : Kind.F32;
  }

  /**
   * Returns the level that holds a model while it is run again and again.
   *
   * @param bytes packed weights and values
   * @return the smallest that is large enough
   */
  public Level level(double bytes) {
    return bytes <= level2Bytes ? Level.L2 : bytes <= level3Bytes ? Level.L3 : Level.DRAM;
  }

  /**
   * Returns the level that holds a model.
   *
   * @param times its calls
   * @return the smallest that is large enough for packed weights and values between calls
   */
  public Level level(StepTimes times) {
    double weights = times.steps().stream().mapToDouble(s -> s.report().packedBytes()).sum();
    return level(weights + times.arenaBytes());
  }

  /**
   * Returns the shortest time of a call.
   *
   * @param step the call
   * @param level what holds its operands
   * @return microseconds
   */
  public double micros(Report.StepReport step, Level level) {
    double bytes = (double) step.packedBytes() + step.valueBytes();
    double moving = bytes / bytesPerSecond.get(level);
    // Of products by weights with zeros it is not known how many are left out.
    boolean counted = step.multiplies() && !isSparse(step);
    double multiplying = counted ? step.work() / macsPerSecond.get(kind(step)) : 0;
    return 1e6 * Math.max(moving, multiplying);
  }

  private static boolean isSparse(Report.StepReport step) {
    String packing = step.packing();
    return packing != null && (packing.contains("_block") || packing.contains("2of4"));
  }

  /**
   * Returns the shortest time of a run.
   *
   * @param times the calls of a run
   * @return microseconds
   */
  public double micros(StepTimes times) {
    Level level = level(times);
    return times.steps().stream().mapToDouble(s -> micros(s.report(), level)).sum();
  }

  /**
   * Returns the figures for a result file.
   *
   * @return GMAC/s by type, then GB/s by level
   */
  public Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    for (Kind kind : Kind.values()) {
      fields.put(lower(kind) + "GmacPerSecond", macsPerSecond.get(kind) / 1e9);
    }
    for (Level level : Level.values()) {
      fields.put(lower(level) + "GBPerSecond", bytesPerSecond.get(level) / 1e9);
    }
    return fields;
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(java.util.Locale.ROOT);
  }

  /**
   * Returns the figures in a line.
   *
   * @return for people
   */
  public String text() {
    return String.format(
        java.util.Locale.ROOT,
        "f32 %.0f, bf16 %.0f, int8 %.0f GMAC/s; L2 %.0f, L3 %.0f, DRAM %.0f GB/s",
        macsPerSecond.get(Kind.F32) / 1e9,
        macsPerSecond.get(Kind.BF16) / 1e9,
        macsPerSecond.get(Kind.INT8) / 1e9,
        bytesPerSecond.get(Level.L2) / 1e9,
        bytesPerSecond.get(Level.L3) / 1e9,
        bytesPerSecond.get(Level.DRAM) / 1e9);
  }
}
