// SPDX-License-Identifier: Apache-2.0

/**
 * Recipes: which ops shall be quantized how, by rules. The form is AI Edge Quantizer's list in
 * JSON, unchanged, with a few fields of our own; see {@link dev.sinter.optimizer.recipe.Recipe}.
 */
package dev.sinter.optimizer.recipe;
