// What the TFLite reader attaches to the parts of a graph.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph.tflite;

import dev.sinter.graph.Graph;
import dev.sinter.graph.Source;
import dev.sinter.graph.Storage;
import dev.sinter.graph.flatbuffer.FlatTable;
import java.nio.ByteBuffer;
import java.util.List;

/** Tables of the file. */
final class TfliteSource {
  private TfliteSource() {}

  /**
   * A tensor, subgraph, signature, binding or metadata.
   *
   * @param table its table
   */
  record Part(FlatTable table) implements Source {}

  /**
   * An op.
   *
   * @param table its table
   * @param code its operator code
   * @param codeIndex index of the operator code
   * @param largeOptions custom options that lie outside the flatbuffer, null if there are none
   */
  record OpPart(FlatTable table, FlatTable code, int codeIndex, Storage largeOptions)
      implements Source {}

  /** The file. */
  static final class File implements Source {
    final FlatTable model;

    /** One per entry of the buffer list; the first is NONE. */
    final List<Storage> buffers;

    /** The file's bytes, null if it was too large to be kept whole. */
    final ByteBuffer original;

    /** Bytes after the last thing the flatbuffer names. */
    final ByteBuffer trailing;

    /** Where they start in the file. */
    final long trailingOffset;

    /** The graph as it was read; while it is the one to be written, the original bytes are. */
    Graph pristine;

    File(
        FlatTable model,
        List<Storage> buffers,
        ByteBuffer original,
        ByteBuffer trailing,
        long trailingOffset) {
      this.model = model;
      this.buffers = buffers;
      this.original = original;
      this.trailing = trailing;
      this.trailingOffset = trailingOffset;
    }
  }
}
