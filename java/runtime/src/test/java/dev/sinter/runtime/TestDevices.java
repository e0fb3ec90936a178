// The device library of the native tests, whose device is the processor.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;

/** Stands in for a GPU; kernels of add, copy, depthwise and gemm. */
final class TestDevices {
  private static final String PROPERTY = "sinter.cuda.library.path";

  private TestDevices() {}

  /** A library of the native tests; without it the calling test is skipped. */
  static Path library(String name) {
    Path file = Path.of(System.getProperty("sinter.test.devices"), "lib" + name + ".so");
    assumeTrue(Files.exists(file), "no device library " + file + "; build native/ with its tests");
    return file.toAbsolutePath().normalize();
  }

  /** Does something while the device is the one of that library. */
  static <T> T with(Path library, Supplier<T> action) {
    String before = System.getProperty(PROPERTY);
    System.setProperty(PROPERTY, library.toString());
    try {
      return action.get();
    } finally {
      if (before == null) {
        System.clearProperty(PROPERTY);
      } else {
        System.setProperty(PROPERTY, before);
      }
    }
  }

  /** Loads a model for the device that computes. */
  static Model load(Supplier<Model> model) {
    return with(library("cpu_device"), model);
  }
}
