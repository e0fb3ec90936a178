// What a layer's inputs look like together: sums and second moments over calibration examples.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.weights;

/**
 * Sums over the rows x that a layer multiplies with its weights (of a convolution: its windows, in
 * the order of {@link FloatMatrix}'s columns). The error of weights w + d in the layer's output is
 * d' (sum x x') d, summed over examples.
 *
 * @param rows rows counted
 * @param inputs numbers in a row
 * @param groups 1, or the channels of a depthwise convolution, each with moments of its own
 * @param sums [groups][inputs]: sum of x
 * @param products [groups][inputs][inputs]: sum of x x'
 */
@SuppressWarnings("ArrayRecordComponent") // large, and shared on purpose
public record InputMoments(long rows, int inputs, int groups, double[] sums, double[] products) {}
