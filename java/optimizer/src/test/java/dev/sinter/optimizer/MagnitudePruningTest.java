// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Storage;
import dev.sinter.graph.Tensor;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MagnitudePruningTest {
  private static WeightMatrix matrix(ElementType type, Quantization q, byte[] bytes, int... dims) {
    Tensor tensor =
        Tensor.of("w", type, Shape.of(dims))
            .withQuantization(q)
            .withStorage(Storage.wrap(ByteBuffer.wrap(bytes)));
    return WeightMatrix.of(tensor, ByteBuffer.wrap(bytes));
  }

  @ParameterizedTest
  @CsvSource({"1x4,1,4,0", "16x4,16,4,0", "2of4,1,4,2", "2OF4,1,4,2", "1x1,1,1,0"})
  void patternsAreRead(String text, int rows, int columns, int kept) {
    assertEquals(new BlockPattern(rows, columns, kept), BlockPattern.parse(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "4", "4x", "x4", "0x4", "4x0", "3of4", "4x4x4", "-1x4"})
  void otherPatternsAreRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> BlockPattern.parse(text));
  }

  @Test
  void sparsityIsChecked() {
    BlockPattern pattern = BlockPattern.parse("1x1");
    for (double bad : new double[] {-0.1, 1, Double.NaN}) {
      assertThrows(
          IllegalArgumentException.class,
          () -> new MagnitudePruning(pattern, bad, MagnitudePruning.Layers.ALL));
    }
  }

  @Test
  void magnitudesAreRealValues() {
    WeightMatrix m =
        matrix(
            ElementType.INT8, Quantization.perAxis(0, 1f, 100f), new byte[] {50, -60, 1, -2}, 2, 2);
    assertEquals(60, m.magnitude(0, 1), 0);
    assertEquals(200, m.magnitude(1, 1), 0);
  }

  @Test
  void zerosOfUnsignedWeightsAreTheirZeroPoint() {
    byte[] bytes = {5, 7, (byte) 200, 5};
    WeightMatrix m = matrix(ElementType.UINT8, Quantization.perTensor(0.5f, 5), bytes, 2, 2);
    assertEquals(0.5, m.sparsity(), 0);
    m.clear(1, 0);
    ByteBuffer after = m.constant().values();
    assertEquals(5, after.get(after.position() + 2));
    assertEquals(0.75, m.sparsity(), 0);
    assertEquals((byte) 200, bytes[2]); // what was read stays
  }

  @Test
  void typesOfFewBitsAreLeftAlone() {
    assertNull(matrix(ElementType.INT4, Quantization.NONE, new byte[2], 2, 2));
  }

  @Test
  void aMatrixOfTapsKnowsItsRuns() {
    WeightMatrix m =
        matrix(ElementType.INT8, Quantization.NONE, new byte[3 * 2 * 2 * 5], 3, 2, 2, 5);
    assertEquals(3, m.outputs());
    assertEquals(20, m.inputs());
    assertEquals(5, m.run());
    assertTrue(m.isZero(2, 19));
  }
}
