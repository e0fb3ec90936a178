// Options of every command that runs models.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.runtime.Options;
import dev.sinter.runtime.SinterException;
import dev.sinter.runtime.Target;
import picocli.CommandLine.Option;

/** How Sinter runs a model. */
final class RuntimeOptions {
  @Option(
      names = "--isa",
      paramLabel = "ISA",
      description = {
        "Use only kernels of this instruction set and below, such as avx2 or reference. Default:"
            + " the best this machine has, or SINTER_ISA."
      })
  private String isa;

  Options options(int threads) {
    Options.Builder options = Options.builder().threads(threads);
    if (isa != null) {
      try {
        Target.local().withIsa(isa);
      } catch (SinterException e) {
        throw new UsageException(e.getMessage());
      }
      options.isa(isa);
    }
    return options.build();
  }
}
