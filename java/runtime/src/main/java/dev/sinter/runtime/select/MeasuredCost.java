// What a row costs, and in which form it was measured.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.select;

/**
 * A row's figures.
 *
 * @param revision of the row that was measured
 * @param cost the figures
 */
public record MeasuredCost(int revision, RowCost cost) {}
