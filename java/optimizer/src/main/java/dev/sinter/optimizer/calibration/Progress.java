// Hears how far something long is.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.calibration;

/** Hears how far calibration is. */
@FunctionalInterface
public interface Progress {
  /** Hears nothing. */
  Progress NONE = (what, done, of) -> {};

  /**
   * Told after each example.
   *
   * @param what what is being done
   * @param done examples so far
   * @param of examples in all
   */
  void at(String what, long done, long of);
}
