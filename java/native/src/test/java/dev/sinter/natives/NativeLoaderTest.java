// The loader, mostly in new JVMs: a library is loaded once per process.
// SPDX-License-Identifier: Apache-2.0
package dev.sinter.natives;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.natives.jni.SinterLibrary;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.javacpp.BytePointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLoaderTest {
  private static final String RESOURCE =
      "dev/sinter/natives/jni/" + NativeLoader.platform() + "/libjnisinter.so";

  @TempDir Path folder;

  @Test
  void loadsTheLibraryOfThisBuild() {
    NativeLoader.load();
    NativeLoader.load();
    assertEquals(NativeLoader.expectedBuildId(), SinterLibrary.sinter_build_id().getString());
    assertTrue(SinterLibrary.sinter_cores() >= 1);
  }

  @Test
  void catalogueIsReadable() {
    NativeLoader.load();
    long length = SinterLibrary.sinter_catalogue((BytePointer) null, 0);
    ByteBuffer text = ByteBuffer.allocateDirect((int) length + 1);
    assertEquals(length, SinterLibrary.sinter_catalogue(text, length + 1));
    byte[] bytes = new byte[(int) length];
    text.get(bytes);
    assertTrue(new String(bytes, StandardCharsets.US_ASCII).startsWith("sinter-catalogue 1\n"));
  }

  @Test
  void failuresLeaveAMessage() {
    NativeLoader.load();
    assertEquals(SinterLibrary.SINTER_INVALID_HANDLE, SinterLibrary.sinter_session_run(12345, 0));
    ByteBuffer text = ByteBuffer.allocateDirect(200);
    assertTrue(SinterLibrary.sinter_last_error(text, 200) > 0);
  }

  @Test
  void aWrongOverrideIsAnErrorThatRepeats() throws Exception {
    String output = inNewJvm("-D" + NativeLoader.PATH_PROPERTY + "=/nonexistent/libx.so");
    assertTrue(output.contains("first: sinter.library.path=/nonexistent/libx.so"), output);
    assertTrue(output.contains("again: sinter.library.path=/nonexistent/libx.so"), output);
    Path garbage = Files.write(folder.resolve("garbage.so"), new byte[100]);
    output = inNewJvm("-D" + NativeLoader.PATH_PROPERTY + "=" + garbage);
    assertTrue(output.contains("cannot be loaded"), output);
  }

  @Test
  void aMissingPlatformJarIsNamed() throws Exception {
    String output = inNewJvm("-Dorg.bytedeco.javacpp.platform=linux-riscv64");
    assertTrue(output.contains("classifier linux-riscv64"), output);
  }

  @Test
  void anOverrideIsTakenAndNothingElse() throws Exception {
    Path copy = Files.copy(libraryFile(), folder.resolve("mine.so"));
    String output = inNewJvm("-D" + NativeLoader.PATH_PROPERTY + "=" + copy);
    assertTrue(output.contains("first: loaded"), output);
    assertTrue(output.contains(copy.toString()), output);
    assertFalse(output.contains("libjnisinter.so"), "loaded beside it: " + output);
  }

  @Test
  void aLibraryOfAnotherBuildIsRefused() throws Exception {
    Path properties = folder.resolve("dev/sinter/natives/sinter_build_id.properties");
    Files.createDirectories(properties.getParent());
    Files.writeString(properties, "buildId=0.0.1+0123456789abcdef\n");
    String output = inNewJvm("-Dunused=1", folder.toString());
    assertTrue(
        output.contains("first: the native library is of build " + NativeLoader.expectedBuildId()),
        output);
    assertTrue(output.contains("the jar of build 0.0.1+0123456789abcdef"), output);
    assertTrue(output.contains("again: the native library is of build"), output);
  }

  @Test
  void aJarIsUnpackedOncePerBuild() throws Exception {
    Path jar = platformJar();
    Path cache = folder.resolve("cache");
    String option = "-Dorg.bytedeco.javacpp.cachedir=" + cache;
    String classes = classPathWithout("native");
    for (int i = 0; i < 2; i++) {
      String output = run(option, jar + File.pathSeparator + classes);
      assertTrue(output.contains("first: loaded"), output);
    }
    try (Stream<Path> files = Files.walk(cache.resolve("sinter"))) {
      List<Path> libraries = files.filter(Files::isRegularFile).toList();
      assertEquals(1, libraries.size(), libraries.toString());
      assertTrue(
          libraries.get(0).toString().contains(NativeLoader.expectedBuildId()),
          libraries.toString());
    }
  }

  @Test
  void aDamagedLibraryNamesEveryAttempt() throws Exception {
    Path jar = folder.resolve("bad.jar");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      out.putNextEntry(new JarEntry(RESOURCE));
      out.write(new byte[1000]);
      out.closeEntry();
    }
    Path cache = folder.resolve("cache");
    String output =
        run(
            "-Dorg.bytedeco.javacpp.cachedir=" + cache,
            jar + File.pathSeparator + classPathWithout("native"));
    assertTrue(output.contains("first: the native library for"), output);
    assertTrue(output.contains(cache.resolve("sinter").toString()), output);
    assertTrue(output.contains("2 attempts"), output);
    assertTrue(output.contains("again: the native library for"), output);
  }

  private static Path libraryFile() throws Exception {
    URL url = NativeLoader.class.getClassLoader().getResource(RESOURCE);
    return Path.of(url.toURI());
  }

  /** The platform jar as Maven makes it, which is after the tests. */
  private Path platformJar() throws Exception {
    Path jar = folder.resolve("platform.jar");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      out.putNextEntry(new JarEntry(RESOURCE));
      Files.copy(libraryFile(), out);
      out.closeEntry();
    }
    return jar;
  }

  private static String classPathWithout(String folderName) {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> !Path.of(entry).endsWith(folderName))
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static String inNewJvm(String option, String... classPathFirst)
      throws IOException, InterruptedException {
    List<String> entries = new ArrayList<>(List.of(classPathFirst));
    entries.add(System.getProperty("java.class.path"));
    return run(option, String.join(File.pathSeparator, entries));
  }

  private static String run(String option, String classPath)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add(option);
    command.add("-cp");
    command.add(classPath);
    command.add(TwoAttempts.class.getName());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    process.getInputStream().transferTo(out);
    assertNotEquals(-1, process.waitFor());
    return out.toString(StandardCharsets.UTF_8);
  }

  /** Loads twice and prints both outcomes. */
  static final class TwoAttempts {
    private TwoAttempts() {}

    public static void main(String[] args) throws IOException {
      for (String attempt : new String[] {"first: ", "again: "}) {
        try {
          NativeLoader.load();
          System.out.println(attempt + "loaded");
        } catch (NativeLoadException e) {
          System.out.println(
              attempt + e.getMessage() + " [" + e.getSuppressed().length + " attempts]");
        }
      }
      // What this process has mapped of us.
      try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
        lines
            .filter(l -> l.endsWith(".so") && (l.contains("sinter") || l.contains("mine")))
            .forEach(System.out::println);
      }
    }
  }
}
