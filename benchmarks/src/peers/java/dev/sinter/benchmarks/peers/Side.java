// One library with a product ready to run.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.benchmarks.peers;

import java.nio.ByteBuffer;

/** Runs a product again and again. */
interface Side extends AutoCloseable {
  /** Multiplies, and returns when it is done. */
  void run();

  /** Returns C, as the last run left it. */
  ByteBuffer result();

  @Override
  void close();
}
