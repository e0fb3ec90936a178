// Chooses how each layer is compressed, within a budget.
// SPDX-License-Identifier: Apache-2.0

/**
 * Search under a budget: for each layer one of several schemes, so that the model is as small as
 * may be without losing more accuracy than allowed, or as accurate as may be within bytes or
 * microseconds. {@link dev.sinter.optimizer.search.Search} says how.
 */
package dev.sinter.optimizer.search;
