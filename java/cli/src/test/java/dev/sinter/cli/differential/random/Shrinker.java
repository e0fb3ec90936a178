// Makes a failing model smaller while it still fails in the same way.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.random;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Fewer and smaller decisions are fewer ops, smaller shapes, simpler attributes. */
final class Shrinker {
  private final Predicate<List<Integer>> fails;
  private List<Integer> best;
  private int left;

  private Shrinker(List<Integer> decisions, int tries, Predicate<List<Integer>> fails) {
    this.fails = fails;
    best = decisions;
    left = tries;
  }

  static List<Integer> shrink(List<Integer> decisions, int tries, Predicate<List<Integer>> fails) {
    Shrinker s = new Shrinker(decisions, tries, fails);
    boolean smaller = true;
    while (smaller && s.left > 0) {
      smaller = s.remove();
      smaller |= s.lower();
    }
    return s.best;
  }

  private boolean keep(List<Integer> candidate) {
    if (left <= 0 || candidate.equals(best)) {
      return false;
    }
    left--;
    if (fails.test(candidate)) {
      best = List.copyOf(candidate);
      return true;
    }
    return false;
  }

  private boolean remove() {
    boolean any = false;
    for (int n = Math.max(1, best.size() / 2); n >= 1; n /= 2) {
      for (int i = best.size() - n; i >= 0; i--) {
        if (i + n > best.size()) {
          continue;
        }
        List<Integer> candidate = new ArrayList<>(best);
        candidate.subList(i, i + n).clear();
        any |= keep(candidate);
      }
    }
    return any;
  }

  private boolean lower() {
    boolean any = false;
    for (int i = 0; i < best.size(); i++) {
      int value = best.get(i);
      if (value == 0) {
        continue;
      }
      if (keep(with(i, 0))) {
        any = true;
        continue;
      }
      int low = 0;
      while (i < best.size() && best.get(i) - low > 1 && left > 0) {
        int middle = low + (best.get(i) - low) / 2;
        if (keep(with(i, middle))) {
          any = true;
        } else {
          low = middle;
        }
      }
    }
    return any;
  }

  private List<Integer> with(int at, int value) {
    List<Integer> candidate = new ArrayList<>(best);
    candidate.set(at, value);
    return candidate;
  }
}
