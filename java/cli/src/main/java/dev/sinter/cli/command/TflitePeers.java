// Opens TFLite where it is on the class path, and says how to get it where it is not.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.cli.peer.GuardedPeer;
import dev.sinter.cli.peer.Peer;
import dev.sinter.cli.peer.TflitePeer;
import dev.sinter.graph.Shape;
import java.util.List;

/** The TFLite side of verify and bench. */
final class TflitePeers {
  private TflitePeers() {}

  /** Ends the command unless TFLite's library can be loaded. */
  static void require() {
    try {
      Class.forName("org.bytedeco.tensorflowlite.Interpreter");
    } catch (ClassNotFoundException | LinkageError e) {
      throw new UsageException(
          "This needs TFLite to compare with. Add org.bytedeco:tensorflow-lite-platform:2.21.0-1.5.14 to the class path"
              + " (./sinter does). Cause: "
              + e);
    }
  }

  static boolean available() {
    try {
      require();
      return true;
    } catch (UsageException e) {
      return false;
    }
  }

  static Peer open(byte[] file, TflitePeer.Kernels kernels, int threads) {
    return open(file, kernels, threads, List.of());
  }

  static Peer open(byte[] file, TflitePeer.Kernels kernels, int threads, List<Shape> shapes) {
    return TflitePeer.open(file, kernels, threads, shapes);
  }

  static Peer guarded(
      GuardedPeer.Host host,
      byte[] file,
      TflitePeer.Kernels kernels,
      int threads,
      List<Shape> shapes) {
    return host.open(file, kernels, threads, shapes);
  }
}
