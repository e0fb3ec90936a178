// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.catalogue;

/**
 * A constraint of a row on one parameter.
 *
 * @param range low <= value <= high, else value % low == 0
 */
public record Limit(String field, boolean range, int low, int high) {
  /** Whether a value satisfies it. */
  public boolean holds(int value) {
    return range ? value >= low && value <= high : value % low == 0;
  }

  @Override
  public String toString() {
    return range ? low + " <= " + field + " <= " + high : field + " a multiple of " + low;
  }
}
