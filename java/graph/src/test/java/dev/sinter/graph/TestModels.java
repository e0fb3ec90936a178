// The real models that tests use where they are.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Finds shared models: in {@code SINTER_SHARED}, or in {@code ../shared} beside the repository. */
public final class TestModels {
  private TestModels() {}

  /** The shared folder, or null. */
  private static Path shared() {
    String env = System.getenv("SINTER_SHARED");
    if (env != null && !env.isEmpty()) {
      return Path.of(env);
    }
    for (Path p = Path.of("").toAbsolutePath(); p != null; p = p.getParent()) {
      if (Files.isDirectory(p.resolve("java/graph")) && p.getParent() != null) {
        return p.getParent().resolve("shared");
      }
    }
    return null;
  }

  /** The models' folder; skips the test, saying so, where there is none. */
  public static Path folder() {
    Path s = shared();
    boolean there = s != null && Files.isDirectory(s.resolve("models"));
    Assumptions.assumeTrue(there, "skipped: no models under " + s + "/models; set SINTER_SHARED");
    return s.resolve("models");
  }

  /** A model; skips the test, saying so, where it is not. */
  public static Path model(String name) {
    Path p = folder().resolve(name);
    Assumptions.assumeTrue(Files.isRegularFile(p), "skipped: no model " + p);
    return p;
  }

  /** All models, sorted. */
  public static List<Path> all() {
    try (Stream<Path> s = Files.walk(folder())) {
      return s.filter(p -> p.toString().endsWith(".tflite")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
