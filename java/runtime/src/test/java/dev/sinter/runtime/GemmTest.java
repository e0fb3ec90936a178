// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
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
  void uint8WithTwoZeroPoints() {
    Random random = new Random(5);
    int m = 4;
    int n = 21;
    int k = 30;
    ByteBuffer w = bytes(random, n * k);
    ByteBuffer a = bytes(random, m * k);
    ByteBuffer c = ByteBuffer.allocateDirect(4 * m * n).order(ByteOrder.nativeOrder());
    ByteBuffer bytesOut = ByteBuffer.allocateDirect(m * n);
    float[] scale = new float[n];
    Arrays.fill(scale, 0.0007f);
    try (Gemm sums =
            Gemm.builder(Gemm.Type.U8U8S32, n, k, w).zeroPoint(130).weightZeroPoint(99).build();
        Gemm mixed = Gemm.builder(Gemm.Type.U8S8S32, n, k, w).zeroPoint(130).build();
        Gemm requantized =
            Gemm.builder(Gemm.Type.U8U8U8, n, k, w)
                .zeroPoint(130)
                .weightZeroPoint(99)
                .requantize(scale, 120, 3, 250)
                .build()) {
      sums.run(m, a, c);
      requantized.run(m, a, bytesOut);
      for (int i = 0; i < m * n; i++) {
        int sum = 0;
        for (int x = 0; x < k; x++) {
          int weight = w.get(i % n * k + x) & 0xff;
          sum += ((a.get(i / n * k + x) & 0xff) - 130) * (weight - 99);
        }
        assertEquals(sum, c.getInt(4 * i));
        int expected = (int) Math.rint(sum * 0.0007f) + 120;
        assertEquals(Math.max(3, Math.min(250, expected)), bytesOut.get(i) & 0xff);
      }
      mixed.run(m, a, c);
      for (int i = 0; i < m * n; i++) {
        int sum = 0;
        for (int x = 0; x < k; x++) {
          sum += ((a.get(i / n * k + x) & 0xff) - 130) * w.get(i % n * k + x);
        }
        assertEquals(sum, c.getInt(4 * i));
      }
    }
  }

  @Test
  void bfloat16IsRoundedAsItSays() {
    assertEquals(0x3f80, Bfloat16.fromFloat(Float.intBitsToFloat(0x3f808000)));
    assertEquals(0x3f82, Bfloat16.fromFloat(Float.intBitsToFloat(0x3f818000)));
    assertEquals(0, Bfloat16.fromFloat(Float.MIN_VALUE));
    assertTrue(Float.isNaN(Bfloat16.toFloat(Bfloat16.fromFloat(Float.NaN))));
    assertEquals(-2.5f, Bfloat16.toFloat(Bfloat16.fromFloat(-2.5f)));
    int n = 5;
    int k = 33;
    Random random = new Random(6);
    ByteBuffer w = ByteBuffer.allocateDirect(2 * n * k).order(ByteOrder.nativeOrder());
    ByteBuffer a = ByteBuffer.allocateDirect(4 * k).order(ByteOrder.nativeOrder());
    ByteBuffer half = ByteBuffer.allocateDirect(2 * k).order(ByteOrder.nativeOrder());
    for (int i = 0; i < n * k; i++) {
      w.putShort(2 * i, Bfloat16.fromFloat(random.nextFloat() - 0.5f));
    }
    for (int i = 0; i < k; i++) {
      float value = random.nextFloat() - 0.5f;
      a.putFloat(4 * i, value);
      half.putShort(2 * i, Bfloat16.fromFloat(value));
    }
    ByteBuffer c = ByteBuffer.allocateDirect(4 * n).order(ByteOrder.nativeOrder());
    for (Gemm.Type type : new Gemm.Type[] {Gemm.Type.F32_BF16, Gemm.Type.BF16}) {
      try (Gemm gemm = Gemm.builder(type, n, k, w).clamp(-100, 100).build()) {
        gemm.run(1, type == Gemm.Type.BF16 ? half : a, c);
        for (int j = 0; j < n; j++) {
          double sum = 0;
          for (int x = 0; x < k; x++) {
            sum +=
                (double) Bfloat16.toFloat(half.getShort(2 * x))
                    * Bfloat16.toFloat(w.getShort(2 * (j * k + x)));
          }
          assertEquals(sum, c.getFloat(4 * j), 1e-5, gemm.kernel());
        }
      }
    }
  }

  /** The steady state of calls makes no garbage. */
  @Test
  void runsAllocateNothing() {
    ByteBuffer w = ByteBuffer.allocateDirect(16 * 16);
    ByteBuffer a = ByteBuffer.allocateDirect(16);
    ByteBuffer c = ByteBuffer.allocateDirect(64).order(ByteOrder.nativeOrder());
    com.sun.management.ThreadMXBean threads =
        (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Gemm gemm = Gemm.builder(Gemm.Type.S8S8S32, 16, 16, w).build()) {
      gemm.reserve(1, 1, 1);
      for (int i = 0; i < 50_000; i++) {
        gemm.run(1, a, c);
      }
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 100_000; i++) {
        gemm.run(1, a, c);
      }
      long perRun = (threads.getCurrentThreadAllocatedBytes() - before) / 100_000;
      assertEquals(0, perRun, "bytes per run");
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
    SinterException readOnly =
        assertThrows(
            SinterException.class,
            () -> gemm.run(1, a, ByteBuffer.allocateDirect(16).asReadOnlyBuffer()));
    assertTrue(readOnly.getMessage().contains("read-only"));
    ByteBuffer odd = ByteBuffer.allocateDirect(24).position(1);
    SinterException unaligned =
        assertThrows(SinterException.class, () -> gemm.run(1, a, odd.slice()));
    assertTrue(unaligned.getMessage().contains("multiple of 4"));
    assertThrows(SinterException.class, () -> gemm.run(2, a, Long.MAX_VALUE, c, 4, 1));
    assertThrows(SinterException.class, () -> gemm.reserve(1, 1, 0));
    Gemm.Builder floats = Gemm.builder(Gemm.Type.F32_BF16, 2, 3, w);
    assertThrows(SinterException.class, () -> floats.zeroPoint(1));
    assertThrows(SinterException.class, () -> floats.requantize(new float[2], 0, 0, 1));
    Gemm.Builder ints = Gemm.builder(Gemm.Type.S8S8S8, 4, 3, w);
    assertThrows(SinterException.class, () -> ints.weightZeroPoint(1));
    assertThrows(SinterException.class, () -> ints.clamp(0, 1));
    SinterException noScale = assertThrows(SinterException.class, ints::build);
    assertTrue(noScale.getMessage().contains("needs scale"), noScale.getMessage());
    gemm.close();
    gemm.close();
    ByteBuffer room = ByteBuffer.allocateDirect(16);
    SinterException e = assertThrows(SinterException.class, () -> gemm.run(1, a, room));
    assertEquals(Status.INVALID_HANDLE, e.status());
  }
}
