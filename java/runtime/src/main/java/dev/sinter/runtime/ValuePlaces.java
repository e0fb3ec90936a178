// Where the values of a program are: in the processor's arena, in the device's, or shared.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.runtime.lower.Value;
import dev.sinter.runtime.plan.MemoryPlanner;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Segments of one side share its arena, so a value that one side alone touches stays where it is
 * between them. What both sides touch, and inputs and outputs that the device touches, have places
 * at the start of the device's arena; all else of the device comes behind.
 */
final class ValuePlaces {
  private final int steps;
  private final Map<Value, Use> uses = new LinkedHashMap<>();
  private final Map<Value, Long> shared = new LinkedHashMap<>();
  private final List<Program.State> states = new ArrayList<>();
  private final long hostBytes;
  private final long deviceBytes;

  /** Who touches a value, and from which step to which. */
  private static final class Use {
    private final int first;
    private int last;
    private boolean host;
    private boolean device;

    private Use(int first) {
      this.first = first;
    }
  }

  ValuePlaces(List<ProgramMaker.Placed> placed) {
    steps = placed.size();
    for (int i = 0; i < steps; i++) {
      for (Value value : placed.get(i).step().slots()) {
        if (value == null || value.place() == Value.Place.CONSTANT) {
          continue;
        }
        int at = i;
        Use use = uses.computeIfAbsent(value, v -> new Use(at));
        use.last = i;
        use.host |= !placed.get(i).onDevice();
        use.device |= placed.get(i).onDevice();
      }
    }
    List<Value> onHost = new ArrayList<>();
    List<Value> onDevice = new ArrayList<>();
    List<Value> onBoth = new ArrayList<>();
    uses.forEach(
        (value, use) -> {
          boolean inArena = value.place() == Value.Place.ARENA;
          if (use.device && (use.host || !inArena)) {
            onBoth.add(value);
          } else if (inArena) {
            (use.device ? onDevice : onHost).add(value);
          }
        });
    long sharedBytes = plan(onBoth, 0);
    onBoth.forEach(value -> shared.put(value, value.offset()));
    deviceBytes = plan(onDevice, sharedBytes);
    hostBytes = plan(onHost, 0);
    for (Value value : onHost) {
      if (value.isState()) {
        states.add(new Program.State(value.offset(), value.bytes(), value.fill()));
      }
    }
  }

  /** Gives values offsets from a start on; returns where they end. */
  private long plan(List<Value> values, long start) {
    List<MemoryPlanner.Life> lives = new ArrayList<>();
    for (Value value : values) {
      Use use = uses.get(value);
      // A state lives in all of the program, and so do inputs and outputs, which the host writes
      // and
      // reads between runs: no other value may use their place in between.
      boolean always = value.isState() || value.place() != Value.Place.ARENA;
      lives.add(
          always
              ? new MemoryPlanner.Life(value.bytes(), 0, steps - 1)
              : new MemoryPlanner.Life(value.bytes(), use.first, use.last));
    }
    MemoryPlanner.Placement placement = MemoryPlanner.place(lives);
    for (int i = 0; i < values.size(); i++) {
      values.get(i).setOffset(start + placement.offsets().get(i));
    }
    return start + placement.total();
  }

  /** Whether a value is a binding of the plans that touch it. */
  boolean isBound(Value value) {
    return value.place() == Value.Place.INPUT
        || value.place() == Value.Place.OUTPUT
        || shared.containsKey(value);
  }

  /** The place of a value in the device's arena if it is bound there, else -1. */
  long sharedPlace(Value value) {
    return shared.getOrDefault(value, -1L);
  }

  long hostBytes() {
    return hostBytes;
  }

  long deviceBytes() {
    return deviceBytes;
  }

  List<Program.State> states() {
    return states;
  }
}
