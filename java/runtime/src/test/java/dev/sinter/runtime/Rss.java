// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Scanner;

/** Resident memory of this process. */
final class Rss {
  private Rss() {}

  static long bytes() throws IOException {
    System.gc();
    try (Scanner fields = new Scanner(Files.readString(Path.of("/proc/self/statm")))) {
      fields.nextLong(); // virtual size
      return fields.nextLong() * 4096;
    }
  }
}
