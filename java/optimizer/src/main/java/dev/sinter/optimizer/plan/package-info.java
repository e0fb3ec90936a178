// SPDX-License-Identifier: Apache-2.0

/**
 * From a recipe and what calibration saw to decisions: which rule counts for which op, whether it
 * can be followed, and which scales follow from the ranges and the rules of the ops.
 */
package dev.sinter.optimizer.plan;
