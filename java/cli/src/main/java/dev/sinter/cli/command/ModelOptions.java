// What every command that runs models by file asks for beside the file.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.optimizer.data.Signatures;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which entry of a model is run. */
final class ModelOptions {
  @Option(
      names = "--signature",
      paramLabel = "KEY",
      description =
          "Run this signature ('sinter inspect' lists them) instead of the model's first subgraph.")
  private String signature;

  boolean hasSignature() {
    return signature != null;
  }

  /** Returns the contents of a file in which the signature asked for is the main entry. */
  byte[] read(Path model) throws IOException {
    return Signatures.select(model.toString(), ModelFiles.read(model), signature);
  }
}
