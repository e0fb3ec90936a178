// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.Quantization;
import dev.sinter.runtime.lower.Lowering;
import dev.sinter.runtime.lower.Step;
import dev.sinter.runtime.select.Choice;
import dev.sinter.runtime.select.Selector;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Selection is arithmetic over the catalogue, so it can be asked about machines that are not here.
 */
class SelectionTest {
  private static final int SIZE = 256;

  /** A fully connected layer; every `keep`-th 4x4 block of weights is not zero. */
  private static Step layer(int keep) {
    byte[] weights = new byte[SIZE * SIZE];
    for (int row = 0; row < SIZE; row++) {
      for (int column = 0; column < SIZE; column++) {
        boolean filled = (row / 4 * (SIZE / 4) + column / 4) % keep == 0;
        weights[row * SIZE + column] = (byte) (filled ? 3 : 0);
      }
    }
    GraphBuilder b = Graph.builder("layer");
    GraphBuilder.Value x = b.input("x", ElementType.INT8, Quantization.perTensor(0.1f, 0), 1, SIZE);
    GraphBuilder.Value w = b.int8("w", weights, Quantization.perTensor(0.01f, 0), SIZE, SIZE);
    GraphBuilder.Value bias = b.bias("bias", new int[SIZE], x, w);
    Graph graph = x.fullyConnected(w, bias, Activation.NONE).quantized(0.5f, 0).output("y").build();
    return Lowering.lower(graph, Map.of()).steps().get(0);
  }

  private static Target machine(String arch, String... isa) {
    Target local = Target.local();
    long bits = 0;
    for (String name : isa) {
      bits |= local.catalogue().isaBits().get(name);
    }
    return new Target(local.catalogue(), arch, bits, 512 << 10, 32 << 20, 2, null);
  }

  private static Choice choose(Target target, int keep) {
    return new Selector(target, Numerics.TFLITE, new HashMap<>()).choose(layer(keep));
  }

  @Test
  void denseWeightsRunDenseAndSparseOnesSparse() {
    Target avx2 = machine("x86_64", "avx2");
    if (!Target.local().arch().equals("x86_64")) {
      return;
    }
    assertEquals("gemm_s8s8s8_avx2", choose(avx2, 1).row().name());
    assertEquals("gemm_s8s8s8_avx2_block4x4", choose(avx2, 5).row().name());
  }

  @Test
  void fasterRowsAreRefusedWithAReason() {
    Choice choice = choose(machine("x86_64"), 1);
    assertTrue(choice.row().name().endsWith("_reference"), choice.row().name());
    assertTrue(
        choice.refusals().stream()
            .anyMatch(r -> r.row().equals("gemm_s8s8s8_avx2") && r.reason().contains("lacks avx2")),
        choice.refusals().toString());
    assertTrue(
        choice.refusals().stream().anyMatch(r -> r.reason().equals("is for arm64")),
        choice.refusals().toString());
  }
}
