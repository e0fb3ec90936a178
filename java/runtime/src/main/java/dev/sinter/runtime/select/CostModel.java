// What a row is expected to cost for a step, from a target's figures and its caches.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.select;

import dev.sinter.runtime.Device;
import dev.sinter.runtime.Target;
import dev.sinter.runtime.catalogue.Row;
import dev.sinter.runtime.lower.Step;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/**
 * The larger of two times, plus the row's fixed part: its products at its best rate, and its packed
 * weights at its own rate or that of the cache they fit in, whichever is slower. The second decides
 * where few rows of A meet many weights. Matrix products have a share for each element of A and C
 * besides: it decides where K or N is small.
 *
 * <p>Products count with N and K rounded up to the row's tile, in convolutions the values under
 * each row of the kernel: where those are few, a tile that takes 64 is mostly empty. M is not
 * rounded, but for rows over blocks that are not zero, which hold pixels side by side: others have
 * narrower code for the rows left over.
 */
final class CostModel {
  // So few rows of A meet weights as floats, widened in registers
  // (native/src/kernels/gemm/packing_weight_only.h).
  private static final int DIRECT_ROWS = 6;

  // Multiprocessors of a large GPU, about.
  private static final double DEVICE_UNITS = 128;

  private final Target target;
  private final CostTable costs;
  private final Map<Object, Double> densities;
  private final double storedBytes;

  /**
   * Makes a model.
   *
   * @param target the machine
   * @param densities shares of blocks that are not zero, by the name of the constants and the
   *     blocks' height; kept by the caller since a model's weights are looked through once
   * @param storedBytes weights of all steps, as they are stored; 0 if a step's own are all
   */
  CostModel(Target target, Map<Object, Double> densities, double storedBytes) {
    this.target = target;
    this.costs = target.costs();
    this.densities = densities;
    this.storedBytes = storedBytes;
  }

  /** The same for these steps. */
  CostModel among(List<Step> steps) {
    double sum = 0;
    for (Step step : steps) {
      if (step.sourceCount() > 0) {
        switch (step.op()) {
          case "gemm" -> sum += (double) step.param("n") * step.param("k") * bytesPerWeight(step);
          case "conv" -> sum += (double) step.param("out_c") * window(step) * bytesPerWeight(step);
          default -> {}
        }
      }
    }
    return new CostModel(target, densities, sum);
  }

  /** Products of an output of a convolution. */
  private static double window(Step step) {
    double taps = (double) step.param("kernel_h") * step.param("kernel_w");
    return taps * step.param("in_c") / step.param("groups");
  }

  /** Cycles on one core, conversions of layout not included. */
  double cycles(Step step, Row row) {
    RowCost cost = costs.of(row);
    double work = step.work();
    double weights = 0;
    double around = cost.call();
    if (step.op().equals("gemm")) {
      int height = height(row);
      Features f = Features.of(step, row, height > 0 ? density(step, height) : 1);
      work =
          target.device() == Device.CPU
              ? f.products()
              : onDevice(step.param("m"), step.param("n"), row)
                  * Features.roundUp(step.param("k"), row.tileK());
      weights = f.weightBytes();
      around += f.inputs() * cost.input() + f.outputs() * cost.output();
    } else if (step.op().equals("conv")) {
      int groups = step.param("groups");
      double columns = (double) step.param("out_c") / groups;
      double n = groups * Math.ceil(columns / row.tileN()) * row.tileN();
      weights = n * window(step);
      work =
          target.device() == Device.CPU
              ? Features.convolution(step, row)
              : step.work() / step.param("out_c") * n;
      if (step.types().get(0).equals("f32")) {
        weights *= bytesPerWeight(step);
      }
    }
    if (target.device() != Device.CPU) {
      return Math.max(work / cost.products(), weights / rate(weights, cost.weightBytes())) + around;
    }
    double factor = row.packing() != null && row.packing().isWide() ? 2 : 1;
    double bytes = factor * weights;
    // Where a row may widen what is stored, bytes come from the cache that holds all of the model.
    double all = Math.max(bytes, factor * storedBytes);
    if (row.numerics().equals("bf16s8")) {
      return bfloat16ByBytes(step, row, work, bytes, all) + around;
    }
    boolean halves = step.types().size() > 1 && step.types().get(1).equals("f16");
    double streaming = bytes / rate(halves ? all : bytes, cost.weightBytes());
    return Math.max(work / cost.products(), streaming) + around;
  }

