// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.catalogue;

/**
 * A form of packed weights.
 *
 * @param op the op whose weights it holds
 * @param sources how many constants it is made from
 */
public record PackingSpec(int index, String name, int revision, String op, int sources) {
  /** Whether only 4x4 blocks with a non-zero weight are kept. */
  public boolean keepsNonZeroBlocks() {
    return name.endsWith("_block4x4");
  }
}
