// Options of every command that runs models.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.runtime.Device;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.SinterException;
import dev.sinter.runtime.Target;
import java.nio.file.Path;
import java.util.Arrays;
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

  @Option(
      names = "--target",
      paramLabel = "FILE",
      description = {
        "Choose kernels by the costs in this target file, which 'sinter profile -o FILE' makes. Default:"
            + " figures of this family of processors."
      })
  private Path target;

  @Option(
      names = "--bf16",
      description =
          "Compute products of floats in bfloat16: half the memory for weights, fewer digits; faster only"
              + " on CPUs with AVX-512 BF16 or where weights come from DRAM.")
  private boolean bf16;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "cpu",
      description = {
        "Run on this device what it has kernels for: cpu or cuda (default ${DEFAULT-VALUE}). It is an"
            + " error if it cannot be used; inspect --kernels says which layers it runs."
      })
  private String device;

  boolean isBf16() {
    return bf16;
  }

  /** The target file; null without one. */
  Path target() {
    return target;
  }

  Options options(int threads) {
    Options.Builder options = Options.builder().threads(threads).bf16(bf16);
    options.device(device()).requireDevice(true);
    if (target != null) {
      try {
        options.target(Target.local().withCosts(target));
      } catch (SinterException e) {
        throw new UsageException(e.getMessage());
      }
    }
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

  private Device device() {
    for (Device d : Device.values()) {
      if (d.label().equals(device)) {
        return d;
      }
    }
    throw new UsageException(
        "--device "
            + device
            + " is none of "
            + Arrays.stream(Device.values()).map(Device::label).toList());
  }
}
