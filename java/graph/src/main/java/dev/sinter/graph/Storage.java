// The bytes behind one or more tensors. Sharing is identity: tensors with the same Storage share it
// in the file.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Immutable bytes of a constant. Tensors that hold the same {@code Storage} object share one buffer
 * in a written file; giving one of them another Storage leaves the others alone.
 */
public final class Storage {
  /** No bytes: what a tensor has whose values come into being while running. */
  public static final Storage NONE = new Storage(null, null);

  private final ByteBuffer data;
  private final String elsewhere;

  private Storage(ByteBuffer data, String elsewhere) {
    this.data = data;
    this.elsewhere = elsewhere;
  }

  /**
   * Stands for bytes that are kept outside the model and are not at hand.
   *
   * @param elsewhere where they are, for messages
   * @return an empty storage
   */
  public static Storage external(String elsewhere) {
    return new Storage(null, elsewhere);
  }

  /**
   * Tells where bytes are that are kept outside the model.
   *
   * @return null but for {@link #external} storages
   */
  public String elsewhere() {
    return elsewhere;
  }

  /**
   * Wraps bytes without copying; the caller must not change them any more.
   *
   * @param data from its position to its limit; null for a buffer without any, which still can be
   *     told from others
   * @return the storage
   */
  public static Storage wrap(ByteBuffer data) {
    return new Storage(data == null ? null : data.slice().asReadOnlyBuffer(), null);
  }

  /**
   * Tells whether there are bytes.
   *
   * @return false if absent or empty
   */
  public boolean isEmpty() {
    return data == null || data.capacity() == 0;
  }

  /**
   * Returns the number of bytes.
   *
   * @return the size
   */
  public int size() {
    return data == null ? 0 : data.capacity();
  }

  /**
   * Returns the bytes.
   *
   * @return a new read-only view, little endian, from 0 to {@link #size()}
   */
  public ByteBuffer bytes() {
    return (data == null ? ByteBuffer.allocate(0).asReadOnlyBuffer() : data.duplicate())
        .order(ByteOrder.LITTLE_ENDIAN);
  }
}
