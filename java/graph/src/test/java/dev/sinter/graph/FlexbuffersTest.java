// Options of custom ops, written and read.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.tflite.TfliteOps;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class FlexbuffersTest {
  private static OpKind.Foreign op(ByteBuffer options) {
    return TfliteOps.custom("mine", 1, options);
  }

  private static byte[] bytes(ByteBuffer b) {
    byte[] out = new byte[b.remaining()];
    b.duplicate().get(out);
    return out;
  }

  @Test
  void numbersAndListsComeBack() {
    for (int size : new int[] {0, 1, 4, 64, 100, 127, 128, 256, 4096, 20000, 70000}) {
      byte[] list = new byte[size];
      Arrays.fill(list, (byte) 1);
      OpKind.Foreign op = op(Flexbuffers.write("hadamard_size", size, "vector", list));
      assertEquals(size, Flexbuffers.options(op).get("hadamard_size"));
      long[] back = Flexbuffers.integers(op, "vector");
      assertEquals(size, back.length);
      assertTrue(Arrays.stream(back).allMatch(v -> v == 1));
      assertNull(Flexbuffers.integers(op, "hadamard_size"));
      assertNull(Flexbuffers.integers(op, "other"));
    }
  }

  /** The bytes that AI Edge Quantizer 0.10 gives its op. */
  @Test
  void otherWritersWriteTheSame() {
    byte[] written =
        bytes(
            Flexbuffers.write("hadamard_size", 4, "random_binary_vector", new byte[] {1, 1, 1, 1}));
    assertEquals(
        "686164616d6172645f73697a650072616e646f6d5f62696e6172795f766563746f7200"
            + "040101010104040404022d20020102040f0428042401",
        HexFormat.of().formatHex(written));
  }

  @Test
  void damageIsAnError() {
    byte[] good = bytes(Flexbuffers.write("n", 3, "v", new byte[] {1, 2, 3}));
    assertArrayEquals(new long[] {1, 2, 3}, Flexbuffers.integers(op(ByteBuffer.wrap(good)), "v"));
    for (int i = 0; i < good.length; i++) {
      for (int bit = 0; bit < 8; bit++) {
        byte[] bad = good.clone();
        bad[i] ^= (byte) (1 << bit);
        try {
          Flexbuffers.integers(op(ByteBuffer.wrap(bad)), "v");
        } catch (GraphException e) {
          assertTrue(e.getMessage().contains("options"), e.getMessage());
        }
      }
    }
    assertThrows(
        GraphException.class, () -> Flexbuffers.integers(op(ByteBuffer.wrap(new byte[2])), "v"));
  }
}
