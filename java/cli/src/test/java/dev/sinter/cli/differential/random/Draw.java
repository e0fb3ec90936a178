// The decisions that a random model is made by: drawn, recorded, and given back to make it again.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.random;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A source of small numbers. Every generator takes 0 for its simplest choice, so a model gets
 * simpler as its numbers get smaller and fewer: that is all a {@link Shrinker} does.
 */
final class Draw {
  private final Random random;
  private final List<Integer> given;
  private final List<Integer> made = new ArrayList<>();

  /** New decisions. */
  Draw(long seed) {
    random = new Random(seed);
    given = List.of();
  }

  /** Decisions made before; where they end, all others are the simplest. */
  Draw(List<Integer> given) {
    random = null;
    this.given = given;
  }

  /** A number of 0 .. n - 1. */
  int below(int n) {
    if (n < 1) {
      throw new IllegalArgumentException("nothing to choose from");
    }
    int at = made.size();
    int value =
        random != null ? random.nextInt(n) : at < given.size() ? Math.min(given.get(at), n - 1) : 0;
    made.add(value);
    return value;
  }

  /** All decisions so far. */
  List<Integer> made() {
    return List.copyOf(made);
  }
}
