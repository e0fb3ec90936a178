// Measures what this machine can do at best, by Sinter's own products.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.bench;

import dev.sinter.runtime.Gemm;
import dev.sinter.runtime.Target;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Peaks of multiplying: square products whose operands sit in the second-level cache. Peaks of
 * reading: one row by weights of a size that sits in the level in question.
 */
public final class Peaks {
  private static final int[] SIDES = {128, 192, 256, 384};
  private static final int ROW = 1024;
  private static final long UNKNOWN_LEVEL2 = 256 << 10;
  private static final long UNKNOWN_LEVEL3 = 32 << 20;
  private static final long LEAST_MEMORY = 128 << 20;
  private static final long MOST_MEMORY = 512 << 20;

  private final int threads;
  private final long slotNanos;

  private Peaks(int threads, double seconds) {
    this.threads = threads;
    // Fast enough for a figure per product below.
    this.slotNanos = (long) (seconds * 1e9 / 25);
  }

  /**
   * Measures.
   *
   * @param threads how many multiply
   * @param seconds for how long, about
   * @return the figures
   */
  public static Roofline measure(int threads, double seconds) {
    return new Peaks(threads, seconds).measure();
  }

  private Roofline measure() {
    Target target = Target.local();
    long level2 = threads * (target.level2Bytes() > 0 ? target.level2Bytes() : UNKNOWN_LEVEL2);
    long level3 = target.level3Bytes() > 0 ? target.level3Bytes() : UNKNOWN_LEVEL3;
    Map<Roofline.Kind, Double> macs = new EnumMap<>(Roofline.Kind.class);
    macs.put(Roofline.Kind.F32, multiplying(List.of(Gemm.Type.F32)));
    macs.put(Roofline.Kind.BF16, multiplying(List.of(Gemm.Type.BF16, Gemm.Type.F32_BF16)));
    macs.put(Roofline.Kind.INT8, multiplying(List.of(Gemm.Type.S8S8S32, Gemm.Type.U8S8S32)));
    Map<Roofline.Level, Double> bytes = new EnumMap<>(Roofline.Level.class);
    bytes.put(Roofline.Level.L2, reading(level2 / 2));
    bytes.put(Roofline.Level.L3, reading(Math.max(2 * level2, level3 / 2)));
    bytes.put(
        Roofline.Level.DRAM, reading(Math.max(LEAST_MEMORY, Math.min(MOST_MEMORY, 4 * level3))));
    return new Roofline(macs, bytes, level2, level3);
  }

  private double multiplying(List<Gemm.Type> types) {
    double best = 0;
    for (Gemm.Type type : types) {
      for (int side : SIDES) {
        best = Math.max(best, rate(type, side, side, side) * side * side * side);
      }
    }
    return best;
  }

  /** Bytes of weights a second, by the faster of two types. */
  private double reading(long bytes) {
    double best = 0;
    for (Gemm.Type type : List.of(Gemm.Type.F32, Gemm.Type.S8S8S32)) {
      int size = type == Gemm.Type.F32 ? 4 : 1;
      int n = (int) Math.max(16, bytes / size / ROW / 16 * 16);
      best = Math.max(best, rate(type, 1, n, ROW) * size * n * ROW);
    }
    return best;
  }

  /** Products a second, at best. */
  private double rate(Gemm.Type type, int m, int n, int k) {
    // All bits zero is a zero of every type, and no slower than other numbers.
    ByteBuffer weights = zeros((long) n * k * weightBytes(type));
    ByteBuffer a = zeros((long) m * k * inBytes(type));
    ByteBuffer c = zeros((long) m * n * 4);
    try (Gemm gemm = Gemm.builder(type, n, k, weights).build()) {
      gemm.reserve(m, threads, 1);
      long start = System.nanoTime();
      double best = 0;
      int calls = 1;
      int slots = 0;
      while (slots < 5 || System.nanoTime() - start < slotNanos) {
        long begin = System.nanoTime();
        for (int i = 0; i < calls; i++) {
          gemm.run(m, a, k, c, n, threads);
        }
        long nanos = Math.max(1, System.nanoTime() - begin);
        best = Math.max(best, calls * 1e9 / nanos);
        // Slots of half a millisecond: long beside the clock, short beside interruptions.
        calls = (int) Math.max(1, Math.min(100_000, best * 5e-4));
        slots++;
      }
      return best;
    }
  }

  private static int weightBytes(Gemm.Type type) {
    return switch (type) {
      case F32 -> 4;
      case BF16, F32_BF16 -> 2;
      default -> 1;
    };
  }

  private static int inBytes(Gemm.Type type) {
    return switch (type) {
      case F32, F32_BF16 -> 4;
      case BF16 -> 2;
      default -> 1;
    };
  }

  private static ByteBuffer zeros(long bytes) {
    return ByteBuffer.allocateDirect(Math.toIntExact(bytes)).order(ByteOrder.nativeOrder());
  }
}
