// Weights rounded layer by layer so that the model's answers stay.
// SPDX-License-Identifier: Apache-2.0

/**
 * Rounds the weights of a float model layer by layer, each looking at what the layers before it
 * give by now ({@link dev.sinter.optimizer.reconstruct.Reconstruction}). No labels, no training.
 */
package dev.sinter.optimizer.reconstruct;
