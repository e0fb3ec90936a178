// TFLite's sparse form to dense and back, for any rank, order and blocks.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Encodes dense values with TFLite's sparsity parameters, and decodes them. */
public final class SparseCodec {
  private static final int MAX_LEVELS = 16;

  /**
   * A dense form may be this many times larger than what is stored, or {@link #ALWAYS_ALLOWED}
   * bytes.
   */
  private static final long MAX_EXPANSION = 4096;

  private static final long ALWAYS_ALLOWED = 64L << 20;

  private SparseCodec() {}

  /**
   * Decodes.
   *
   * @param c a sparse constant
   * @return its dense values, read-only, little endian
   * @throws GraphException if the parameters do not fit the shape or the stored values
   */
  public static ByteBuffer decode(Constant.Sparse c) {
    return new Walk(c).run();
  }

  /**
   * Encodes: all dimensions but the last are dense, the last is compressed, blocks are dense.
   * Blocks without any bit set are left out.
   *
   * @param dense the values
   * @param block block size per dimension, 1 for none; must divide the dimension
   * @return the sparse form, with the narrowest indices that fit
   * @throws GraphException if a block does not divide its dimension
   */
  public static Constant.Sparse encode(Constant.Dense dense, int... block) {
    Shape shape = dense.shape();
    int n = shape.rank();
    if (block.length != n || n == 0) {
      throw new GraphException(
          "A block " + Shape.of(block) + " needs as many dimensions as the shape " + shape);
    }
    int bits = dense.type().bits();
    if (bits < 8) {
      throw new GraphException("Constants of type " + dense.type() + " cannot be stored sparse");
    }
    List<Integer> order = new ArrayList<>();
    List<Integer> blockMap = new ArrayList<>();
    int[] outer = new int[n];
    for (int d = 0; d < n; d++) {
      if (block[d] <= 0 || shape.dim(d) % block[d] != 0) {
        throw new GraphException(
            "Blocks of " + block[d] + " do not divide dimension " + d + " of shape " + shape);
      }
      outer[d] = shape.dim(d) / block[d];
      order.add(d);
      if (block[d] > 1) {
        blockMap.add(d);
      }
    }
    for (int b = 0; b < blockMap.size(); b++) {
      order.add(n + b);
    }
    int size = bits / 8;
    ByteBuffer in = dense.values();
    int[] strides = strides(shape, size);
    int blockElements = 1;
    for (int b : block) {
      blockElements *= b;
    }
    int[] offsets = blockOffsets(block, blockMap, strides, blockElements);

    int columns = outer[n - 1];
    int rows = (int) Shape.of(outer).elements(0, n - 1);
    ByteBuffer out = ByteBuffer.allocate(in.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    int[] segments = new int[rows + 1];
    int[] indices = new int[Math.multiplyExact(rows, columns)];
    int stored = 0;
    int[] at = new int[n];
    for (int row = 0; row < rows; row++) {
      int base = 0;
      for (int d = 0; d < n - 1; d++) {
        base += at[d] * block[d] * strides[d];
      }
      for (int col = 0; col < columns; col++) {
        int start = base + col * block[n - 1] * strides[n - 1];
        if (anyBit(in, start, offsets, size)) {
          indices[stored++] = col;
          for (int o : offsets) {
            for (int k = 0; k < size; k++) {
              out.put(in.get(start + o + k));
            }
          }
        }
      }
      segments[row + 1] = stored;
      for (int d = n - 2; d >= 0 && ++at[d] == outer[d]; d--) {
        at[d] = 0;
      }
    }
    indices = java.util.Arrays.copyOf(indices, stored);
    List<Sparsity.Level> levels = new ArrayList<>();
    for (int d = 0; d < n - 1; d++) {
      levels.add(Sparsity.Level.dense(outer[d]));
    }
    levels.add(Sparsity.Level.csr(segments, indices, width(stored), width(columns - 1)));
    for (int b : blockMap) {
      levels.add(Sparsity.Level.dense(block[b]));
    }
    return new Constant.Sparse(
        dense.type(), shape, Storage.wrap(out.flip()), Sparsity.of(order, blockMap, levels));
  }

  private static Sparsity.IndexWidth width(int largest) {
    return largest <= 0xff
        ? Sparsity.IndexWidth.UINT8
        : largest <= 0xffff ? Sparsity.IndexWidth.UINT16 : Sparsity.IndexWidth.INT32;
  }

  private static int[] strides(Shape shape, int size) {
    int[] strides = new int[shape.rank()];
    long s = size;
    for (int d = shape.rank() - 1; d >= 0; d--) {
      strides[d] = Math.toIntExact(s);
      s *= Math.max(1, shape.dim(d));
    }
    return strides;
  }

  /** Byte offsets of a block's elements, in the order of its dimensions. */
  private static int[] blockOffsets(int[] block, List<Integer> blockMap, int[] strides, int count) {
    int[] offsets = new int[count];
    int[] at = new int[blockMap.size()];
    for (int i = 0; i < count; i++) {
      for (int b = 0; b < at.length; b++) {
        offsets[i] += at[b] * strides[blockMap.get(b)];
      }
      for (int b = at.length - 1; b >= 0 && ++at[b] == block[blockMap.get(b)]; b--) {
        at[b] = 0;
      }
    }
    return offsets;
  }

  private static boolean anyBit(ByteBuffer in, int start, int[] offsets, int size) {
    for (int o : offsets) {
      for (int k = 0; k < size; k++) {
        if (in.get(start + o + k) != 0) {
          return true;
        }
      }
    }
    return false;
  }

  /** One decoding: checks first, then visits the stored values in order. */
  private static final class Walk {
    private final Shape shape;
    private final int bits;
    private final ByteBuffer in;
    private final List<Sparsity.Level> levels;

    /** Elements of the dense form that one step of a level skips. */
    private final long[] step;

    private final int[][] segments;
    private final int[][] indices;
    private ByteBuffer out;
    private int next;

    Walk(Constant.Sparse c) {
      shape = c.shape();
      bits = c.type().bits();
      in = c.storage().bytes();
      levels = c.sparsity().levels();
      int n = shape.rank();
      int count = levels.size();
      List<Integer> order = c.sparsity().traversalOrder();
      List<Integer> map = c.sparsity().blockMap();
      if (bits == 0 || count > MAX_LEVELS || count != n + map.size() || order.size() != count) {
        throw bad(
            "rank "
                + n
                + " with "
                + map.size()
                + " block dimensions does not fit "
                + order.size()
                + " levels");
      }
      List<Integer> sorted = new ArrayList<>(order);
      Collections.sort(sorted);
      for (int i = 0; i < count; i++) {
        if (sorted.get(i) != i) {
          throw bad("traversal order " + order + " is no permutation");
        }
      }
      int[] block = new int[n];
      java.util.Arrays.fill(block, 1);
      for (int b = 0; b < map.size(); b++) {
        Sparsity.Level level = levels.get(order.indexOf(n + b));
        int d = map.get(b);
        if (d < 0
            || d >= n
            || block[d] != 1
            || !level.isDense()
            || level.size() <= 0
            || shape.dim(d) % level.size() != 0) {
          throw bad(
              "block dimension "
                  + b
                  + " of "
                  + map
                  + " does not cut dimension "
                  + d
                  + " into equal dense blocks");
        }
        block[d] = level.size();
      }
      long elements = shape.elements();
      step = new long[count];
      segments = new int[count][];
      indices = new int[count][];
      long nodes = 1;
      for (int i = 0; i < count; i++) {
        int d = order.get(i);
        int dim = d < n ? d : map.get(d - n);
        long size = d < n ? shape.dim(d) / block[d] : block[dim];
        step[i] = shape.elements(dim + 1, n) * (d < n ? block[dim] : 1);
        nodes = checkLevel(i, size, nodes);
      }
      long have = in.remaining() * 8L / bits;
      if (elements > 0 && nodes > have) {
        throw bad("levels ask for " + nodes + " values, stored are " + have);
      }
      long bytes = c.type().bytes(elements);
      long stored = in.remaining();
      for (int[] x : indices) {
        stored += x == null ? 0 : x.length;
      }
      for (int[] x : segments) {
        stored += x == null ? 0 : x.length;
      }
      if (bytes > Integer.MAX_VALUE - 16
          || (bytes > ALWAYS_ALLOWED && bytes / MAX_EXPANSION > stored)) {
        throw bad("the dense form would take " + bytes + " bytes for " + stored + " stored");
      }
      out = ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private long checkLevel(int i, long size, long nodes) {
      Sparsity.Level level = levels.get(i);
      if (level.isDense()) {
        if (level.size() != size) {
          throw bad(
              "level " + i + " has " + level.size() + " positions, the shape asks for " + size);
        }
        if (size > 0 && nodes > (1L << 40) / size) {
          throw bad("too many positions");
        }
        return nodes * size;
      }
      int[] seg = level.segments();
      int[] ind = level.indices();
      if (seg.length != nodes + 1 || seg[0] != 0 || seg[seg.length - 1] != ind.length) {
        throw bad(
            "level "
                + i
                + " has "
                + seg.length
                + " segment ends for "
                + nodes
                + " parents and "
                + ind.length
                + " indices");
      }
      for (int k = 1; k < seg.length; k++) {
        if (seg[k] < seg[k - 1]) {
          throw bad("segments of level " + i + " go backwards at " + k);
        }
      }
      for (int x : ind) {
        if (x < 0 || x >= size) {
          throw bad("index " + x + " of level " + i + " is outside 0.." + (size - 1));
        }
      }
      segments[i] = seg;
      indices[i] = ind;
      return ind.length;
    }

    private GraphException bad(String what) {
      return new GraphException(
          "Sparse constant of shape " + shape + ": " + what + "; the file is damaged");
    }

    ByteBuffer run() {
      if (out.capacity() > 0) {
        visit(0, 0, 0);
      }
      return out.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    private void visit(int level, int node, long at) {
      if (level == levels.size()) {
        copy(at);
        return;
      }
      if (segments[level] == null) {
        int size = levels.get(level).size();
        for (int i = 0; i < size; i++) {
          visit(level + 1, node * size + i, at + i * step[level]);
        }
        return;
      }
      for (int k = segments[level][node]; k < segments[level][node + 1]; k++) {
        visit(level + 1, k, at + indices[level][k] * step[level]);
      }
    }

    private void copy(long at) {
      int to = (int) at;
      switch (bits) {
        case 8 -> out.put(to, in.get(next));
        case 16 -> out.putShort(2 * to, in.getShort(2 * next));
        case 32 -> out.putInt(4 * to, in.getInt(4 * next));
        case 4, 2 -> {
          int per = 8 / bits;
          int mask = (1 << bits) - 1;
          int value = (in.get(next / per) >> (bits * (next % per))) & mask;
          int shift = bits * (to % per);
          out.put(to / per, (byte) ((out.get(to / per) & ~(mask << shift)) | (value << shift)));
        }
        default -> {
          for (int k = 0; k < bits / 8; k++) {
            out.put(to * (bits / 8) + k, in.get(next * (bits / 8) + k));
          }
        }
      }
      next++;
    }
  }
}
