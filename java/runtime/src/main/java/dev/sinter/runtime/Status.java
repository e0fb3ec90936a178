// Why a call failed: the same list as the C interface's.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

/**
 * Why a call failed. Mirrors {@code sinter_status} in {@code sinter.h}; the codes are the order.
 */
public enum Status {
  /** Nothing failed. */
  OK,
  /** An argument is null, negative or out of range. */
  INVALID_ARGUMENT,
  /** The object is closed. */
  INVALID_HANDLE,
  /** A plan's bytes do not hold together; a bug in Sinter when they came from it. */
  INVALID_PLAN,
  /** The model, the machine or this build lacks something that is needed. */
  UNSUPPORTED,
  /** No memory. */
  OUT_OF_MEMORY,
  /** The session runs on another thread. */
  BUSY,
  /** The run was cancelled. */
  CANCELLED,
  /** A bug in Sinter. */
  INTERNAL,
  /** The model file is damaged or not a model. */
  INVALID_MODEL,
  /** An op written in Java failed; the cause says how. */
  CUSTOM_OP_FAILED;

  private static final Status[] VALUES = values();

  static Status ofCode(int code) {
    return code >= 0 && code < VALUES.length ? VALUES[code] : INTERNAL;
  }
}
