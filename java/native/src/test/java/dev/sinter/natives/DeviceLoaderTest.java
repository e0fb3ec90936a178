// The loader of devices, in new JVMs: what is on the class path, and in the environment, differs.
// SPDX-License-Identifier: Apache-2.0
package dev.sinter.natives;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceLoaderTest {
  private static final String RESOURCE =
      "dev/sinter/natives/jni/" + NativeLoader.platform() + "-gpu/libsinter_cuda.so";

  @TempDir Path folder;

  /** A library of the native tests; without it the calling test is skipped. */
  private static Path library(String name) {
    Path file = Path.of(System.getProperty("sinter.test.devices"), "lib" + name + ".so");
    assumeTrue(Files.exists(file), "no device library " + file + "; build native/ with its tests");
    return file.toAbsolutePath().normalize();
  }

  @Test
  void anAbsentJarIsNamed() throws Exception {
    String output = run("tpu", "-Dunused=1", null, "");
    assertTrue(output.contains("no library for the device tpu on the class path"), output);
    assertTrue(output.contains("classifier " + NativeLoader.platform() + "-gpu"), output);
  }

  @Test
  void aDamagedLibraryNamesEveryAttempt() throws Exception {
    Path cache = folder.resolve("cache");
    String option = "-Dorg.bytedeco.javacpp.cachedir=" + cache;
    String output = run("cuda", option, null, jar(new byte[1000]) + File.pathSeparator);
    assertTrue(output.contains("the library for the device cuda cannot be loaded"), output);
    assertTrue(output.contains(cache.resolve("sinter").toString()), output);
    assertEquals(5, output.split("device: cannot load", -1).length, "two attempts: " + output);
    assertTrue(output.contains("-Dsinter.cuda.library.path names a file"), output);
  }

  @Test
  void whatALibrarySaysIsSaidOnce() throws Exception {
    byte[] bytes = Files.readAllBytes(library("fake_device_unusable"));
    String option = "-Dorg.bytedeco.javacpp.cachedir=" + folder.resolve("cache");
    String output = run("cuda", option, null, jar(bytes) + File.pathSeparator);
    assertTrue(output.contains("first: device: "), output);
    assertTrue(output.contains("again: device: "), output);
    assertEquals(3, output.split("the hardware is missing", -1).length, output);
  }

  @Test
  void aLibraryInAJarIsLoaded() throws Exception {
    byte[] bytes = Files.readAllBytes(library("cpu_device"));
    String option = "-Dorg.bytedeco.javacpp.cachedir=" + folder.resolve("cache");
    String output = run("cuda", option, null, jar(bytes) + File.pathSeparator);
    assertTrue(output.contains("first: 1") && output.contains("again: 1"), output);
  }

  @Test
  void theEnvironmentNamesALibraryAndAPropertyAnother() throws Exception {
    String output = run("cuda", "-Dunused=1", "/nonexistent/a.so", "");
    assertTrue(output.contains("first: SINTER_CUDA_LIBRARY=/nonexistent/a.so: not the"), output);
    output = run("cuda", "-Dsinter.cuda.library.path=relative.so", "/nonexistent/a.so", "");
    assertTrue(output.contains("first: sinter.cuda.library.path=relative.so: not the"), output);
    output = run("cuda", "-Dunused=1", library("cpu_device").toString(), "");
    assertTrue(output.contains("first: 1") && output.contains("again: 1"), output);
  }

  private Path jar(byte[] library) throws IOException {
    Path jar = folder.resolve("gpu.jar");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      out.putNextEntry(new JarEntry(RESOURCE));
      out.write(library);
      out.closeEntry();
    }
    return jar;
  }

  private static String run(String device, String option, String variable, String classPathFirst)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add(option);
    command.add("-cp");
    command.add(classPathFirst + System.getProperty("java.class.path"));
    command.add(TwoAttempts.class.getName());
    command.add(device);
    ProcessBuilder process = new ProcessBuilder(command).redirectErrorStream(true);
    process.environment().remove("SINTER_CUDA_LIBRARY");
    if (variable != null) {
      process.environment().put("SINTER_CUDA_LIBRARY", variable);
    }
    Process started = process.start();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    started.getInputStream().transferTo(out);
    assertEquals(0, started.waitFor(), () -> out.toString(StandardCharsets.UTF_8));
    return out.toString(StandardCharsets.UTF_8);
  }

  /** Loads twice and prints both outcomes. */
  static final class TwoAttempts {
    private TwoAttempts() {}

    public static void main(String[] args) {
      for (String attempt : new String[] {"first: ", "again: "}) {
        try {
          System.out.println(attempt + DeviceLoader.load(args[0]));
        } catch (NativeLoadException e) {
          System.out.println(attempt + e.getMessage());
        }
      }
    }
  }
}
