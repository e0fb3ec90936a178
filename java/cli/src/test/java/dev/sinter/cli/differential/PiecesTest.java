// Random ops that compute element by element, reduce, or move: Sinter against TFLite.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential;

import dev.sinter.cli.compare.Comparison;
import dev.sinter.cli.peer.GuardedPeer;
import dev.sinter.cli.peer.PeerException;
import dev.sinter.cli.peer.SinterPeer;
import dev.sinter.cli.peer.TflitePeer;
import dev.sinter.graph.tflite.TfliteWriter;
import dev.sinter.runtime.Options;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Integers must be equal in every element, floats within 2e-5 of the largest. {@code
 * -Dsinter.pieces.count} (models per kind) and {@code -Dsinter.pieces.seed} choose other models;
 * {@code -Dsinter.pieces.kind} some kinds.
 */
class PiecesTest {
  private static final int COUNT = Integer.getInteger("sinter.pieces.count", 25);
  private static final long SEED = Long.getLong("sinter.pieces.seed", 1);
  private static final String KIND = System.getProperty("sinter.pieces.kind", "");

  @Test
  void likeTflite() {
    Tally tally = new Tally("Pieces against TFLite", Map.of());
    try (GuardedPeer.Host host = new GuardedPeer.Host()) {
      for (RandomPieces.Kind kind : RandomPieces.Kind.values()) {
        for (int i = 0; i < COUNT && kind.name().contains(KIND); i++) {
          one(host, kind, SEED + i, tally);
        }
      }
    }
    tally.finish();
  }

  private static void one(GuardedPeer.Host host, RandomPieces.Kind kind, long seed, Tally tally) {
    byte[] file = TfliteWriter.toBytes(RandomPieces.make(kind, seed));
    String name = kind + "-" + seed;
    Comparison comparison = new Comparison(2e-5, 1e-2);
    try (GuardedPeer theirs = host.open(file, TflitePeer.Kernels.XNNPACK, 1, List.of());
        SinterPeer ours = SinterPeer.open(name, file, Options.DEFAULT)) {
      DifferentialTest.compare(ours, theirs, file, seed, comparison);
    } catch (PeerException e) {
      tally.failed(
          name + ": " + e.getMessage() + "; saved as " + DifferentialTest.save(name, file));
      return;
    }
    tally.compared(
        kind.name(), comparison.elements(), comparison.mismatches(), comparison.maxAbsDiff());
    if (!comparison.isClose()) {
      tally.failed(
          name
              + ": first "
              + comparison.firstMismatch()
              + "; saved as "
              + DifferentialTest.save(name, file));
    }
  }
}
