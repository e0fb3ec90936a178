// Tests of the arithmetic of the roofline, on peaks that are made up.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.cli.bench.Roofline.Kind;
import dev.sinter.cli.bench.Roofline.Level;
import dev.sinter.runtime.Device;
import dev.sinter.runtime.Report;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RooflineTest {
  private static final Roofline MACHINE =
      new Roofline(
          Map.of(Kind.F32, 1e9, Kind.BF16, 2e9, Kind.INT8, 4e9),
          Map.of(Level.L2, 8e9, Level.L3, 4e9, Level.DRAM, 1e9),
          1000,
          10_000);

  private static Report.StepReport step(
      String function, List<String> types, String packing, long packed, double work, long values) {
    return new Report.StepReport(
        0,
        "",
        "",
        "",
        packing,
        packed,
        work,
        List.of(),
        null,
        Device.CPU,
        null,
        function,
        types,
        values);
  }

  private static Report.StepReport gemm(String type, long packed, double work, long values) {
    return step("gemm", List.of(type, type, type), "plain", packed, work, values);
  }

  @Test
  void theLongerOfTwoTimesCounts() {
    assertEquals(10, MACHINE.micros(gemm("f32", 100, 10_000, 100), Level.L2), 1e-9);
    assertEquals(2.5, MACHINE.micros(gemm("s8", 100, 10_000, 100), Level.L2), 1e-9);
    assertEquals(25, MACHINE.micros(gemm("s8", 100_000, 10_000, 100_000), Level.L2), 1e-9);
    assertEquals(200, MACHINE.micros(gemm("s8", 100_000, 10_000, 100_000), Level.DRAM), 1e-9);
  }

  @Test
  void elementsAreNoProducts() {
    Report.StepReport add = step("add", List.of("f32", "f32", "f32"), null, 0, 1e9, 8000);
    assertEquals(1, MACHINE.micros(add, Level.L2), 1e-9);
    StepTimes times =
        new StepTimes(
            List.of(new StepTimes.Step(add, 3), new StepTimes.Step(gemm("f32", 0, 5000, 0), 7)),
            1,
            0);
    assertEquals(5000, times.macs());
    assertEquals(10, times.micros());
    assertEquals(7, times.slowest().get(0).micros());
    assertEquals(6, MACHINE.micros(times), 1e-9);
  }

  @Test
  void ofSparseProductsTheBytesAloneAreKnown() {
    Report.StepReport sparse =
        step("gemm", List.of("s8", "s8", "s8"), "gemm_s8_block4x4", 800, 1e9, 0);
    assertEquals(0.1, MACHINE.micros(sparse, Level.L2), 1e-9);
  }

  @Test
  void theFastestTypeOfAProductBoundsIt() {
    assertEquals(Kind.F32, Roofline.kind(gemm("f32", 0, 0, 0)));
    assertEquals(Kind.INT8, Roofline.kind(gemm("u8", 0, 0, 0)));
    assertEquals(
        Kind.BF16, Roofline.kind(step("gemm", List.of("f32", "bf16", "f32"), "p", 0, 0, 0)));
    assertEquals(Kind.INT8, Roofline.kind(step("gemm", List.of("f32", "s8", "f32"), "p", 0, 0, 0)));
    assertEquals(Kind.INT8, Roofline.kind(step("conv", List.of("s16", "s8", "s16"), "p", 0, 0, 0)));
  }

  @Test
  void theLevelHoldsWeightsAndArena() {
    assertEquals(Level.L2, MACHINE.level(1000));
    assertEquals(Level.L3, MACHINE.level(1001));
    assertEquals(Level.DRAM, MACHINE.level(10_001));
    StepTimes.Step step = new StepTimes.Step(gemm("s8", 900, 0, 0), 1);
    assertEquals(Level.L2, MACHINE.level(new StepTimes(List.of(step), 1, 100)));
    assertEquals(Level.L3, MACHINE.level(new StepTimes(List.of(step), 1, 101)));
  }

  @Test
  void peaksAreMeasured() {
    Roofline measured = Peaks.measure(1, 0.1);
    measured.macsPerSecond().forEach((k, v) -> assertTrue(v > 1e6, k + " " + v));
    measured.bytesPerSecond().forEach((k, v) -> assertTrue(v > 1e6, k + " " + v));
    assertEquals(6, measured.fields().size());
  }
}
