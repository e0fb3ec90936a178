// Tests of the comparison of outputs.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Shape;
import dev.sinter.optimizer.data.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class ComparisonTest {
  private static ByteBuffer floats(float... values) {
    ByteBuffer b = ByteBuffer.allocate(4 * values.length).order(ByteOrder.nativeOrder());
    for (float v : values) {
      b.putFloat(v);
    }
    return b.flip();
  }

  private static TensorSpec spec(ElementType type, int n) {
    return new TensorSpec("y", type, Shape.of(n), 0, 0);
  }

  @Test
  void oneIntegerStepIsADifference() {
    Comparison c = new Comparison(0.5);
    c.add(
        spec(ElementType.INT8, 4),
        ByteBuffer.wrap(new byte[] {1, 2, 3, 4}),
        ByteBuffer.wrap(new byte[] {1, 2, 4, 4}));
    assertFalse(c.isClose());
    assertEquals(0.25, c.mismatchFraction());
    assertEquals(1, c.maxAbsDiff());
    assertTrue(c.firstMismatch().contains("element 2 is 3, not 4"), c.firstMismatch());
  }

  @Test
  void unsignedBytesAreUnsigned() {
    Comparison c = new Comparison(0);
    c.add(
        spec(ElementType.UINT8, 1),
        ByteBuffer.wrap(new byte[] {(byte) 255}),
        ByteBuffer.wrap(new byte[] {0}));
    assertEquals(255, c.maxAbsDiff());
  }

  @Test
  void floatsWithinToleranceOfTheLargestAreClose() {
    Comparison c = new Comparison(1e-4);
    c.add(spec(ElementType.FLOAT32, 2), floats(100, 0.005f), floats(100, 0));
    assertTrue(c.isClose());
    assertFalse(c.isEqual());
    assertEquals(0.005, c.maxAbsDiff(), 1e-6);
    c.add(spec(ElementType.FLOAT32, 2), floats(100, 0.02f), floats(100, 0));
    assertFalse(c.isClose());
  }

  @Test
  void nanEqualsNanAndNothingElse() {
    Comparison c = new Comparison(1);
    c.add(spec(ElementType.FLOAT32, 1), floats(Float.NaN), floats(Float.NaN));
    assertTrue(c.isEqual());
    c.add(spec(ElementType.FLOAT32, 1), floats(Float.NaN), floats(1));
    assertFalse(c.isClose());
    assertEquals(Double.POSITIVE_INFINITY, c.maxAbsDiff());
  }

  @Test
  void infinitiesDiffer() {
    Comparison c = new Comparison(1);
    c.add(spec(ElementType.FLOAT32, 1), floats(Float.POSITIVE_INFINITY), floats(3));
    assertFalse(c.isClose());
  }

  @Test
  void longsAreComparedWhole() {
    ByteBuffer a =
        ByteBuffer.allocate(8).order(ByteOrder.nativeOrder()).putLong((1L << 60) + 1).flip();
    ByteBuffer b = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder()).putLong(1L << 60).flip();
    Comparison c = new Comparison(0);
    c.add(spec(ElementType.INT64, 1), a, b);
    assertFalse(c.isEqual());
  }

  @Test
  void lengthsMustAgree() {
    Comparison c = new Comparison(1);
    c.add(spec(ElementType.FLOAT32, 2), floats(1), floats(1, 2));
    assertFalse(c.isClose());
  }
}
