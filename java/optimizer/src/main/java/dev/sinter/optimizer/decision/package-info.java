// SPDX-License-Identifier: Apache-2.0

/**
 * What shall become of a model's ops and tensors, as a value: {@link
 * dev.sinter.optimizer.decision.Decisions}. Calibration and recipes make decisions, search and
 * debugger change them, {@link dev.sinter.optimizer.decision.DecisionApplier} alone carries them
 * out.
 */
package dev.sinter.optimizer.decision;
