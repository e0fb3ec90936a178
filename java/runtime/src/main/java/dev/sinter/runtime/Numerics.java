// Whose arithmetic a model is run with.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

/** Whose arithmetic a model is run with. docs/numerics.md has the definitions, op by op. */
public enum Numerics {
  /** What TensorFlow Lite computes with its default delegate, integers bit for bit. */
  TFLITE
}
