// What goes wrong while a model is read, written, built or asked about.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

/**
 * Says that a model file or a graph is not what it should be. The message names the file (where
 * there is one), what is wrong, where, and what can be done.
 */
public final class GraphException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message file, what, where and remedy
   */
  public GraphException(String message) {
    super(message);
  }

  /**
   * Makes an exception with a cause.
   *
   * @param message file, what, where and remedy
   * @param cause what led to it
   */
  public GraphException(String message, Throwable cause) {
    super(message, cause);
  }
}
