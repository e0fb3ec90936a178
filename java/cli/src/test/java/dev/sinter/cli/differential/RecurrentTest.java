// Random recurrent layers and detections, several runs in a row, Sinter against TFLite.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential;

import dev.sinter.cli.compare.Comparison;
import dev.sinter.cli.peer.GuardedPeer;
import dev.sinter.cli.peer.PeerException;
import dev.sinter.cli.peer.SinterPeer;
import dev.sinter.cli.peer.TflitePeer;
import dev.sinter.runtime.Options;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Integers must be equal in every element, floats within 1e-4 of the largest. {@code
 * -Dsinter.recurrent.count} (models per kind) and {@code -Dsinter.recurrent.seed} choose other
 * models; {@code -Dsinter.recurrent.kind} some kinds.
 */
class RecurrentTest {
  private static final int COUNT = Integer.getInteger("sinter.recurrent.count", 30);
  private static final long SEED = Long.getLong("sinter.recurrent.seed", 1);
  private static final String KIND = System.getProperty("sinter.recurrent.kind", "");

  @ParameterizedTest
  @ValueSource(strings = {"best", "reference"})
  void likeTflite(String isa) {
    Options options = isa.equals("best") ? Options.DEFAULT : Options.builder().isa(isa).build();
    Tally tally = new Tally("Recurrent layers against TFLite, kernels: " + isa, Map.of());
    try (GuardedPeer.Host host = new GuardedPeer.Host()) {
      for (RandomRecurrent.Kind kind : RandomRecurrent.Kind.values()) {
        for (int i = 0; i < COUNT && kind.name().contains(KIND); i++) {
          one(host, kind, SEED + i, options, tally);
        }
      }
    }
    tally.finish();
  }

  private static void one(
      GuardedPeer.Host host, RandomRecurrent.Kind kind, long seed, Options options, Tally tally) {
    byte[] file = RandomRecurrent.make(kind, seed);
    String name = kind + "-" + seed;
    Comparison comparison = new Comparison(1e-4, 1e-2);
    try (GuardedPeer theirs = host.open(file, TflitePeer.Kernels.XNNPACK, 1, List.of());
        SinterPeer ours = SinterPeer.open(name, file, options)) {
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
              + ": "
              + comparison.mismatches()
              + " of "
              + comparison.elements()
              + " elements differ; first "
              + comparison.firstMismatch()
              + "; saved as "
              + DifferentialTest.save(name, file));
    }
  }
}
