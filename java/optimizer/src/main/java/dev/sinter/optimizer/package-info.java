// SPDX-License-Identifier: Apache-2.0

/** Makes models smaller and faster: pruning so far. */
package dev.sinter.optimizer;
