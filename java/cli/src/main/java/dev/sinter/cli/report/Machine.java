// What a measurement must say about the machine it was made on.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.report;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The machine. */
public final class Machine {
  private Machine() {}

  /**
   * Returns the name of the processor.
   *
   * @return its own name, or that of the architecture where it gives none
   */
  public static String cpu() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"), StandardCharsets.UTF_8)) {
        if (line.startsWith("model name")) {
          return line.substring(line.indexOf(':') + 1).trim();
        }
      }
    } catch (IOException e) {
      // Not a Linux with a /proc: the architecture has to do.
    }
    return System.getProperty("os.arch");
  }

  /**
   * Returns the load average of the last minute.
   *
   * @return runnable threads; negative if unknown
   */
  public static double load() {
    return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
  }

  /**
   * Returns the processors this process may use.
   *
   * @return how many
   */
  public static int cores() {
    return Runtime.getRuntime().availableProcessors();
  }

  /**
   * Warns of a load that makes times useless.
   *
   * @return a warning, empty if the machine is quiet
   */
  public static String loadWarning() {
    double load = load();
    return load > 0.3 * cores()
        ? String.format(
            "Warning: other work is running (load average %.2f on %d cores); times will be unreliable.",
            load, cores())
        : "";
  }
}
