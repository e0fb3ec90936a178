// TFLite's description of a sparse tensor: traversal order, blocks, and one entry per level.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * How the stored values of a sparse tensor are spread over its dense form. A tensor of rank n with
 * k blocked dimensions has n + k levels: first the n outer ones in the order of {@link
 * #traversalOrder()}, then the k dimensions inside a block.
 */
public final class Sparsity {
  /** Width of the integers in which a file keeps segments or indices. */
  public enum IndexWidth {
    /** Unsigned 8 bits. */
    UINT8,
    /** Unsigned 16 bits. */
    UINT16,
    /** Signed 32 bits. */
    INT32
  }

  /** One level. */
  public static final class Level {
    private final boolean dense;
    private final int size;
    private final int[] segments;
    private final int[] indices;
    private final IndexWidth segmentWidth;
    private final IndexWidth indexWidth;

    private Level(
        boolean dense,
        int size,
        int[] segments,
        int[] indices,
        IndexWidth segmentWidth,
        IndexWidth indexWidth) {
      this.dense = dense;
      this.size = size;
      this.segments = segments;
      this.indices = indices;
      this.segmentWidth = segmentWidth;
      this.indexWidth = indexWidth;
    }

    /**
     * A level that stores every position.
     *
     * @param size number of positions
     * @return the level
     */
    public static Level dense(int size) {
      return new Level(true, size, new int[0], new int[0], IndexWidth.INT32, IndexWidth.INT32);
    }

    /**
     * A level that stores some positions: those of parent p are {@code indices[segments[p] ..
     * segments[p + 1])}.
     *
     * @param segments as many as there are parents, and one
     * @param indices the stored positions
     * @param segmentWidth integers used for the segments in a file
     * @param indexWidth integers used for the indices in a file
     * @return the level
     */
    public static Level csr(
        int[] segments, int[] indices, IndexWidth segmentWidth, IndexWidth indexWidth) {
      return new Level(false, 0, segments.clone(), indices.clone(), segmentWidth, indexWidth);
    }

    /**
     * Tells whether every position is stored.
     *
     * @return true for a dense level
     */
    public boolean isDense() {
      return dense;
    }

    /**
     * Returns the number of positions of a dense level.
     *
     * @return the size, 0 for other levels
     */
    public int size() {
      return size;
    }

    /**
     * Returns the segments of a compressed level.
     *
     * @return a copy
     */
    public int[] segments() {
      return segments.clone();
    }

    /**
     * Returns the indices of a compressed level.
     *
     * @return a copy
     */
    public int[] indices() {
      return indices.clone();
    }

    /**
     * Returns the integers used for the segments in a file.
     *
     * @return the width
     */
    public IndexWidth segmentWidth() {
      return segmentWidth;
    }

    /**
     * Returns the integers used for the indices in a file.
     *
     * @return the width
     */
    public IndexWidth indexWidth() {
      return indexWidth;
    }

    @Override
    public boolean equals(Object o) {
      return o instanceof Level level
          && dense == level.dense
          && size == level.size
          && segmentWidth == level.segmentWidth
          && indexWidth == level.indexWidth
          && Arrays.equals(segments, level.segments)
          && Arrays.equals(indices, level.indices);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(indices) * 31 + size;
    }

    @Override
    public String toString() {
      return dense ? "dense " + size : "csr " + indices.length;
    }
  }

  private final List<Integer> traversalOrder;
  private final List<Integer> blockMap;
  private final List<Level> levels;

  private Sparsity(List<Integer> traversalOrder, List<Integer> blockMap, List<Level> levels) {
    this.traversalOrder = List.copyOf(traversalOrder);
    this.blockMap = List.copyOf(blockMap);
    this.levels = List.copyOf(levels);
  }

  /**
   * Makes a description; {@link SparseCodec} checks it against a shape when values are asked for.
   *
   * @param traversalOrder the dimension each level runs over; those from n on are block dimensions
   * @param blockMap for each block dimension the dimension it cuts; empty if nothing is blocked
   * @param levels one per entry of the traversal order
   * @return the description
   */
  public static Sparsity of(
      List<Integer> traversalOrder, List<Integer> blockMap, List<Level> levels) {
    return new Sparsity(traversalOrder, blockMap, levels);
  }

  /**
   * Returns the dimension each level runs over.
   *
   * @return n + k entries
   */
  public List<Integer> traversalOrder() {
    return traversalOrder;
  }

  /**
   * Returns for each block dimension the dimension it cuts.
   *
   * @return k entries
   */
  public List<Integer> blockMap() {
    return blockMap;
  }

  /**
   * Returns the levels, outermost first.
   *
   * @return n + k levels
   */
  public List<Level> levels() {
    return levels;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Sparsity sparsity
        && traversalOrder.equals(sparsity.traversalOrder)
        && blockMap.equals(sparsity.blockMap)
        && levels.equals(sparsity.levels);
  }

  @Override
  public int hashCode() {
    return Objects.hash(traversalOrder, blockMap, levels);
  }

  @Override
  public String toString() {
    return "order " + traversalOrder + " blocks " + blockMap + " levels " + levels;
  }
}
