// Zeros that weights are known to have, so that rows which skip them can be chosen.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.select;

import dev.sinter.runtime.Target;
import dev.sinter.runtime.catalogue.Limit;
import dev.sinter.runtime.catalogue.Row;
import dev.sinter.runtime.lower.Step;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/** Looks through the weights of matrix products where a row would profit from it. */
public final class ZeroPatterns {
  /** Two at most of every four weights along k are not zero: GemmPattern in gemm/op.h. */
  public static final int TWO_OF_FOUR = 24;

  private static final String FIELD = "pattern";

  private ZeroPatterns() {}

  /**
   * Sets the pattern of a step if its weights keep it and a row of the target asks for it.
   *
   * @param known what was found out before, by the name of the constants; kept by the caller since
   *     a model's weights are looked through once
   */
  public static void find(Step step, Target target, Map<Object, Boolean> known) {
    if (!step.op().equals("gemm")
        || step.sourceCount() == 0
        || step.param("w_zero_point") != 0
        || target.catalogue().rows(step.op(), step.types()).stream()
            .noneMatch(row -> (row.needs() & ~target.isa()) == 0 && asks(row))) {
      return;
    }
    Boolean holds = known.get(step.sourceKey());
    if (holds == null) {
      holds = isTwoOfFour(step.source(0), step.param("n"), step.param("k"));
      known.put(step.sourceKey(), holds);
    }
    if (holds) {
      step.set(FIELD, TWO_OF_FOUR);
    }
  }

  /** Takes a promise back: nobody asks for it. */
  public static void forget(Step step) {
    if (step.op().equals("gemm")) {
      step.set(FIELD, 0);
    }
  }

  private static boolean asks(Row row) {
    for (Limit limit : row.limits()) {
      if (limit.field().equals(FIELD)) {
        return limit.holds(TWO_OF_FOUR) && !limit.holds(0);
      }
    }
    return false;
  }

  /** Whether weights [n][k] of any type keep the pattern; zero is what has no bit set. */
  static boolean isTwoOfFour(ByteBuffer weights, int n, int k) {
    ByteBuffer w = weights.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    long bytes = (long) n * k;
    int size = bytes == 0 ? 0 : (int) (w.remaining() / bytes);
    if (w.remaining() != size * bytes || (size != 1 && size != 2 && size != 4)) {
      return false;
    }
    int start = w.position();
    for (int row = 0; row < n; row++) {
      int filled = 0;
      for (int column = 0; column < k; column++) {
        filled = column % 4 == 0 ? 0 : filled;
        int at = start + (row * k + column) * size;
        int bits = size == 1 ? w.get(at) : size == 2 ? w.getShort(at) : w.getInt(at);
        filled += bits == 0 ? 0 : 1;
        if (filled > 2) {
          return false;
        }
      }
    }
    return true;
  }
}
