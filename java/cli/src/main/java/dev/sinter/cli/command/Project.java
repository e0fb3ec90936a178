// Where the project is, when a command is run by its launcher.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Files of a checkout: ./sinter names it by the property sinter.project. */
final class Project {
  private Project() {}

  /** Returns the folder, or null outside a checkout. */
  static Path folder() {
    String named = System.getProperty("sinter.project");
    return named == null ? null : Path.of(named);
  }

  /** Returns a file of the project. */
  static Path file(String name) {
    Path project = folder();
    if (project == null) {
      throw new UsageException(
          name + " is a file of the project, and this is not its launcher: name the file");
    }
    return project.resolve(name);
  }

  /** Returns where models may lie: the shared folder, then the project with its demo. */
  static List<Path> modelFolders() {
    List<Path> folders = new ArrayList<>();
    String shared = System.getenv("SINTER_SHARED");
    if (shared != null && !shared.isEmpty()) {
      folders.add(Path.of(shared, "models"));
    }
    Path project = folder();
    if (project != null) {
      folders.add(project);
    }
    return folders;
  }
}
