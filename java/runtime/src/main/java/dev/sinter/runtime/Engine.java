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

  /** Binds the caller's memory; null for the engine's own. */
  void bind(int binding, ByteBuffer memory);

  List<TensorInfo> inputs();

  List<TensorInfo> outputs();

  Report report();

  List<Session.StepTime> times();

  void cancel();

  /** Zeroes what persists between runs. */
  void resetState();

  /** What releases native memory, without a reference to the session. */
  Runnable release();
}
