// What a reader remembers of the file a part of a graph came from.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

/**
 * Marks what a reader attaches to the parts of a graph so that the writer of the same format can
 * re-emit everything that was not touched, also what this library does not understand. Nobody else
 * looks inside.
 */
public interface Source {}
