// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.catalogue;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A form of packed weights.
 *
 * @param op the op whose weights it holds
 * @param sources how many constants it is made from
 */
public record PackingSpec(int index, String name, int revision, String op, int sources) {
  private static final Pattern BLOCKS = Pattern.compile(".*_block(\\d+)x4");

  /** Whether weights take twice their bytes here: of int8 as bfloat16, of halves as floats. */
  public boolean isWide() {
    return name.contains("_wide_");
  }

  /**
   * Outputs of the blocks of zeros that are left out, each of 4 inputs; 0 if all weights are kept.
   */
  public int blockHeight() {
    Matcher blocks = BLOCKS.matcher(name);
    return blocks.matches() ? Integer.parseInt(blocks.group(1)) : 0;
  }
}
