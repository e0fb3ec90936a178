// The activation fused into an op.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

/** An activation that an op applies to its own result. The order is that of TFLite's files. */
public enum Activation {
  /** None. */
  NONE,
  /** max(x, 0). */
  RELU,
  /** x clamped to -1 .. 1. */
  RELU_N1_TO_1,
  /** x clamped to 0 .. 6. */
  RELU6,
  /** Hyperbolic tangent. */
  TANH,
  /** Sign bit. */
  SIGN_BIT
}
