// Given inputs do not fit a model.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.data;

/** Says why the inputs that were given cannot be put into a model. */
public final class MisfitException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message what does not fit, and what would
   * @param cause what led to it, or null
   */
  public MisfitException(String message, Throwable cause) {
    super(message, cause);
  }
}
