// Steps of recipes that make quantized models better.
// SPDX-License-Identifier: Apache-2.0

/**
 * The {@link dev.sinter.optimizer.QualityStep}s that come along: {@code fold_batch_norm}, {@code
 * fold_activations}, {@code equalize}, {@code absorb_bias} and {@code smooth_quant} before a model
 * is calibrated, {@code reconstruct} and {@code bias_correction} after decisions are made.
 */
package dev.sinter.optimizer.quality;
