// A recipe cannot be followed as it stands.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.recipe;

/** Says which rule of a recipe is wrong, why, and what would be right. */
public final class RecipeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message rule, reason and remedy
   */
  public RecipeException(String message) {
    super(message);
  }

  /**
   * Makes an exception.
   *
   * @param message rule, reason and remedy
   * @param cause what led to it
   */
  public RecipeException(String message, Throwable cause) {
    super(message, cause);
  }
}
