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
 * @param sharing what it costs to share steps between threads
 */
public record ProfiledMachine(
    String arch,
    String isa,
    double gigahertz,
    long level2Bytes,
    long level3Bytes,
    Sharing sharing) {
  /**
   * A machine whose cores are joined by a mesh.
   *
   * @param arch x86_64 or arm64
   * @param isa names of instruction sets
   * @param gigahertz the clock
   * @param level2Bytes second-level cache of a core
   * @param level3Bytes third-level cache
   */
  public ProfiledMachine(
      String arch, String isa, double gigahertz, long level2Bytes, long level3Bytes) {
    this(arch, isa, gigahertz, level2Bytes, level3Bytes, Sharing.MESH);
  }
}
