// What runs an op in Java, between two plans.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

/** Computes an op from the cells of its inputs; may give its outputs any shape. */
interface HostOp {
  /** Runs the op that a call stands for. */
  void run(HostCall call);

  /** An op of the public interface. */
  static HostOp of(CustomOp custom) {
    return call -> call.run(custom);
  }
}
