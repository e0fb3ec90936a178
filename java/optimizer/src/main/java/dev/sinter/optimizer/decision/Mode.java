// How an op computes.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.decision;

/** How an op computes. */
public enum Mode {
  /** In float, untouched. */
  FLOAT,
  /** Float inputs, integer weights; the kernel quantizes its inputs while it runs. */
  DYNAMIC,
  /** In float, on weights that are stored smaller and expanded by a DEQUANTIZE before the op. */
  WEIGHT_ONLY,
  /** In integers, with scales known beforehand. */
  STATIC
}
