// One runtime holding one model: the common view that verify, bench and the tests have of Sinter
// and of TFLite.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.peer;

import java.nio.ByteBuffer;
import java.util.List;

/** A runtime with a model loaded. Used by one thread at a time. */
public interface Peer extends AutoCloseable {
  /**
   * Returns the name of the runtime.
   *
   * @return name and version
   */
  String name();

  /**
   * Returns the inputs.
   *
   * @return inputs in the order of the file
   */
  List<TensorSpec> inputs();

  /**
   * Returns the outputs; their shapes hold for the last {@link #invoke()}.
   *
   * @return outputs in the order of the file
   */
  List<TensorSpec> outputs();

  /**
   * Returns the memory of an input, to be written.
   *
   * @param index which input
   * @return a direct buffer in native byte order, position 0; valid until the next {@link
   *     #invoke()}
   */
  ByteBuffer input(int index);

  /**
   * Sets an input of strings, whose memory changes its size.
   *
   * @param index which input
   * @param packed as {@link dev.sinter.graph.Strings} packs them
   */
  void setStrings(int index, ByteBuffer packed);

  /**
   * Runs the model on the inputs as they stand.
   *
   * @throws PeerException if the runtime fails
   */
  void invoke();

  /**
   * Returns the memory of an output.
   *
   * @param index which output
   * @return a direct buffer in native byte order, position 0; valid until the next {@link
   *     #invoke()}
   */
  ByteBuffer output(int index);

  /** Sets variables back to their first values, where the runtime keeps any. */
  void resetVariables();

  @Override
  void close();
}
