// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class GemmTest {
  private static ByteBuffer bytes(Random random, int count) {
    byte[] values = new byte[count];
    random.nextBytes(values);
    ByteBuffer buffer = ByteBuffer.allocateDirect(count).order(ByteOrder.nativeOrder());
    buffer.put(values).flip();
    return buffer;
  }

  @Test
  void sumsOfProducts() {
    Random random = new Random(3);
    int m = 5;
    int n = 19;
    int k = 37;
    ByteBuffer w = bytes(random, n * k);
    ByteBuffer a = bytes(random, m * k);
    ByteBuffer c = ByteBuffer.allocateDirect(4 * m * n).order(ByteOrder.nativeOrder());
    try (Gemm gemm = Gemm.builder(Gemm.Type.S8S8S32, n, k, w).zeroPoint(7).build()) {
      gemm.run(m, a, c);
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
          int sum = 0;
          for (int x = 0; x < k; x++) {
            sum += (a.get(i * k + x) - 7) * w.get(j * k + x);
          }
          assertEquals(sum, c.getInt(4 * (i * n + j)));
        }
      }
      assertTrue(gemm.kernel().startsWith("gemm_s8s8s32_"));
    }
  }

  @Test
  void requantizesToInt8() {
    Random random = new Random(4);
    ByteBuffer w = bytes(random, 8 * 16);
    ByteBuffer a = bytes(random, 16);
    ByteBuffer c = ByteBuffer.allocateDirect(8);
    float[] scale = new float[8];
    Arrays.fill(scale, 0.001f);
    try (Gemm gemm =
        Gemm.builder(Gemm.Type.S8S8S8, 8, 16, w).requantize(scale, 2, -128, 127).build()) {
      gemm.run(1, a, c);
      for (int j = 0; j < 8; j++) {
        int sum = 0;
        for (int x = 0; x < 16; x++) {
          sum += a.get(x) * w.get(j * 16 + x);
        }
        double expected = Math.rint(sum * 0.001f) + 2;
        assertEquals((int) Math.max(-128, Math.min(127, expected)), c.get(j));
      }
    }
  }

  @Test
  void misuseIsExplained() {
    ByteBuffer w = ByteBuffer.allocateDirect(12);
    assertThrows(
        SinterException.class,
        () -> Gemm.builder(Gemm.Type.S8S8S32, 4, 3, ByteBuffer.allocate(12)));
    assertThrows(SinterException.class, () -> Gemm.builder(Gemm.Type.S8S8S32, 5, 3, w));
    Gemm gemm = Gemm.builder(Gemm.Type.S8S8S32, 4, 3, w).build();
    ByteBuffer a = ByteBuffer.allocateDirect(3);
    ByteBuffer c = ByteBuffer.allocateDirect(15);
    assertThrows(SinterException.class, () -> gemm.run(1, a, c));
    gemm.close();
    gemm.close();
    ByteBuffer room = ByteBuffer.allocateDirect(16);
    SinterException e = assertThrows(SinterException.class, () -> gemm.run(1, a, room));
    assertEquals(Status.INVALID_HANDLE, e.status());
  }
}
