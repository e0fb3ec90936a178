// Sparse to dense and back, for any rank, traversal order and blocks.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Sparsity.IndexWidth;
import dev.sinter.graph.Sparsity.Level;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SparseCodecTest {
  private static ByteBuffer bytes(int... values) {
    ByteBuffer b = ByteBuffer.allocate(values.length);
    for (int v : values) {
      b.put((byte) v);
    }
    return b.flip();
  }

  private static Constant.Sparse sparse(Shape shape, ByteBuffer values, Sparsity s) {
    return new Constant.Sparse(ElementType.INT8, shape, Storage.wrap(values), s);
  }

  @Test
  void randomTensorsComeBack() {
    Random r = new Random(1);
    ElementType[] types = {
      ElementType.INT8,
      ElementType.FLOAT16,
      ElementType.FLOAT32,
      ElementType.INT64,
      ElementType.COMPLEX128
    };
    for (int round = 0; round < 500; round++) {
      int rank = 1 + r.nextInt(4);
      int[] block = new int[rank];
      int[] dims = new int[rank];
      for (int d = 0; d < rank; d++) {
        block[d] = 1 + r.nextInt(4);
        dims[d] = block[d] * r.nextInt(5);
      }
      ElementType type = types[r.nextInt(types.length)];
      Shape shape = Shape.of(dims);
      byte[] dense = new byte[(int) type.bytes(shape.elements())];
      for (int i = 0; i < dense.length; i++) {
        dense[i] = (byte) (r.nextInt(40) == 0 ? r.nextInt() : 0);
      }
      Constant.Dense c = new Constant.Dense(type, shape, Storage.wrap(ByteBuffer.wrap(dense)));
      Constant.Sparse s = SparseCodec.encode(c, block);
      assertEquals(ByteBuffer.wrap(dense), s.values(), shape + " in blocks of " + Shape.of(block));
    }
  }

  @Test
  void indicesAreAsNarrowAsTheyCanBe() {
    for (int columns : new int[] {256, 257, 65537}) {
      byte[] dense = new byte[columns];
      dense[columns - 1] = 1;
      Level level =
          SparseCodec.encode(GraphBuilder.dense(dense, 1, columns), 1, 1)
              .sparsity()
              .levels()
              .get(1);
      IndexWidth wanted =
          columns == 256 ? IndexWidth.UINT8 : columns == 257 ? IndexWidth.UINT16 : IndexWidth.INT32;
      assertEquals(wanted, level.indexWidth());
      assertEquals(IndexWidth.UINT8, level.segmentWidth());
    }
  }

  @Test
  void columnsFirst() {
    // [[1, 0, 2], [0, 0, 3]] stored column by column.
    Sparsity s =
        Sparsity.of(
            List.of(1, 0),
            List.of(),
            List.of(
                Level.dense(3),
                Level.csr(
                    new int[] {0, 1, 1, 3},
                    new int[] {0, 0, 1},
                    IndexWidth.UINT8,
                    IndexWidth.INT32)));
    assertEquals(bytes(1, 0, 2, 0, 0, 3), sparse(Shape.of(2, 3), bytes(1, 2, 3), s).values());
  }

  @Test
  void compressedOnEveryLevelAndBlocksInOtherOrder() {
    // Shape [4, 4] in blocks of 2 x 2, only block (1, 0) stored, inner order column before row.
    Sparsity s =
        Sparsity.of(
            List.of(0, 1, 3, 2),
            List.of(0, 1),
            List.of(
                Level.csr(new int[] {0, 1}, new int[] {1}, IndexWidth.UINT8, IndexWidth.UINT8),
                Level.csr(new int[] {0, 1}, new int[] {0}, IndexWidth.UINT16, IndexWidth.UINT8),
                Level.dense(2),
                Level.dense(2)));
    ByteBuffer dense = bytes(0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 0, 0, 2, 4, 0, 0);
    assertEquals(dense, sparse(Shape.of(4, 4), bytes(1, 2, 3, 4), s).values());
  }

  @Test
  void fourBitValues() {
    Sparsity s =
        Sparsity.of(
            List.of(0, 1),
            List.of(),
            List.of(
                Level.dense(1),
                Level.csr(
                    new int[] {0, 3}, new int[] {0, 2, 3}, IndexWidth.UINT8, IndexWidth.UINT8)));
    Constant c =
        new Constant.Sparse(ElementType.INT4, Shape.of(1, 5), Storage.wrap(bytes(0x21, 0x0f)), s);
    assertEquals(bytes(0x01, 0xf2, 0x00), c.values());
  }

  @Test
  void contradictionsAreRefused() {
    Shape shape = Shape.of(2, 4);
    Level rows = Level.dense(2);
    List<Sparsity> wrong =
        List.of(
            Sparsity.of(List.of(0, 1), List.of(), List.of(rows, csr(new int[] {0, 1}, 0))),
            Sparsity.of(List.of(0, 1), List.of(), List.of(rows, csr(new int[] {0, 2, 1}, 0))),
            Sparsity.of(List.of(0, 1), List.of(), List.of(rows, csr(new int[] {0, 1, 2}, 0, 4))),
            Sparsity.of(List.of(0, 1), List.of(), List.of(rows, csr(new int[] {0, 1, 2}, -1, 0))),
            Sparsity.of(
                List.of(0, 1),
                List.of(),
                List.of(rows, csr(new int[] {0, 4, 8}, 0, 1, 2, 3, 0, 1, 2, 3))),
            Sparsity.of(List.of(0, 0), List.of(), List.of(rows, Level.dense(4))),
            Sparsity.of(List.of(0, 1), List.of(), List.of(Level.dense(3), Level.dense(4))),
            Sparsity.of(List.of(0, 1), List.of(), List.of(rows)),
            Sparsity.of(
                List.of(0, 1, 2), List.of(1), List.of(rows, Level.dense(1), Level.dense(3))),
            Sparsity.of(
                List.of(0, 1, 2), List.of(7), List.of(rows, Level.dense(2), Level.dense(2))));
    for (Sparsity s : wrong) {
      GraphException e =
          assertThrows(
              GraphException.class, () -> sparse(shape, bytes(1, 2), s).values(), s.toString());
      assertTrue(e.getMessage().contains("[2, 4]"), e.getMessage());
    }
    Sparsity huge =
        Sparsity.of(
            List.of(0, 1),
            List.of(),
            List.of(
                Level.csr(new int[] {0, 1}, new int[] {5}, IndexWidth.UINT8, IndexWidth.UINT8),
                Level.csr(new int[] {0, 1}, new int[] {5}, IndexWidth.UINT8, IndexWidth.UINT8)));
    assertThrows(
        GraphException.class, () -> sparse(Shape.of(30000, 30000), bytes(1), huge).values());
    assertThrows(
        GraphException.class,
        () -> SparseCodec.encode(GraphBuilder.dense(new byte[6], 2, 3), 2, 2));
  }

  private static Level csr(int[] segments, int... indices) {
    return Level.csr(segments, indices, IndexWidth.INT32, IndexWidth.INT32);
  }
}
