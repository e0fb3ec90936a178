// SPDX-License-Identifier: Apache-2.0

/**
 * What TensorFlow Lite's specification says about quantized ops: which inputs are weights and
 * biases, which scales must be equal, which are fixed, and how weights lie in memory.
 */
package dev.sinter.optimizer.rules;
