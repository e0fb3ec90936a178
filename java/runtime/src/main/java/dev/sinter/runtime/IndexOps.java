// An op that moves values to places that are known only while running, and has no kernel yet.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;

/** In Java: whole rows are moved, and every index is checked, as TFLite does. */
final class IndexOps {
  private IndexOps() {}

  private static int attribute(HostCall call, String name) {
    return ((OpKind.Foreign) call.op().kind()).number(name);
  }

  private static int bytes(HostCall call, ElementType type) {
    if (type.bits() % 8 != 0 || type.bits() == 0) {
      throw call.failure(Status.UNSUPPORTED, "values of type " + type);
    }
    return type.bits() / 8;
  }

  /** REVERSE_SEQUENCE: the first elements of each sequence, backwards. */
  static void reverseSequence(HostCall call) {
    Shape x = call.inputShape(0);
    int sequence = attribute(call, "seq_dim");
    int batch = attribute(call, "batch_dim");
    int size = bytes(call, call.inputType(0));
    ByteBuffer in = call.input(0);
    ByteBuffer out = call.output(0, x);
    int count = (int) x.elements();
    int sequenceStep = (int) x.elements(sequence + 1, x.rank());
    int batchStep = (int) x.elements(batch + 1, x.rank());
    for (int i = 0; i < count; i++) {
      int at = i / sequenceStep % x.dim(sequence);
      int length = (int) call.integer(1, i / batchStep % x.dim(batch));
      int from = at < length ? i + (length - 1 - 2 * at) * sequenceStep : i;
      out.put(i * size, in, from * size, size);
    }
  }
}
