// Files that are there whole or not at all.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.data;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;

/** Writes files by way of a temporary one beside them. */
public final class WholeFile {
  private WholeFile() {}

  /**
   * Writes a file: nobody ever sees half of it.
   *
   * @param file the file; its folder is made if need be
   * @param bytes what it shall hold
   * @throws IOException if it cannot be written; then what was there before is still there
   */
  public static void write(Path file, byte[] bytes) throws IOException {
    Path target = file.toAbsolutePath();
    Files.createDirectories(target.getParent());
    Path temporary = Files.createTempFile(target.getParent(), ".sinter", ".tmp");
    try {
      Files.write(temporary, bytes);
      PosixFileAttributeView view =
          Files.getFileAttributeView(temporary, PosixFileAttributeView.class);
      if (view != null) {
        // A temporary file is its owner's alone; a result is for everybody.
        view.setPermissions(PosixFilePermissions.fromString("rw-r--r--"));
      }
      try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(
          temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }
}
