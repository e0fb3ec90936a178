// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.select;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.Quantization;
import dev.sinter.runtime.Numerics;
import dev.sinter.runtime.SinterException;
import dev.sinter.runtime.Target;
import dev.sinter.runtime.TestTargets;
import dev.sinter.runtime.lower.Lowering;
import dev.sinter.runtime.lower.Step;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Selection on a catalogue made by hand. */
class SelectorTest {
  /** A fully connected layer of m rows; `zeros` of the 4x4 blocks of its weights are zero. */
  private static Step layer(int m, int n, int k, double zeros) {
    Random random = new Random(11);
    byte[] weights = new byte[n * k];
    for (int row = 0; row < n; row += 4) {
      for (int column = 0; column < k; column += 4) {
        if (random.nextDouble() >= zeros) {
          weights[row * k + column] = 3;
        }
      }
    }
    return layer(m, n, k, weights);
  }

  private static Step layer(int m, int n, int k, byte[] weights) {
    GraphBuilder b = Graph.builder("layer");
    Quantization q = Quantization.perTensor(0.1f, 0);
    GraphBuilder.Value x = b.input("x", ElementType.INT8, q, m, k);
    GraphBuilder.Value w = b.int8("w", weights, q, n, k);
    Graph graph = x.fullyConnected(w, null, Activation.NONE).quantized(0.1f, 0).output("y").build();
    List<Step> steps = Lowering.lower(graph, Map.of()).steps();
    assertEquals(1, steps.size());
    return steps.get(0);
  }

  private static Choice choose(Target target, Step step) {
    return new Selector(target, Numerics.TFLITE, new HashMap<>()).choose(step);
  }

  private static String reason(Choice choice, String row) {
    return choice.refusals().stream()
        .filter(r -> r.row().equals(row))
        .findFirst()
        .orElseThrow(() -> new AssertionError(row + " not in " + choice.refusals()))
        .reason();
  }

  @Test
  void theFastestRowOfThisMachineIsTakenAndFasterOnesAreRefusedWithReason() {
    Choice choice = choose(TestTargets.avx2(), layer(64, 64, 64, 0));
    assertEquals("gemm_s8s8s8_avx2", choice.row().name());
    assertTrue(reason(choice, "gemm_s8s8s8_avx512").contains("lacks avx512"));
    assertTrue(reason(choice, "gemm_s8s8s8_dotprod").contains("is for arm64"));
    assertTrue(reason(choice, "gemm_s8s8s8_other").contains("computes tfl.other"));
  }

  @Test
  void slowerRowsAreNotListed() {
    Choice choice = choose(TestTargets.avx2(), layer(64, 64, 64, 0));
    assertTrue(
        choice.refusals().stream().noneMatch(r -> r.row().equals("gemm_s8s8s8_reference")),
        "" + choice.refusals());
  }

  @Test
  void aForcedInstructionSetIsTheReason() {
    Target target = TestTargets.of(TestTargets.CATALOGUE, "x86_64", 1, "avx2");
    String reason = reason(choose(target, layer(8, 64, 64, 0)), "gemm_s8s8s8_avx512");
    assertTrue(reason.contains("SINTER_ISA") && reason.contains("avx2"), reason);
  }

  @Test
  void limitsAreEvaluated() {
    Target target = TestTargets.of(TestTargets.CATALOGUE, "x86_64", 3, null);
    assertEquals("gemm_s8s8s8_avx512", choose(target, layer(64, 64, 64, 0)).row().name());
    Choice choice = choose(target, layer(64, 64, 66, 0));
    assertEquals("gemm_s8s8s8_avx2", choice.row().name());
    assertEquals("takes k a multiple of 4, here k is 66", reason(choice, "gemm_s8s8s8_avx512"));
  }

  @Test
  void columnsCountByTheTile() {
    Target target = TestTargets.of(TestTargets.CATALOGUE, "x86_64", 3, null);
    assertEquals("gemm_s8s8s8_avx2", choose(target, layer(600, 4, 64, 0)).row().name());
  }

  @Test
  void sparseWeightsTakeTheSparseRowWhenThatIsFaster() {
    Target target = TestTargets.avx2();
    assertEquals(
        "gemm_s8s8s8_avx2_block4x4", choose(target, layer(1, 1024, 1024, 0.8)).row().name());
    assertEquals("gemm_s8s8s8_avx2", choose(target, layer(1, 1024, 1024, 0)).row().name());
    // With many pixels the conversions are worth it too, ...
    assertEquals(
        "gemm_s8s8s8_avx2_block4x4", choose(target, layer(196, 512, 512, 0.8)).row().name());
    // ... but not where they cost as much as the products.
    assertEquals("gemm_s8s8s8_avx2", choose(target, layer(196, 16, 16, 0.5)).row().name());
  }

  @Test
  void aRowWithoutConversionsIsRefused() {
    Target target = TestTargets.of(TestTargets.CATALOGUE, "x86_64", 1, null);
    Choice choice = choose(target, layer(2, 1024, 1024, 0.8));
    assertEquals("gemm_s8s8s8_avx2", choice.row().name());
    // One pixel needs none.
    assertEquals(
        "gemm_s8s8s8_avx2_block4x4", choose(target, layer(1, 1024, 1024, 0.8)).row().name());
  }

