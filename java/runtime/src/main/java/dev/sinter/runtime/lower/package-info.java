// SPDX-License-Identifier: Apache-2.0
/** Part of the runtime, not API. */
package dev.sinter.runtime.lower;
