// Tests of .npy files.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpyTest {
  @TempDir private Path folder;

  @Test
  void comesBackAsWritten() throws IOException {
    ElementType[] types = {
      ElementType.FLOAT32,
      ElementType.FLOAT16,
      ElementType.INT8,
      ElementType.UINT8,
      ElementType.INT16,
      ElementType.INT32,
      ElementType.INT64,
      ElementType.BOOL,
      ElementType.FLOAT64
    };
    Shape[] shapes = {Shape.of(), Shape.of(5), Shape.of(2, 3, 4), Shape.of(0, 3)};
    Path file = folder.resolve("a.npy");
    for (ElementType type : types) {
      for (Shape shape : shapes) {
        byte[] bytes = new byte[(int) type.bytes(shape.elements())];
        new Random(1).nextBytes(bytes);
        Npy.write(file, type, shape, ByteBuffer.wrap(bytes));
        Npy read = Npy.read(file);
        assertEquals(type, read.type());
        assertEquals(shape, read.shape());
        assertEquals(ByteBuffer.wrap(bytes), read.values());
      }
    }
  }

  /** The head as NumPy writes it: magic, version, length, dictionary padded to 64. */
  @Test
  void headIsNumPys() throws IOException {
    Path file = folder.resolve("a.npy");
    Npy.write(file, ElementType.FLOAT32, Shape.of(3), ByteBuffer.allocate(12));
    byte[] all = Files.readAllBytes(file);
    assertEquals(128 + 12, all.length);
    String head = new String(all, 10, 118, StandardCharsets.US_ASCII);
    assertTrue(head.startsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }"), head);
    assertTrue(head.endsWith("\n"));
  }

  @Test
  void refusesWhatItCannotRead() throws IOException {
    Path file = folder.resolve("a.npy");
    for (String head :
        new String[] {
          "{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }",
          "{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }",
          "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }",
          "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }",
          "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,), }",
          "nonsense"
        }) {
      byte[] bytes = new byte[10 + head.length() + 4];
      System.arraycopy(
          new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (byte) head.length(), 0},
          0,
          bytes,
          0,
          10);
      System.arraycopy(head.getBytes(StandardCharsets.US_ASCII), 0, bytes, 10, head.length());
      Files.write(file, bytes);
      assertThrows(IOException.class, () -> Npy.read(file), head);
    }
    Files.write(file, new byte[] {1, 2, 3});
    assertThrows(IOException.class, () -> Npy.read(file));
  }
}
