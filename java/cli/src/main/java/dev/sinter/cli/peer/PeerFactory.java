// Opens peers, so that what compares them need not know which they are.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.peer;

import dev.sinter.graph.Shape;
import java.util.List;

/** Opens a model in some runtime. */
@FunctionalInterface
public interface PeerFactory {
  /**
   * Loads a model.
   *
   * @param name what to call it in messages
   * @param file the contents of its file
   * @param shapes shapes of the inputs, in their order; empty for those of the file
   * @return the peer
   * @throws PeerException if the runtime refuses the model
   */
  Peer open(String name, byte[] file, List<Shape> shapes);
}