  /**
   * Products in bfloat16 by weights of int8. Those that are widened when they are packed are two
   * bytes each; the others are widened in each call, at the row's own rate, but for few rows of A,
   * which meet them in registers. Products wait for weights: with AMX they take so little time that
   * what is asked for meanwhile comes too late (native/src/kernels/conv/README.md). And they come
   * from the cache that holds all of the model.
   */
  private double bfloat16ByBytes(Step step, Row row, double work, double bytes, double all) {
    RowCost cost = costs.of(row);
    boolean wide = row.packing().isWide();
    double products = work / cost.products();
    if (step.op().equals("gemm") && step.param("m") <= DIRECT_ROWS) {
      return Math.max(products, bytes / rate(all, cost.weightBytes()));
    }
    double widening = wide || cost.weightBytes() == 0 ? 0 : bytes / cost.weightBytes();
    return products + bytes / rate(all, wide ? cost.weightBytes() : 0) + widening;
  }

  /** Outputs of the blocks of zeros that a row leaves out; 0 for none. */
  static int height(Row row) {
    return row.packing() == null ? 0 : row.packing().blockHeight();
  }

  static double bytesPerWeight(Step step) {
    return switch (step.types().get(1)) {
      case "s4" -> 0.5;
      case "s8", "u8" -> 1;
      case "bf16", "f16" -> 2;
      default -> 4;
    };
  }

  private double rate(double bytes, double own) {
    if (target.device() != Device.CPU) {
      return own > 0 ? own : Double.POSITIVE_INFINITY; // its rows say what its memory gives them
    }
    int level = bytes <= target.level2Bytes() ? 0 : bytes <= target.level3Bytes() ? 1 : 2;
    return own > 0 ? Math.min(own, costs.rate(level)) : costs.rate(level);
  }

  /**
   * Elements of C that a device computes in the time of this many: its rows' rates are those of the
   * whole device, which computes a tile per unit at a time, full or not.
   */
  private static double onDevice(int m, int n, Row row) {
    double tiles = Math.ceil((double) m / row.tileM()) * Math.ceil((double) n / row.tileN());
    double rounds = Math.ceil(tiles / DEVICE_UNITS);
    return rounds * DEVICE_UNITS * row.tileM() * row.tileN();
  }

  /**
   * The share of blocks of `height` x 4 of the weights [n][k] that have a weight that is not zero.
   */
  double density(Step step, int height) {
    List<Object> key = List.of(step.sourceKey(), height);
    Double known = densities.get(key);
    if (known == null) {
      known = density(step.source(0), step.param("n"), step.param("k"), height);
      densities.put(key, known);
    }
    return known;
  }

  static double density(ByteBuffer weights, int n, int k, int height) {
    long blocks = 0;
    long filled = 0;
    for (int row = 0; row < n; row += height) {
      for (int column = 0; column < k; column += 4) {
        blocks++;
        filled += isFilled(weights, row, Math.min(n, row + height), column, k) ? 1 : 0;
      }
    }
    return blocks == 0 ? 1 : (double) filled / blocks;
  }

  private static boolean isFilled(ByteBuffer weights, int from, int to, int column, int k) {
    for (int r = from; r < to; r++) {
      for (int c = column; c < Math.min(k, column + 4); c++) {
        if (weights.get(r * k + c) != 0) {
          return true;
        }
      }
    }
    return false;
  }
}
