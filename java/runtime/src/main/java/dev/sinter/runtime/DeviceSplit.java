// Which steps of a program a device runs, and why it does not run the others.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.runtime.lower.Step;
import dev.sinter.runtime.lower.Value;
import dev.sinter.runtime.select.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A step runs on the device if that has a kernel for it. Then two rules: what lives from run to run
 * stays on the processor, with all steps that touch it; and steps of the device between steps of
 * the processor must hold enough products to pay for the way there and back.
 */
final class DeviceSplit {
  /**
   * Multiply-accumulates that a processor does in about the time that values take to a device and
   * back: some ten microseconds.
   */
  static final double LEAST_WORK = 1 << 20;

  /** What counts now; tests set it to 0 to have programs cut wherever they can be. */
  static volatile double leastWork = LEAST_WORK;

  private static final Set<String> PRODUCTS =
      Set.of("gemm", "conv", "depthwise", "transpose_conv", "batch_matmul");

  private DeviceSplit() {}

  /**
   * Splits steps.
   *
   * @param steps in the order in which they run
   * @param device chooses among the device's kernels
   * @param whole whether they are all of the model: what was asked for is done then, however little
   *     it is
   * @return per step why it stays on the processor; null where the device runs it
   */
  static List<String> of(List<Step> steps, Selector device, boolean whole) {
    List<String> reasons = new ArrayList<>();
    for (Step step : steps) {
      reasons.add(
          touchesState(step)
              ? "it keeps a state from run to run, which stays on the processor"
              : device.obstacle(step));
    }
    int start = 0;
    for (int i = 0; i <= reasons.size(); i++) {
      if (i < reasons.size() && reasons.get(i) == null) {
        continue;
      }
      boolean all = whole && start == 0 && i == reasons.size();
      double work = products(steps.subList(start, i));
      if (!all && work < leastWork) {
        for (int s = start; s < i; s++) {
          reasons.set(
              s,
              String.format(
                  Locale.ROOT,
                  "%.0f multiply-accumulates between steps of the processor do not pay for the way"
                      + " to the device and back; %.0f would",
                  work,
                  LEAST_WORK));
        }
      }
      start = i + 1;
    }
    return reasons;
  }

  private static boolean touchesState(Step step) {
    for (Value value : step.slots()) {
      if (value != null && value.isState()) {
        return true;
      }
    }
    return false;
  }

  private static double products(List<Step> steps) {
    double work = 0;
    for (Step step : steps) {
      work += PRODUCTS.contains(step.op()) ? step.work() : 0;
    }
    return work;
  }
}
