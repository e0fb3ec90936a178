// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.catalogue;

/**
 * One parameter of an op.
 *
 * @param real a float, else an int
 * @param offset bytes from the start of the parameters
 * @param pack whether packed weights depend on it
 */
public record FieldSpec(String name, boolean real, int offset, boolean pack) {}
