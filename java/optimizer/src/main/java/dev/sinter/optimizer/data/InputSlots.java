// The inputs of something that runs a model, to be filled.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.data;

import java.nio.ByteBuffer;
import java.util.List;

/** Inputs of a loaded model and the memory that takes their values. */
public interface InputSlots {
  /**
   * Returns the inputs.
   *
   * @return inputs in the order of the file
   */
  List<TensorSpec> inputs();

  /**
   * Returns the memory of an input, to be written.
   *
   * @param index which input
   * @return a direct buffer in native byte order, position 0; valid until the model runs
   */
  ByteBuffer input(int index);

  /**
   * Sets an input of strings, whose memory changes its size.
   *
   * @param index which input
   * @param packed as {@link dev.sinter.graph.Strings} packs them
   */
  void setStrings(int index, ByteBuffer packed);
}
