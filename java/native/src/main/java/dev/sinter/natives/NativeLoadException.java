// SPDX-License-Identifier: Apache-2.0
package dev.sinter.natives;

/**
 * The native library cannot be loaded; the message names what was tried and what to do, the
 * suppressed exceptions are the single attempts.
 */
public final class NativeLoadException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NativeLoadException(String message) {
    super(message);
  }

  NativeLoadException(String message, Throwable cause) {
    super(message, cause);
  }
}
