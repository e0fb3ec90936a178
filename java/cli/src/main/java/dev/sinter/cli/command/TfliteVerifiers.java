// What verifies models against TFLite: whole, op by op, and asking TFLite again where outputs
// differ.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.cli.compare.Comparison;
import dev.sinter.cli.compare.OpVerifier;
import dev.sinter.cli.compare.SecondOpinion;
import dev.sinter.cli.compare.Verifier;
import dev.sinter.cli.peer.GuardedPeer;
import dev.sinter.cli.peer.PeerFactory;
import dev.sinter.cli.peer.SinterPeer;
import dev.sinter.cli.peer.TflitePeer;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.runtime.Options;

/** Verifiers that share two processes of TFLite: one to compare with, one for second opinions. */
final class TfliteVerifiers implements AutoCloseable {
  /** What roundings to 8 significant bits leave of an output, layer upon layer. */
  static final double BF16_TOLERANCE = 0.05;

  private final GuardedPeer.Host host = new GuardedPeer.Host();
  private final GuardedPeer.Host again = new GuardedPeer.Host();
  private final Verifier models;
  private final OpVerifier ops;

  /**
   * Makes them.
   *
   * @param options Sinter's
   * @param kernels TFLite's; its others are asked for a second opinion
   * @param inProcess whether the TFLite to compare with runs in this process
   * @param source what whole models run on
   * @param random what cut out ops run on where the values they get within the model are not known
   * @param tolerance for floats, see {@link Comparison}
   */
  TfliteVerifiers(
      Options options,
      TflitePeer.Kernels kernels,
      boolean inProcess,
      InputSource source,
      InputSource random,
      double tolerance) {
    TflitePeer.Kernels others =
        kernels == TflitePeer.Kernels.XNNPACK
            ? TflitePeer.Kernels.BUILTIN
            : TflitePeer.Kernels.XNNPACK;
    PeerFactory reference =
        inProcess
            ? (name, file, shapes) -> TflitePeers.open(file, kernels, 1, shapes)
            : (name, file, shapes) -> TflitePeers.guarded(host, file, kernels, 1, shapes);
    PeerFactory repeated =
        (name, file, shapes) -> TflitePeers.guarded(again, file, kernels, 1, shapes);
    PeerFactory other = (name, file, shapes) -> TflitePeers.guarded(again, file, others, 1, shapes);
    PeerFactory ours = (name, file, shapes) -> SinterPeer.open(name, file, options, shapes);
    Verifier ofOps =
        new Verifier(ours, reference, source, tolerance, new SecondOpinion(repeated, other, null));
    ops = new OpVerifier(ofOps, reference, source, random);
    models =
        new Verifier(ours, reference, source, tolerance, new SecondOpinion(repeated, other, ops));
  }

  /**
   * Returns how far apart floats may be.
   *
   * @param bf16 whether products of floats are computed in bfloat16
   * @return the tolerance, see {@link Comparison}
   */
  static double tolerance(boolean bf16) {
    return bf16 ? BF16_TOLERANCE : Comparison.DEFAULT_TOLERANCE;
  }

  Verifier models() {
    return models;
  }

  OpVerifier ops() {
    return ops;
  }

  @Override
  public void close() {
    host.close();
    again.close();
  }
}