  @Test
  void weightsAreLookedThroughOnce() {
    Map<Object, Double> densities = new HashMap<>();
    Step step = layer(1, 1024, 1024, 0.8);
    new Selector(TestTargets.avx2(), Numerics.TFLITE, densities).choose(step);
    assertEquals(1, densities.size());
    assertEquals(0.2, densities.values().iterator().next(), 0.02);
    densities.put(List.of(step.sourceKey(), 4), 1.0);
    Choice choice = new Selector(TestTargets.avx2(), Numerics.TFLITE, densities).choose(step);
    assertEquals("gemm_s8s8s8_avx2", choice.row().name());
  }

  @Test
  void onePlansForAnotherMachine() {
    Target arm = TestTargets.of(TestTargets.CATALOGUE, "arm64", 0, null);
    assertEquals("gemm_s8s8s8_dotprod", choose(arm, layer(8, 64, 64, 0)).row().name());
  }

  @Test
  void whereNoRowFitsAllAreNamed() {
    String text = TestTargets.CATALOGUE.replace("numerics xnn.gemm", "numerics another");
    Target target = TestTargets.of(text, "x86_64", 1, null);
    Step step = layer(8, 64, 64, 0);
    SinterException e = assertThrows(SinterException.class, () -> choose(target, step));
    assertTrue(e.getMessage().contains("gemm_s8s8s8_reference computes another"), e.getMessage());
  }

  @Test
  void densityCountsBlocksAtTheEdges() {
    ByteBuffer weights = ByteBuffer.allocate(5 * 6);
    assertEquals(0, CostModel.density(weights, 5, 6, 4));
    weights.put(4 * 6 + 5, (byte) 1);
    assertEquals(0.25, CostModel.density(weights, 5, 6, 4));
    weights.put(0, (byte) -1).put(3 * 6 + 3, (byte) 1);
    assertEquals(0.5, CostModel.density(weights, 5, 6, 4));
  }

  @Test
  void densityIsThatOfBlocksAsHighAsTheRows() {
    ByteBuffer weights = ByteBuffer.allocate(16 * 8);
    for (int row = 0; row < 16; row += 2) {
      weights.put(row * 8, (byte) 1);
    }
    assertEquals(0.25, CostModel.density(weights, 16, 8, 1));
    assertEquals(0.5, CostModel.density(weights, 16, 8, 4));
    assertEquals(0.5, CostModel.density(weights, 16, 8, 16));
  }

  @Test
  void theChoiceBetweenDenseAndSparseIsExplained() {
    Target target = TestTargets.avx2();
    String sparse = choose(target, layer(1, 1024, 1024, 0.8)).note();
    assertTrue(sparse.matches("sparse: expected to be \\S+x of gemm_s8s8s8_avx2, 80 % .*"), sparse);
    String dense = choose(target, layer(196, 16, 16, 0.5)).note();
    assertTrue(dense.startsWith("dense: gemm_s8s8s8_avx2_block4x4 would be 0."), dense);
    assertEquals(null, choose(target, layer(64, 64, 64, 0)).note(), "no zeros to speak of");
  }

  @Test
  void aRowForAPatternOfZerosIsTakenWhereTheWeightsKeepIt() {
    Target device = TestTargets.device();
    byte[] weights = new byte[64 * 64];
    Arrays.fill(weights, (byte) 1);
    Step full = layer(64, 64, 64, weights);
    Map<Object, Boolean> known = new HashMap<>();
    ZeroPatterns.find(full, device, known);
    assertEquals(0, full.param("pattern"));
    Choice choice = choose(device, full);
    assertEquals("gemm_s8s8s8_dense", choice.row().name());
    assertTrue(reason(choice, "gemm_s8s8s8_2of4").contains("24 <= pattern <= 24"));
    assertTrue(reason(choice, "gemm_s8s8s8_next").contains("this device lacks avx2"));
    Step half = layer(64, 64, 64, 0);
    ZeroPatterns.find(half, device, new HashMap<>());
    assertEquals(ZeroPatterns.TWO_OF_FOUR, half.param("pattern"));
    assertEquals("gemm_s8s8s8_2of4", choose(device, half).row().name());
    ZeroPatterns.forget(half);
    assertEquals("gemm_s8s8s8_dense", choose(device, half).row().name());
    // Nobody asks: nothing is looked at.
    known.clear();
    ZeroPatterns.find(half, TestTargets.avx2(), known);
    assertTrue(known.isEmpty());
    assertEquals(0, half.param("pattern"));
  }

  @Test
  void twoOfFour() {
    assertTrue(ZeroPatterns.isTwoOfFour(bytes(1, 2, 0, 0, 0, 3, 4, 0, 5, 6), 1, 10));
    assertFalse(ZeroPatterns.isTwoOfFour(bytes(1, 2, 0, 0, 0, 3, 4, 5), 1, 8));
    assertFalse(ZeroPatterns.isTwoOfFour(bytes(1, 2, 3), 1, 3));
    assertTrue(ZeroPatterns.isTwoOfFour(bytes(1, 2, 3, 4), 2, 2), "rows count by themselves");
    // Two bytes each: 0x0100, 0, 0x0002, 0; and with a third.
    assertTrue(ZeroPatterns.isTwoOfFour(bytes(0, 1, 0, 0, 2, 0, 0, 0), 1, 4));
    assertFalse(ZeroPatterns.isTwoOfFour(bytes(0, 1, 0, 0, 2, 0, 0, 3), 1, 4));
    assertFalse(ZeroPatterns.isTwoOfFour(bytes(0, 0, 0), 1, 2), "not of these sizes");
  }

  private static ByteBuffer bytes(int... values) {
    ByteBuffer bytes = ByteBuffer.allocate(values.length);
    for (int v : values) {
      bytes.put((byte) v);
    }
    return bytes.flip();
  }
}
