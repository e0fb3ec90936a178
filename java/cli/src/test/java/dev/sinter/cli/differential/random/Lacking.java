// Ops and types of which some or all forms have no kernel yet.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.random;

import java.util.Set;

/**
 * Where Sinter may say "unsupported"; anywhere else that is a failure. Whoever adds what is missing
 * takes the line away.
 */
final class Lacking {
  private static final Set<String> NAMES = Set.of();

  private Lacking() {}

  static boolean mayLack(Maker maker) {
    return NAMES.contains(maker.name());
  }
}
