// A text that can be looked at only so often: ends expressions that backtrack without end.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.plan;

/** Counts the characters a matcher looks at. */
final class Patience implements CharSequence {
  private static final long MOST = 5_000_000;

  private final String text;
  private long looks;

  Patience(String text) {
    this.text = text;
  }

  /** Looked at too often. */
  static final class Lost extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  @Override
  public int length() {
    return text.length();
  }

  @Override
  public char charAt(int index) {
    if (++looks > MOST) {
      throw new Lost();
    }
    return text.charAt(index);
  }

  @Override
  public CharSequence subSequence(int start, int end) {
    return text.substring(start, end);
  }

  @Override
  public String toString() {
    return text;
  }
}
