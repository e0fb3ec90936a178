// Which values stay in bfloat16 between layers: their producers round them, nobody converts.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.select;

import dev.sinter.runtime.SinterException;
import dev.sinter.runtime.lower.Step;
import dev.sinter.runtime.lower.Value;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * With the option {@code bf16}, an activation that nobody but matrix products, convolutions and
 * depthwise ones writes and reads is kept in bfloat16, half its bytes. Where this machine has no
 * kernels that are faster so, it stays a float. So does what a depthwise layer reads and the second
 * cache holds: products round what they read in any case, but depthwise layers multiply floats, and
 * would round more for bytes that cost them next to nothing.
 */
public final class KeptBfloat16 {
  private static final String F32 = "f32";
  private static final String BF16 = "bf16";

  private final List<Step> steps;
  private final Selector selector;
  private final long nearBytes;
  // By identity: a value is a place in memory.
  private final IdentityHashMap<Value, List<Use>> uses = new IdentityHashMap<>();

  private record Use(Step step, int slot, boolean possible) {}

  private KeptBfloat16(List<Step> steps, Selector selector, long nearBytes) {
    this.steps = steps;
    this.selector = selector;
    this.nearBytes = nearBytes;
  }

  /**
   * Changes the types of steps, and the values between them.
   *
   * @param steps of the option bf16, as they are lowered
   * @param selector of the machine
   * @param nearBytes what its second cache holds
   */
  public static void find(List<Step> steps, Selector selector, long nearBytes) {
    new KeptBfloat16(steps, selector, nearBytes).find();
  }

  private void find() {
    for (Step step : steps) {
      boolean possible = takesBfloat16(step);
      for (int i = 0; i < step.slots().size(); i++) {
        Value value = step.slots().get(i);
        if (value != null) {
          uses.computeIfAbsent(value, v -> new ArrayList<>()).add(new Use(step, i, possible));
        }
      }
    }
    Set<Value> kept = Collections.newSetFromMap(new IdentityHashMap<>());
    uses.forEach(
        (value, of) -> {
          if (value.place() == Value.Place.ARENA
              && !value.isState()
              && of.stream().allMatch(Use::possible)
              && (value.bytes() > nearBytes
                  || of.stream().noneMatch(KeptBfloat16::isDepthwiseInput))
              && of.stream().anyMatch(use -> isResult(use.step(), use.slot()))
              && of.stream().anyMatch(use -> !isResult(use.step(), use.slot()))) {
            kept.add(value);
          }
        });
    if (!kept.isEmpty()) {
      change(kept);
    }
  }

  private static boolean takesBfloat16(Step step) {
    List<String> types = step.types();
    return switch (step.op()) {
      case "gemm", "conv" -> types.equals(List.of(F32, BF16, F32)) || step.isBfloat16ByBytes();
      case "depthwise" -> types.equals(List.of(F32, F32, F32));
      default -> false;
    };
  }

  private static boolean isDepthwiseInput(Use use) {
    return use.step().op().equals("depthwise") && use.slot() == 0;
  }

  private static boolean isResult(Step step, int slot) {
    return slot == step.slots().size() - 1;
  }

  private void change(Set<Value> kept) {
    Set<Step> changed = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Value value : kept) {
      uses.get(value).forEach(use -> changed.add(use.step()));
    }
    double before = cycles(changed);
    set(kept, BF16);
    if (cycles(changed) >= before) {
      set(kept, F32);
      return;
    }
    for (Value value : kept) {
      Value half = Value.arena(value.name(), value.bytes() / 2);
      uses.get(value).forEach(use -> use.step().replaceSlot(use.slot(), half));
    }
  }

  private void set(Set<Value> values, String type) {
    for (Value value : values) {
      uses.get(value).forEach(use -> use.step().changeType(use.slot(), type));
    }
  }

  /** What the steps are expected to cost; infinite where one has no kernel. */
  private double cycles(Collection<Step> of) {
    double sum = 0;
    try {
      for (Step step : of) {
        sum += selector.choose(step).cycles();
      }
    } catch (SinterException e) {
      return Double.POSITIVE_INFINITY;
    }
    return sum;
  }
}
