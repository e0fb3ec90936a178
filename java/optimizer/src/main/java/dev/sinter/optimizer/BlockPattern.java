// Which weights become zero together, or how many of a few may stay.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A pattern of zeros in a matrix of weights, a row per output: blocks of {@code rows} outputs by
 * {@code columns} neighbouring inputs that are zero together ({@code 1x4}, {@code 4x4}, {@code
 * 16x4}, {@code 1x1} for single weights), or {@code 2of4}: of every four neighbouring inputs two
 * may be other than zero.
 *
 * @param rows outputs per block
 * @param columns inputs per block
 * @param kept of the columns of a block so many stay; 0: blocks stay or go as a whole
 */
public record BlockPattern(int rows, int columns, int kept) {
  private static final Pattern BLOCK = Pattern.compile("(\\d{1,4})x(\\d{1,4})");

  /**
   * Checks the numbers.
   *
   * @param rows at least 1
   * @param columns at least 1
   * @param kept at least 0, fewer than the columns
   */
  public BlockPattern {
    if (rows < 1 || columns < 1 || kept < 0 || (kept > 0 && kept >= columns)) {
      throw new IllegalArgumentException(
          "a pattern of " + rows + " x " + columns + " with " + kept + " kept");
    }
  }

  /**
   * Reads a pattern.
   *
   * @param text such as {@code 1x4}, {@code 4x4}, {@code 16x4} or {@code 2of4}
   * @return the pattern
   * @throws IllegalArgumentException if it is none of these
   */
  public static BlockPattern parse(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    if (lower.equals("2of4")) {
      return new BlockPattern(1, 4, 2);
    }
    Matcher block = BLOCK.matcher(lower);
    if (!block.matches()) {
      throw new IllegalArgumentException(
          "pattern '"
              + text
              + "' is neither ROWSxCOLUMNS (outputs by inputs, such as 1x4, 4x4, 16x4) nor 2of4");
    }
    return new BlockPattern(Integer.parseInt(block.group(1)), Integer.parseInt(block.group(2)), 0);
  }

  @Override
  public String toString() {
    return kept > 0 ? kept + "of" + columns : rows + "x" + columns;
  }
}
