// What runs a model's steps: this machine's processor, or a device beside it.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import java.util.Locale;

/** What a model is asked to run on. */
public enum Device {
  /** This machine's processor: every op, no further library. */
  CPU,

  /**
   * An NVIDIA GPU, by way of the library in the jar {@code sinter-native} with the classifier
   * {@code linux-x86_64-gpu}. Steps that have no kernel there run on the processor.
   */
  CUDA;

  /**
   * Returns the name on the command line and in reports.
   *
   * @return {@code cpu}, {@code cuda}
   */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
