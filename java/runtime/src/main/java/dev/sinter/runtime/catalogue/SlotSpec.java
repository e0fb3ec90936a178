// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.catalogue;

/** One tensor that an op reads or writes. */
public record SlotSpec(String name, Role role) {
  /** What the op does with it. */
  public enum Role {
    IN,
    WEIGHTS,
    OUT
  }
}
