// Finds where a compressed model lost its accuracy.
// SPDX-License-Identifier: Apache-2.0
/**
 * The debugger: where a compressed model lost its accuracy, and what to leave out to get it back.
 * {@link dev.sinter.optimizer.debug.Debugger} measures, {@link
 * dev.sinter.optimizer.debug.DebugReport} is what it found.
 */
package dev.sinter.optimizer.debug;
