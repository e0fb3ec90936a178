// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import java.nio.file.Path;

/** Where the shared test models are: beside the checkout, or where SINTER_SHARED says. */
final class Shared {
  private Shared() {}

  static Path models() {
    String shared = System.getenv("SINTER_SHARED");
    return Path.of(shared == null ? "../../../shared" : shared, "models");
  }
}
