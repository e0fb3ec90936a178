// What a search must keep within.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.search;

import java.util.Locale;

/**
 * A budget.
 *
 * @param kind what is limited
 * @param limit how far: points of accuracy that may be lost, bytes of the file, or microseconds of
 *     a run
 */
public record Budget(Kind kind, double limit) {
  /** What is limited. */
  public enum Kind {
    /** Points (percent) of accuracy, or of agreement, that may be lost; bytes are made few. */
    ACCURACY,
    /** Bytes of the file; accuracy is kept. */
    BYTES,
    /** Microseconds of a run; accuracy is kept. */
    LATENCY
  }

  /**
   * Checks the limit.
   *
   * @param kind what is limited
   * @param limit how far
   */
  public Budget {
    if (!(limit >= 0) || Double.isInfinite(limit)) {
      throw new IllegalArgumentException("a budget of " + limit + "; 0 or more can be");
    }
  }

  /**
   * Reads a budget.
   *
   * @param text such as {@code accuracy=1.0}, {@code bytes=2000000}, {@code latency=800}
   * @return the budget
   * @throws IllegalArgumentException if it is none
   */
  public static Budget parse(String text) {
    int equals = text.indexOf('=');
    try {
      if (equals > 0) {
        return new Budget(
            Kind.valueOf(text.substring(0, equals).trim().toUpperCase(Locale.ROOT)),
            Double.parseDouble(text.substring(equals + 1).trim()));
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(help(text), e);
    }
    throw new IllegalArgumentException(help(text));
  }

  private static String help(String text) {
    return "budget '"
        + text
        + "' is none of accuracy=POINTS (that may be lost), bytes=N, latency=MICROSECONDS";
  }

  @Override
  public String toString() {
    return kind.name().toLowerCase(Locale.ROOT) + "=" + limit;
  }
}
