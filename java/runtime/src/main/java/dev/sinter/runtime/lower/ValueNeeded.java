// Says that an op can be lowered only once the values of a small tensor are known.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

/** Thrown where a parameter of a kernel comes from a tensor that is computed while running. */
public final class ValueNeeded extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int op;
  private final int tensor;

  ValueNeeded(String message, int op, int tensor) {
    super(message);
    this.op = op;
    this.tensor = tensor;
  }

  /** The op that cannot be lowered yet. */
  public int op() {
    return op;
  }

  /** The tensor whose values it needs. */
  public int tensor() {
    return tensor;
  }
}
