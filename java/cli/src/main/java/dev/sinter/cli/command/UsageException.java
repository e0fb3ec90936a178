// The user asked for something that cannot be.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

/** Ends a command with exit code 2 and its message, without a stack trace. */
public final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message what is wrong and what to do
   */
  public UsageException(String message) {
    super(message);
  }
}
