// Random models of every op, Sinter against TFLite.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential;

import dev.sinter.cli.compare.Comparison;
import dev.sinter.cli.data.InputRange;
import dev.sinter.cli.data.RandomInputs;
import dev.sinter.cli.peer.GuardedPeer;
import dev.sinter.cli.peer.Peer;
import dev.sinter.cli.peer.PeerException;
import dev.sinter.cli.peer.SinterPeer;
import dev.sinter.cli.peer.TflitePeer;
import dev.sinter.graph.Graph;
import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.graph.tflite.TfliteWriter;
import dev.sinter.runtime.Options;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Integers must be equal in every element, floats within {@link #TOLERANCE}. {@code
 * -Dsinter.differential.count} and {@code -Dsinter.differential.seed} choose other models; a
 * failing one is saved under target/differential.
 */
class DifferentialTest {
  private static final int COUNT = Integer.getInteger("sinter.differential.count", 680);
  private static final long SEED = Long.getLong("sinter.differential.seed", 1);
  private static final double TOLERANCE = 2e-5;

  /** Inputs are up to 1: sums of them that come out near 0 are as inexact as larger ones. */
  private static final double FLOOR = 1e-2;

  private static final int RUNS = 2;

  private static final Map<String, Tally.Tolerated> TOLERATED = Map.of();

  /** Ops without a kernel so far: counted and shown, not failed. */
  private static final Set<RandomModels.Kind> WITHOUT_KERNEL = Set.of();

  @Test
  void bestKernels() {
    run("best kernels of this machine", Options.DEFAULT, COUNT, SEED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"reference", "avx2"})
  void forced(String isa) {
    run(
        "kernels forced to " + isa,
        Options.builder().isa(isa).build(),
        COUNT / 3,
        SEED + 1_000_000);
  }

  private static void run(String what, Options options, int count, long seed) {
    Tally tally = new Tally("Random models against TFLite, " + what + ", seed " + seed, TOLERATED);
    RandomModels.Kind[] kinds = RandomModels.Kind.values();
    try (GuardedPeer.Host host = new GuardedPeer.Host()) {
      for (int i = 0; i < count; i++) {
        RandomModels.Kind kind = kinds[i % kinds.length];
        one(host, kind, seed + i / kinds.length, options, tally);
      }
    }
    tally.finish();
  }

  private static void one(
      GuardedPeer.Host host, RandomModels.Kind kind, long seed, Options options, Tally tally) {
    Graph graph = RandomModels.make(kind, seed);
    byte[] file = TfliteWriter.toBytes(graph);
    String name = kind + "-" + seed;
    String refusal = null;
    Comparison comparison = new Comparison(TOLERANCE, FLOOR);
    try (GuardedPeer theirs = host.open(file, TflitePeer.Kernels.XNNPACK, 1, List.of())) {
      try (SinterPeer ours = SinterPeer.open(name, file, options)) {
        compare(ours, theirs, file, seed, comparison);
      } catch (PeerException e) {
        if (e.isUnsupported() && WITHOUT_KERNEL.contains(kind)) {
          tally.unsupported(kind.name());
          return;
        }
        tally.failed(name + ": " + e.getMessage() + "; saved as " + save(name, file));
        return;
      }
    } catch (PeerException e) {
      refusal = e.getMessage();
    }
    if (refusal != null) {
      tally.failed(name + ": TFLite refuses it: " + refusal + "; saved as " + save(name, file));
      return;
    }
    tally.compared(
        kind.name(), comparison.elements(), comparison.mismatches(), comparison.maxAbsDiff());
    if (!comparison.isClose() && !tally.tolerates(kind.name(), comparison.maxAbsDiff())) {
      tally.failed(
          name
              + ": "
              + comparison.mismatches()
              + " of "
              + comparison.elements()
              + " elements differ, by at most "
              + comparison.maxAbsDiff()
              + "; first "
              + comparison.firstMismatch()
              + "; "
              + builtin(host, file, seed, options)
              + "; saved as "
              + save(name, file));
    }
  }

  static void compare(Peer ours, Peer theirs, byte[] file, long seed, Comparison comparison) {
    List<InputRange> ranges = InputRange.of(TfliteReader.read(file));
    RandomInputs random = new RandomInputs(seed);
    for (int n = 0; n < RUNS; n++) {
      for (int i = 0; i < ranges.size(); i++) {
        random.fill(theirs.input(i), theirs.inputs().get(i).type(), ranges.get(i));
        ours.input(i).put(theirs.input(i));
      }
      ours.invoke();
      theirs.invoke();
      comparison.add(ours, theirs);
    }
  }

  /**
   * Says whether TFLite's own kernels agree with us: then the difference is one of XNNPACK's
   * definitions.
   */
  private static String builtin(GuardedPeer.Host host, byte[] file, long seed, Options options) {
    Comparison comparison = new Comparison(TOLERANCE, FLOOR);
    try (GuardedPeer theirs = host.open(file, TflitePeer.Kernels.BUILTIN, 1, List.of());
        SinterPeer ours = SinterPeer.open("again", file, options)) {
      compare(ours, theirs, file, seed, comparison);
      return comparison.isClose()
          ? "TFLite's built-in kernels agree with Sinter"
          : "built-in kernels differ too";
    } catch (PeerException e) {
      return e.getMessage();
    }
  }

  static Path save(String name, byte[] file) {
    try {
      Path folder = Files.createDirectories(Path.of("target", "differential"));
      return Files.write(folder.resolve(name + ".tflite"), file).toAbsolutePath();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
