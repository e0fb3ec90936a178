// Options of every command that runs models.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import picocli.CommandLine.Option;

/** How Sinter runs a model. */
final class RuntimeOptions {
  @Option(
      names = "--isa",
      paramLabel = "ISA",
      description = {
        "Use only kernels of this instruction set and below, such as avx2 or reference. Default: the best this machine"
            + " has, or SINTER_ISA."
      })
  String isa;
}
