// The direct convolutions from Java: a plain loop's results, errors that say what to do, no
// garbage.
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
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class ConvolutionTest {
  private static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  private static ByteBuffer bytes(Random random, int count) {
    byte[] values = new byte[count];
    random.nextBytes(values);
    return direct(count).put(values).flip();
  }

  private static ByteBuffer floats(Random random, int count) {
    ByteBuffer buffer = direct(4 * count);
    for (int i = 0; i < count; i++) {
      buffer.putFloat(4 * i, random.nextInt(17) - 8f); // whole: every order of sums is exact
    }
    return buffer;
  }

  /** Stride 2 by 1, dilation 1 by 2, uneven padding, two groups, a batch of two. */
  @Test
  void floatConvolutionIsAPlainLoop() {
    Random random = new Random(11);
    int batch = 2;
    int height = 7;
    int width = 9;
    ByteBuffer w = floats(random, 6 * 3 * 2 * 2);
    ByteBuffer bias = floats(random, 6);
    ByteBuffer in = floats(random, batch * height * width * 4);
    try (Convolution conv =
        Convolution.builder(Convolution.Type.F32, 4, 6, 3, 2, w)
            .stride(2, 1)
            .dilation(1, 2)
            .padding(1, 0, 2, 1)
            .groups(2)
            .bias(bias)
            .clamp(-500, 500)
            .build()) {
      int outH = conv.outHeight(height);
      int outW = conv.outWidth(width);
      assertEquals((height + 1 - 3) / 2 + 1, outH);
      assertEquals(width + 3 - 3 + 1, outW);
      ByteBuffer out = direct(4 * batch * outH * outW * 6);
      for (int threads = 0; threads <= 2; threads++) {
        conv.run(batch, height, width, in, out, threads);
        int at = 0;
        for (int b = 0; b < batch; b++) {
          for (int y = 0; y < outH; y++) {
            for (int x = 0; x < outW; x++) {
              for (int o = 0; o < 6; o++, at++) {
                float sum = bias.getFloat(4 * o);
                for (int i = 0; i < 3; i++) {
                  for (int j = 0; j < 2; j++) {
                    int iy = 2 * y + i - 1;
                    int ix = x + 2 * j - 2;
                    if (iy < 0 || iy >= height || ix < 0 || ix >= width) {
                      continue;
                    }
                    for (int c = 0; c < 2; c++) {
                      int pixel = ((b * height + iy) * width + ix) * 4 + o / 3 * 2 + c;
                      sum +=
                          in.getFloat(4 * pixel) * w.getFloat(4 * (((o * 3 + i) * 2 + j) * 2 + c));
                    }
                  }
                }
                assertEquals(Math.max(-500, Math.min(500, sum)), out.getFloat(4 * at));
              }
            }
          }
        }
      }
    }
  }

  @Test
  void depthwiseIsAPlainLoopAndServesManyThreads() throws Exception {
    Random random = new Random(12);
    int size = 8;
    ByteBuffer w = bytes(random, 3 * 3 * 10);
    ByteBuffer in = bytes(random, size * size * 5);
    float[] scales = new float[10];
    Arrays.fill(scales, 0.003f);
    byte[] expected = new byte[size * size * 10];
    for (int y = 0; y < size; y++) {
      for (int x = 0; x < size; x++) {
        for (int o = 0; o < 10; o++) {
          int sum = 0;
          for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 3; j++) {
              int iy = y + i - 1;
              int ix = x + j - 1;
              if (iy >= 0 && iy < size && ix >= 0 && ix < size) {
                sum += (in.get((iy * size + ix) * 5 + o / 2) - 4) * w.get((i * 3 + j) * 10 + o);
              }
            }
          }
          int value = (int) Math.rint(sum * 0.003f) - 7;
          expected[(y * size + x) * 10 + o] = (byte) Math.max(-100, Math.min(90, value));
        }
      }
    }
    try (Convolution conv =
        Convolution.depthwise(Convolution.Type.S8, 5, 2, 3, 3, w)
            .padding(1, 1, 1, 1)
            .zeroPoint(4)
            .requantize(scales, -7, -100, 90)
            .build()) {
      assertTrue(conv.kernel().startsWith("depthwise_s8s8s8_"));
      conv.reserve(1, size, size, 1, 4);
      ExecutorService pool = Executors.newFixedThreadPool(4);
      try {
        Future<?>[] results = new Future<?>[4];
        for (int t = 0; t < 4; t++) {
          results[t] =
              pool.submit(
                  () -> {
                    ByteBuffer out = direct(expected.length);
                    byte[] actual = new byte[expected.length];
                    for (int i = 0; i < 200; i++) {
                      conv.run(size, size, in, out);
                      out.get(0, actual);
                      assertTrue(Arrays.equals(expected, actual));
                    }
                  });
        }
        for (Future<?> result : results) {
          result.get();
        }
      } finally {
        pool.shutdown();
      }
    }
  }

  @Test
  void uint8AndBfloat16() {
    Random random = new Random(13);
    ByteBuffer w = bytes(random, 8 * 4);
    ByteBuffer in = bytes(random, 6 * 4);
    float[] scales = new float[8];
    Arrays.fill(scales, 0.002f);
    ByteBuffer out = direct(6 * 8 * 4);
    try (Convolution conv =
        Convolution.builder(Convolution.Type.U8, 4, 8, 1, 1, w)
            .zeroPoint(100)
            .weightZeroPoint(120)
            .requantize(scales, 128, 0, 255)
            .build()) {
      conv.run(2, 3, in, out);
      for (int i = 0; i < 48; i++) {
        int sum = 0;
        for (int c = 0; c < 4; c++) {
          sum += ((in.get(i / 8 * 4 + c) & 0xff) - 100) * ((w.get(i % 8 * 4 + c) & 0xff) - 120);
        }
        int value = (int) Math.rint(sum * 0.002f) + 128;
        assertEquals(Math.max(0, Math.min(255, value)), out.get(i) & 0xff);
      }
    }
    ByteBuffer half = direct(2 * 8 * 4);
    for (int i = 0; i < 32; i++) {
      half.putShort(2 * i, Bfloat16.fromFloat(random.nextInt(9) - 4));
    }
    ByteBuffer real = floats(random, 6 * 4);
    try (Convolution conv =
        Convolution.builder(Convolution.Type.F32_BF16, 4, 8, 1, 1, half).build()) {
      conv.run(2, 3, real, out);
      for (int i = 0; i < 48; i++) {
        float sum = 0;
        for (int c = 0; c < 4; c++) {
          sum +=
              real.getFloat(4 * (i / 8 * 4 + c))
                  * Bfloat16.toFloat(half.getShort(2 * (i % 8 * 4 + c)));
        }
        assertEquals(sum, out.getFloat(4 * i));
      }
    }
  }

  @Test
  void runsAllocateNothing() {
    ByteBuffer w = direct(9 * 16);
    ByteBuffer in = direct(16 * 16);
    ByteBuffer out = direct(16 * 16);
    float[] scales = new float[16];
    Arrays.fill(scales, 0.01f);
    com.sun.management.ThreadMXBean threads =
        (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Convolution conv =
        Convolution.depthwise(Convolution.Type.S8, 16, 1, 3, 3, w)
            .padding(1, 1, 1, 1)
            .requantize(scales, 0, -128, 127)
            .build()) {
      for (int i = 0; i < 20_000; i++) {
        conv.run(4, 4, in, out);
      }
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 50_000; i++) {
        conv.run(4, 4, in, out);
      }
      long perRun = (threads.getCurrentThreadAllocatedBytes() - before) / 50_000;
      assertEquals(0, perRun, "bytes per run");
    }
  }

  private static String refusal(org.junit.jupiter.api.function.Executable what) {
    return assertThrows(SinterException.class, what).getMessage();
  }

  @Test
  void misuseIsExplained() {
    ByteBuffer w = direct(4 * 9 * 2 * 3);
    Convolution.Type type = Convolution.Type.F32;
    assertTrue(refusal(() -> Convolution.builder(type, 0, 3, 3, 3, w)).contains("channels"));
    assertTrue(
        refusal(() -> Convolution.depthwise(type, 1 << 20, 1 << 20, 3, 3, w))
            .contains("multiplier"));
    assertTrue(
        refusal(() -> Convolution.builder(type, 2, 4, 3, 3, w).build())
            .contains("weights needs a direct buffer of 288 bytes"));
    assertTrue(
        refusal(() -> Convolution.builder(type, 2, 3, 3, 3, w).groups(2).build())
            .contains("groups"));
    assertTrue(
        refusal(() -> Convolution.depthwise(type, 2, 3, 3, 3, w).groups(2))
            .contains("leave groups away"));
    assertTrue(
        refusal(() -> Convolution.builder(type, 2, 3, 3, 3, w).zeroPoint(1))
            .contains("F32 has not"));
    assertTrue(
        refusal(() -> Convolution.builder(type, 2, 3, 3, 3, w).stride(0, 1).build())
            .contains("stride"));
    assertTrue(
        refusal(() -> Convolution.builder(type, 2, 3, 3, 3, w).padding(0, -1, 0, 0).build())
            .contains("padding"));
    assertTrue(
        refusal(() -> Convolution.builder(Convolution.Type.S8, 2, 3, 3, 3, w).build())
            .contains("needs scale"));
    assertTrue(
        refusal(
                () ->
                    Convolution.builder(Convolution.Type.S8, 2, 3, 3, 3, w)
                        .requantize(new float[2], 0, -128, 127))
            .contains("2 scales for 3"));
    Convolution conv = Convolution.builder(type, 2, 3, 3, 3, w).build();
    ByteBuffer in = direct(4 * 25 * 2);
    ByteBuffer out = direct(4 * 9 * 3);
    conv.run(5, 5, in, out);
    assertTrue(refusal(() -> conv.run(2, 5, in, out)).contains("does not fit"));
    assertTrue(refusal(() -> conv.run(5, 6, in, out)).contains("in needs"));
    assertTrue(refusal(() -> conv.run(5, 5, in, direct(100))).contains("out needs"));
    assertTrue(
        refusal(() -> conv.run(5, 5, ByteBuffer.allocate(200), out)).contains("on the heap"));
    assertTrue(refusal(() -> conv.run(5, 5, in, out.asReadOnlyBuffer())).contains("read-only"));
    assertTrue(refusal(() -> conv.run(-1, 5, 5, in, out, 1)).contains("batch -1"));
    assertTrue(refusal(() -> conv.run(1, 5, 5, in, out, -1)).contains("threads -1"));
    assertTrue(refusal(() -> conv.run(1 << 30, 1 << 30, 1 << 30, in, out, 1)).contains("in needs"));
    conv.run(0, 5, 5, in, out, 1);
    conv.close();
    conv.close();
    SinterException closed = assertThrows(SinterException.class, () -> conv.run(5, 5, in, out));
    assertEquals(Status.INVALID_HANDLE, closed.status());
    assertEquals("closed", conv.kernel());
  }
}
