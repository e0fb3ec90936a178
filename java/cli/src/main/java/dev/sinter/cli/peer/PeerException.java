// A peer refused a model or failed while running it.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.peer;

/**
 * Says that a runtime refused a model, failed while running it, or died of it; the message holds
 * its own words.
 */
public final class PeerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Whether the runtime lacks something that the model needs. */
  private final boolean unsupported;

  /**
   * Makes an exception for a refusal or failure.
   *
   * @param message what the runtime says
   */
  public PeerException(String message) {
    this(message, false, null);
  }

  /**
   * Makes an exception.
   *
   * @param message what the runtime says
   * @param unsupported whether the runtime says that it lacks something the (valid) model needs
   * @param cause what led to it, or null
   */
  public PeerException(String message, boolean unsupported, Throwable cause) {
    super(message, cause);
    this.unsupported = unsupported;
  }

  /**
   * Tells whether the runtime lacks something that the model needs, as opposed to a model that is
   * wrong.
   *
   * @return true if the runtime said so
   */
  public boolean isUnsupported() {
    return unsupported;
  }
}
