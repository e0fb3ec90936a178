// Float graphs made ready to be quantized.
// SPDX-License-Identifier: Apache-2.0

/**
 * Changes to float models that leave what they compute as it is, and make it easier to quantize:
 * constants and activations go into the layers before them, channels of neighbouring layers are
 * brought to like sizes, large biases move on, and outliers of activations go into weights.
 */
package dev.sinter.optimizer.passes;
