// SPDX-License-Identifier: Apache-2.0
/**
 * Runs TensorFlow Lite models on Sinter's kernels: {@link dev.sinter.runtime.Model} loads, {@link
 * dev.sinter.runtime.Session} runs. The packages below this one are not API.
 */
package dev.sinter.runtime;
