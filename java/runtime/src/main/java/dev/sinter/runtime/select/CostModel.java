// What a row is expected to cost for a step, from the catalogue's figures and the machine's caches.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.select;

import dev.sinter.runtime.Device;
import dev.sinter.runtime.Target;
import dev.sinter.runtime.catalogue.Row;
import dev.sinter.runtime.lower.Step;
import java.nio.ByteBuffer;
import java.util.Map;

/**
 * The larger of two times, plus the row's fixed part: its products at its best rate, and its packed
 * weights at its own rate or that of the cache they fit in, whichever is slower. The second decides
 * where few rows of A meet many weights.
 *
 * <p>Products count with N and K rounded up to the row's tile. M is not: kernels have narrower code
 * for the rows left over.
 */
final class CostModel {
  // Bytes per cycle that one core streams: measured around 30 from L2, 16-25 from L3, 7 from DRAM.
  private static final double LEVEL2_RATE = 28;
  private static final double LEVEL3_RATE = 18;
  private static final double MEMORY_RATE = 7;

  // Indices that a sparse packing keeps beside the values of each block.
  private static final double INDEX_SHARE = 0.25;

  // Multiprocessors of a large GPU, about.
  private static final double DEVICE_UNITS = 128;

  private final Target target;
  private final Map<Object, Double> densities;

  /**
   * Makes a model.
   *
   * @param target the machine
   * @param densities shares of blocks that are not zero, by the name of the constants; kept by the
   *     caller since a model's weights are looked through once
   */
  CostModel(Target target, Map<Object, Double> densities) {
    this.target = target;
    this.densities = densities;
  }

  /** Cycles on one core, conversions of layout not included. */
  double cycles(Step step, Row row) {
    double work = step.work();
    double weights = 0;
    if (step.op().equals("gemm")) {
      weights = roundUp(step.param("n"), row.tileN()) * roundUp(step.param("k"), row.tileK());
      work =
          target.device() == Device.CPU
              ? step.param("m") * weights
              : onDevice(step.param("m"), step.param("n"), row)
                  * roundUp(step.param("k"), row.tileK());
    } else if (step.op().equals("conv")) {
      int groups = step.param("groups");
      double columns = (double) step.param("out_c") / groups;
      double n = groups * Math.ceil(columns / row.tileN()) * row.tileN();
      double taps = (double) step.param("kernel_h") * step.param("kernel_w");
      weights = n * taps * step.param("in_c") / groups;
      work = step.work() / step.param("out_c") * n;
    }
    if (row.packing() != null && row.packing().keepsNonZeroBlocks()) {
      double density = density(step);
      work *= density;
      weights *= density * (1 + INDEX_SHARE);
    }
    if (step.types().get(0).equals("f32")) {
      weights *= step.types().contains("bf16") ? 2 : 4;
    }
    double streaming = weights / rate(weights, row.bytesPerCycle());
    return Math.max(work / row.opsPerCycle(), streaming) + row.callCycles();
  }

  private double rate(double bytes, double own) {
    if (target.device() != Device.CPU) {
      return own > 0 ? own : Double.POSITIVE_INFINITY; // its rows say what its memory gives them
    }
    double cache =
        bytes <= target.level2Bytes()
            ? LEVEL2_RATE
            : bytes <= target.level3Bytes() ? LEVEL3_RATE : MEMORY_RATE;
    return own > 0 ? Math.min(own, cache) : cache;
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

  private static double roundUp(int value, int tile) {
    return Math.ceil((double) value / tile) * tile;
  }

  /** The share of 4x4 blocks of the weights [n][k] that have a weight that is not zero. */
  private double density(Step step) {
    Double known = densities.get(step.sourceKey());
    if (known == null) {
      known = density(step.source(0), step.param("n"), step.param("k"));
      densities.put(step.sourceKey(), known);
    }
    return known;
  }

  static double density(ByteBuffer weights, int n, int k) {
    long blocks = 0;
    long filled = 0;
    for (int row = 0; row < n; row += 4) {
      for (int column = 0; column < k; column += 4) {
        blocks++;
        filled += isFilled(weights, row, Math.min(n, row + 4), column, k) ? 1 : 0;
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
