// Has a change made models slower? Ratios of two result files, with the interval of their quotient.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What came of a comparison. Ratios to a peer that was measured beside it are compared, not times:
 * a slower machine strikes both sides.
 *
 * @param slower what has become slower beyond doubt
 * @param lines one per model that stands in both
 * @param missing what stands in one of the two only
 */
public record Gate(List<String> slower, List<String> lines, List<String> missing) {
  /** A model is slower where the whole interval of new by old lies below this. */
  public static final double LEAST = 0.9;

  /**
   * Compares.
   *
   * @param older the result to measure by
   * @param newer the result in question
   * @return what came of it
   */
  public static Gate compare(List<Result> older, List<Result> newer) {
    Map<Result.Key, Result> before = byKey(older);
    Map<Result.Key, Result> after = byKey(newer);
    List<String> slower = new ArrayList<>();
    List<String> lines = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    after.forEach(
        (key, now) -> {
          Result then = before.get(key);
          if (then == null) {
            missing.add(key + ": not in the old result");
            return;
          }
          double low = now.number("ratioLow") / then.number("ratioHigh");
          double high = now.number("ratioHigh") / then.number("ratioLow");
          String line =
              String.format(
                  Locale.ROOT,
                  "%s: %.3f, was %.3f; new / old %.3f..%.3f",
                  key,
                  now.number("ratio"),
                  then.number("ratio"),
                  low,
                  high);
          lines.add(line);
          if (high < LEAST) {
            slower.add(line);
          }
        });
    before.keySet().stream()
        .filter(key -> !after.containsKey(key))
        .forEach(key -> missing.add(key + ": not in the new result"));
    return new Gate(List.copyOf(slower), List.copyOf(lines), List.copyOf(missing));
  }

  /** Of a key that stands twice, the last. */
  private static Map<Result.Key, Result> byKey(List<Result> results) {
    Map<Result.Key, Result> map = new LinkedHashMap<>();
    results.forEach(r -> map.put(r.key(), r));
    return map;
  }

  /**
   * Tells whether nothing has become slower.
   *
   * @return false, too, where there was nothing to compare
   */
  public boolean passes() {
    return slower.isEmpty() && !lines.isEmpty();
  }
}
