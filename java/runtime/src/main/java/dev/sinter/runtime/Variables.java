// Resource variables of a session.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.ElementType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Found by name once, then by number. */
final class Variables {
  private final Map<String, Integer> numbers = new HashMap<>();
  private final List<Cell> values = new ArrayList<>();
  private final Map<Integer, HashTables.Table> tables = new HashMap<>();
  private final Set<Integer> called = new HashSet<>();

  /** The number of a variable. */
  int number(String name) {
    Integer number = numbers.get(name);
    if (number == null) {
      number = values.size();
      numbers.put(name, number);
      values.add(null);
    }
    return number;
  }

  /** The value of a variable; null if there is no such variable or it has none yet. */
  Cell get(long number) {
    return number >= 0 && number < values.size() ? values.get((int) number) : null;
  }

  /** Gives a variable a value; false if there is no such variable. */
  boolean set(long number, Cell value, ElementType type, String name) {
    if (number < 0 || number >= values.size()) {
      return false;
    }
    Cell cell = values.get((int) number);
    if (cell == null) {
      cell = Cell.of(type, value.shape(), name);
      values.set((int) number, cell);
    }
    cell.copy(value, type, name);
    return true;
  }

  /** Whether a subgraph that runs once has not run yet; from now on it has. */
  boolean firstCall(int subgraph) {
    return called.add(subgraph);
  }

  /** A hash table by its number; null if there is none and none is to be made. */
  HashTables.Table table(int id, boolean make) {
    return make ? tables.computeIfAbsent(id, k -> new HashTables.Table()) : tables.get(id);
  }

  void clear() {
    tables.clear();
    for (int i = 0; i < values.size(); i++) {
      values.set(i, null);
    }
    called.clear();
  }
}
