// Where the models and data lie that are not part of the project.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential;

import java.nio.file.Files;
import java.nio.file.Path;

/** The folder shared/ beside the project, or the one that SINTER_SHARED names. */
public final class Shared {
  private Shared() {}

  /**
   * Returns the folder.
   *
   * @return the folder, or null if there is none
   */
  public static Path folder() {
    String named = System.getenv("SINTER_SHARED");
    if (named != null) {
      return existing(Path.of(named));
    }
    for (Path p = Path.of("").toAbsolutePath(); p != null; p = p.getParent()) {
      if (Files.exists(p.resolve("sinter")) || Files.exists(p.resolve(".clang-format"))) {
        return existing(p.resolveSibling("shared"));
      }
    }
    return null;
  }

  private static Path existing(Path folder) {
    return Files.isDirectory(folder) ? folder : null;
  }
}
