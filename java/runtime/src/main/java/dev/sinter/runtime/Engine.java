// How a session runs: as one plan, or in pieces.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import java.nio.ByteBuffer;
import java.util.List;

/** What a session asks of it. Bindings count inputs first, then outputs. */
interface Engine {
  void run();

  /** The engine's own memory for an input. */
  ByteBuffer input(int index);

  /** What holds an output after a run. */
  ByteBuffer output(int index);

  /** What the next run reads as an input, whoever's it is; nobody else sets its position. */
  ByteBuffer inputMemory(int index);

  /** What the last run wrote as an output; nobody else sets its position. */
  ByteBuffer outputMemory(int index);

  /** Binds the caller's memory; null for the engine's own. */
  void bind(int binding, ByteBuffer memory);

  List<TensorInfo> inputs();

  List<TensorInfo> outputs();

  Report report();

  Profile profile();

  void cancel();

  /** Sets the states of recurrent layers back to their start. */
  void resetStates();

  /** Sets variables back to their start, where the engine has any. */
  void resetVariables();

  /** Gives an input strings, as they are stored. */
  void setStrings(int index, ByteBuffer packed);

  /** Releases native memory; a run on another thread is cancelled and waited for. */
  void release();
}
