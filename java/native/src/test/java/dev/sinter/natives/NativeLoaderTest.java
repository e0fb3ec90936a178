// SPDX-License-Identifier: Apache-2.0
package dev.sinter.natives;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.natives.jni.SinterLibrary;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLoaderTest {
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

  private static String inNewJvm(String option) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add(option);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
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

    public static void main(String[] args) {
      for (String attempt : new String[] {"first: ", "again: "}) {
        try {
          NativeLoader.load();
          System.out.println(attempt + "loaded");
        } catch (NativeLoadException e) {
          System.out.println(attempt + e.getMessage());
        }
      }
    }
  }
}
