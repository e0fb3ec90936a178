// The one exception of the runtime.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

/** Something failed; the message names the file, the op, the tensor and what to do about it. */
public final class SinterException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why. */
  private final Status status;

  /**
   * Makes an exception.
   *
   * @param status why
   * @param message what, where and what to do
   */
  public SinterException(Status status, String message) {
    super(message);
    this.status = status;
  }

  /**
   * Makes an exception with a cause.
   *
   * @param status why
   * @param message what, where and what to do
   * @param cause what was thrown below
   */
  public SinterException(Status status, String message, Throwable cause) {
    super(message, cause);
    this.status = status;
  }

  /**
   * Returns why the call failed.
   *
   * @return the status
   */
  public Status status() {
    return status;
  }
}
