// Random models for tests that want many different ones and judge them otherwise.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.random;

import dev.sinter.cli.peer.TflitePeer;
import dev.sinter.graph.Graph;
import java.util.List;

/** The registry as other tests see it. */
public final class RandomModels {
  private RandomModels() {}

  /**
   * Returns what models can be made of.
   *
   * @return the names of all ops and types
   */
  public static List<String> names() {
    return Makers.all().stream().map(Maker::name).toList();
  }

  /**
   * Makes a model.
   *
   * @param name one of the names
   * @param seed equal seeds give equal models
   * @return the model
   */
  public static Graph make(String name, long seed) {
    return Makers.named(name).make(draw(name, seed)).b.build();
  }

  /**
   * Tells whether TensorFlow Lite's delegate computes an op as its definition says.
   *
   * @param name one of the names
   * @return false where its own kernels are the definition
   */
  public static boolean isRightInDelegate(String name) {
    return Makers.named(name).oracle() == TflitePeer.Kernels.XNNPACK;
  }

  static Draw draw(String name, long seed) {
    return new Draw(seed * 1_000_003 + name.hashCode());
  }
}
