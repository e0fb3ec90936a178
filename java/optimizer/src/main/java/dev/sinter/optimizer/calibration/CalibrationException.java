// Calibration cannot go on.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.calibration;

/** Says which tensor and example stand in the way of calibration, and what to do. */
public final class CalibrationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message tensor, example and remedy
   */
  public CalibrationException(String message) {
    super(message);
  }

  /**
   * Makes an exception.
   *
   * @param message tensor, example and remedy
   * @param cause what led to it
   */
  public CalibrationException(String message, Throwable cause) {
    super(message, cause);
  }
}
