// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.catalogue;

import dev.sinter.runtime.SinterException;
import dev.sinter.runtime.Status;

/** One tensor that an op reads or writes. */
public record SlotSpec(String name, Role role) {
  /** What the op does with it. */
  public enum Role {
    IN,
    WEIGHTS,
    OUT;

    static Role of(String word) {
      return switch (word) {
        case "in" -> IN;
        case "weights" -> WEIGHTS;
        case "out" -> OUT;
        default ->
            throw new SinterException(
                Status.UNSUPPORTED, "catalogue of the native library: slot role " + word);
      };
    }
  }
}
