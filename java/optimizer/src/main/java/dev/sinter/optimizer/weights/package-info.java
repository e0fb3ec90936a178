// Weights to integers.
// SPDX-License-Identifier: Apache-2.0

/**
 * How a layer's weights become small whole numbers: the question ({@link
 * dev.sinter.optimizer.weights.WeightSpec}), what is known about the layer's inputs ({@link
 * dev.sinter.optimizer.weights.InputMoments}), and the algorithms that answer it ({@link
 * dev.sinter.optimizer.weights.WeightQuantizer}). Nothing here knows of models or files.
 */
package dev.sinter.optimizer.weights;
