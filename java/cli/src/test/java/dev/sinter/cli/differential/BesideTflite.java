// Compares Sinter with TensorFlow Lite.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential;

import dev.sinter.cli.compare.Comparison;
import dev.sinter.cli.compare.Verifier;
import dev.sinter.cli.peer.GuardedPeer;
import dev.sinter.cli.peer.SinterPeer;
import dev.sinter.cli.peer.TflitePeer;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.runtime.Options;

/** What tests of whole models verify with. */
public final class BesideTflite {
  private BesideTflite() {}

  /**
   * Makes a verifier of Sinter beside TensorFlow Lite with XNNPACK, one thread each.
   *
   * @param host runs TensorFlow Lite
   * @param runs on how many random inputs
   * @return the verifier
   */
  public static Verifier verifier(GuardedPeer.Host host, int runs) {
    return new Verifier(
        (name, file, shapes) -> SinterPeer.open(name, file, Options.DEFAULT, shapes),
        (name, file, shapes) -> host.open(file, TflitePeer.Kernels.XNNPACK, 1, shapes),
        InputSource.random(runs, 5),
        Comparison.DEFAULT_TOLERANCE);
  }
}
