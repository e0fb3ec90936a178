// The inputs of a session, to be filled by whatever has values for them.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.data;

import dev.sinter.graph.Strings;
import dev.sinter.runtime.Session;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Inputs of a session.
 *
 * @param session the session; its inputs keep their shapes meanwhile
 */
public record SessionSlots(Session session) implements InputSlots {
  @Override
  public List<TensorSpec> inputs() {
    return session.inputs().stream().map(TensorSpec::of).toList();
  }

  @Override
  public ByteBuffer input(int index) {
    return session.input(index).duplicate().order(ByteOrder.nativeOrder()).clear();
  }

  @Override
  public void setStrings(int index, ByteBuffer packed) {
    session.setStrings(index, Strings.unpack(packed));
  }
}
