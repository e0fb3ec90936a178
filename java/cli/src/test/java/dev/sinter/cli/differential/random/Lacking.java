// Ops and types of which some or all forms have no kernel yet.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.random;

/** Where Sinter may say "unsupported"; anywhere else that is a failure. */
final class Lacking {
  private Lacking() {}

  static boolean mayLack(Maker maker) {
    return maker != null;
  }
}
