// One runtime holding one model: the common view that verify, bench and the tests have of Sinter
// and of TFLite.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.peer;

import dev.sinter.optimizer.data.InputSlots;
import dev.sinter.optimizer.data.TensorSpec;
import java.nio.ByteBuffer;
import java.util.List;

/** A runtime with a model loaded. Used by one thread at a time. */
public interface Peer extends InputSlots, AutoCloseable {
  /**
   * Returns the name of the runtime.
   *
   * @return name and version
   */
  String name();

  /**
   * Returns the outputs; their shapes hold for the last {@link #invoke()}.
   *
   * @return outputs in the order of the file
   */
  List<TensorSpec> outputs();

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
