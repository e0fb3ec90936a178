// SPDX-License-Identifier: Apache-2.0

/** What a float model's tensors hold on examples: ranges, and how ranges are chosen. */
package dev.sinter.optimizer.calibration;
