// What a recipe says beside the name of a step.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.quality;

import dev.sinter.optimizer.recipe.Recipe;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** Reads parameters; those it does not know are errors. */
final class Parameters {
  private final String step;
  private final Map<String, Object> values;

  Parameters(String step, Map<String, Object> values, String... known) {
    this.step = step;
    this.values = values;
    for (String name : values.keySet()) {
      if (!Set.of(known).contains(name)) {
        throw new IllegalArgumentException(
            "step " + step + " has no parameter '" + name + "'; it has " + Set.of(known));
      }
    }
  }

  boolean flag(String name, boolean otherwise) {
    Object v = values.get(name);
    if (v == null) {
      return otherwise;
    }
    if (v instanceof Boolean b) {
      return b;
    }
    throw wrong(name, v, "true or false");
  }

  double number(String name, double otherwise) {
    Object v = values.get(name);
    if (v == null) {
      return otherwise;
    }
    if (v instanceof Number n) {
      return n.doubleValue();
    }
    throw wrong(name, v, "a number");
  }

  String text(String name) {
    Object v = values.get(name);
    if (v == null || v instanceof String) {
      return (String) v;
    }
    throw wrong(name, v, "a text");
  }

  /** Which layers are meant, by the names of their results: an expression as in rules. */
  Predicate<String> layers() {
    String regex = text("layers");
    if (regex == null) {
      return name -> true;
    }
    try {
      return Recipe.expression(regex);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("step " + step + ": layers: " + e.getMessage(), e);
    }
  }

  private IllegalArgumentException wrong(String name, Object is, String wanted) {
    return new IllegalArgumentException(
        "step " + step + ": parameter " + name + " is " + is + ", not " + wanted);
  }
}
