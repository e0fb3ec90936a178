// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.select;

/**
 * The machine whose costs were measured: what cycles need to become time, and which rows can run.
 *
 * @param arch x86_64 or arm64
 * @param isa names of instruction sets with spaces between, as {@code inspect} prints them
 * @param gigahertz the clock while measuring
 * @param level2Bytes second-level cache of a core
 * @param level3Bytes third-level cache
 */
public record ProfiledMachine(
    String arch, String isa, double gigahertz, long level2Bytes, long level3Bytes) {}
